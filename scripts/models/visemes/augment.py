"""Changes that a recording may have gone through: another voice, a room, noise, a telephone."""

import subprocess

import numpy as np
from scipy.signal import butter, fftconvolve, lfilter, resample_poly, sosfilt

from front_end import HOP, RATE_HZ
from shapes import VISEMES


def targets(utterance, trust=0.5):
    """What a net is to say, [T, 15]: the labels blurred over one frame each side, since borders are
    not known better, and by `trust` a teacher's posteriors where there are some."""
    shapes = utterance["shapes"]
    hard = np.eye(len(VISEMES), dtype=np.float32)[shapes]
    padded = np.pad(hard, ((1, 1), (0, 0)), mode="edge")
    blurred = 0.2 * padded[:-2] + 0.6 * hard + 0.2 * padded[2:]
    if "posteriors" not in utterance:
        return blurred
    taught = utterance["posteriors"].astype(np.float32) + 0.25
    return (1 - trust) * blurred + trust * taught / taught.sum(1, keepdims=True)


def change_voice(a, y, rng):
    """Formants, pitch and tempo together, a tilt, a room."""
    rate = int(rng.choice(range(19, 31)))
    if rate != 24:
        a = resample_poly(a, rate, 24)
        frames = ((np.arange(len(a) // HOP) + 0.5) * 24 / rate).astype(int)
        y = y[np.minimum(frames, len(y) - 1)]
    if rng.random() < 0.5:
        a = lfilter([1, rng.uniform(-0.6, 0.6)], [1], a)
    if rng.random() < 0.35:
        length = int(RATE_HZ * rng.uniform(0.04, 0.3))
        room = rng.standard_normal(length) * np.exp(-np.arange(length) / (length / 5))
        room *= rng.uniform(0.1, 0.6) / np.sqrt((room**2).sum())
        room[0] = 1
        a = fftconvolve(a, room)[: len(a)]
    return a, y


def telephone(a):
    """8 kHz, 8-bit mu-law."""
    low = resample_poly(a, 1, 2)
    peak = np.abs(low).max() + 1e-6
    coded = np.sign(low) * np.log1p(255 * np.abs(low / peak)) / np.log(256)
    coded = np.round(coded * 127) / 127
    low = np.sign(coded) * (256 ** np.abs(coded) - 1) / 255 * peak
    return np.pad(resample_poly(low, 2, 1), (0, 2))[: len(a)]


CODECS = (
    ["-ar", "8000", "-c:a", "libgsm", "-f", "gsm"],
    ["-ar", "8000", "-c:a", "libopus", "-b:a", "8k", "-f", "ogg"],
    ["-c:a", "libopus", "-b:a", "12k", "-f", "ogg"],
    ["-c:a", "libmp3lame", "-b:a", "24k", "-f", "mp3"],
)


def coded(a, rng):
    """Through one of ffmpeg's low-rate codecs and back; what it delays is taken off again."""
    codec = CODECS[rng.integers(len(CODECS))]
    peak = np.abs(a).max() + 1e-6
    pcm = (a / peak * 32000).astype(np.int16).tobytes()
    plain = ["ffmpeg", "-v", "error", "-f", "s16le", "-ar", str(RATE_HZ), "-ac", "1", "-i", "-"]
    made = subprocess.run(plain + [*codec, "-"], input=pcm, capture_output=True).stdout
    source = ["-ar", "8000", "-f", "gsm"] if "gsm" in codec else []
    back = ["ffmpeg", "-v", "error", *source, "-i", "-", "-ar", str(RATE_HZ), "-f", "s16le", "-"]
    heard = subprocess.run(back, input=made, capture_output=True).stdout
    heard = np.frombuffer(heard, np.int16).astype(np.float32) / 32000 * peak
    if len(heard) < len(a) // 2:
        return a
    heard = np.pad(heard, (0, max(len(a) - len(heard), 0)))
    # The lag with the best likeness over a stretch in the middle, 0 to 80 ms.
    middle = slice(len(a) // 4, len(a) // 4 * 3)
    likeness = [np.dot(a[middle], np.roll(heard, -lag)[middle]) for lag in range(0, 1281, 4)]
    return np.roll(heard, -4 * int(np.argmax(likeness)))[: len(a)]


def noise(length, others, rng):
    kind = rng.random()
    if kind > 0.7:  # babble
        mixed = np.zeros(length)
        for _ in range(3):
            other = others[rng.integers(len(others))]["samples"].astype(np.float32)
            mixed += np.resize(other, length) / (other.std() + 1)
        return mixed
    white = rng.standard_normal(length)
    return lfilter([1], [1, -rng.uniform(0.8, 0.98)], white) if kind > 0.35 else white


def augment(a, y, others, rng):
    a, y = change_voice(a, y, rng)
    kind = rng.random()
    if kind < 0.15:
        band = [rng.uniform(60, 300), rng.uniform(3300, 7200)]
        a = sosfilt(butter(4, band, "band", fs=RATE_HZ, output="sos"), a)
    elif kind < 0.27:
        a = telephone(a)
    elif kind < 0.42:
        a = coded(a, rng)
    level = np.sqrt((a**2).mean()) + 1e-6
    if rng.random() < 0.85:
        added = noise(len(a), others, rng)
        a = a + added / (added.std() + 1e-6) * level * 10 ** (-rng.uniform(5, 40) / 20)
    if rng.random() < 0.1:
        a = np.clip(a, -3 * level, 3 * level)
    lead = int(rng.integers(0, 40))  # frames of hush before the first sound
    a = np.concatenate([rng.standard_normal(lead * HOP) * level * 0.003, a])
    silence = np.eye(len(VISEMES), dtype=np.float32)[:1]
    y = np.concatenate([np.tile(silence, (lead, 1)), y])
    return a * 10 ** (rng.uniform(-25, 0) / 20), y
