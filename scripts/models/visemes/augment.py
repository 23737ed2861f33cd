"""Changes that a recording may have gone through: another voice, a room, noise, a telephone."""

import subprocess

import numpy as np
from front_end import BANDS, HOP, MEL_BANK, RATE_HZ, log_mel
from scipy.signal import butter, fftconvolve, lfilter, resample_poly, sosfilt
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
    made = subprocess.run(plain + [*codec, "-"], input=pcm, capture_output=True, check=False).stdout
    source = ["-ar", "8000", "-f", "gsm"] if "gsm" in codec else []
    back = ["ffmpeg", "-v", "error", *source, "-i", "-", "-ar", str(RATE_HZ), "-f", "s16le", "-"]
    heard = subprocess.run(back, input=made, capture_output=True, check=False).stdout
    heard = np.frombuffer(heard, np.int16).astype(np.float32) / 32000 * peak
    if len(heard) < len(a) // 2:
        return a
    heard = np.pad(heard, (0, max(len(a) - len(heard), 0)))
    # The lag with the best likeness over a stretch in the middle, 0 to 80 ms.
    middle = slice(len(a) // 4, len(a) // 4 * 3)
    likeness = [np.dot(a[middle], np.roll(heard, -lag)[middle]) for lag in range(0, 1281, 4)]
    return np.roll(heard, -4 * int(np.argmax(likeness)))[: len(a)]


def noise(length, others, rng):
    """Of unit power: white or falling with frequency, steady or in gusts, a hum, talkers."""
    kind = rng.random()
    if kind < 0.3:
        made = np.zeros(length)
        for _ in range(rng.integers(2, 6)):
            other = others[rng.integers(len(others))]["samples"].astype(np.float32)
            made += np.roll(np.resize(other, length), rng.integers(length)) / (other.std() + 1)
    elif kind < 0.4:
        at, hum = np.arange(length) / RATE_HZ, rng.uniform(45, 130)
        made = 0.1 * rng.standard_normal(length)
        for harmonic in range(1, 12):
            weight = rng.uniform(0, 1) / harmonic ** rng.uniform(0.3, 1.5)
            made += weight * np.sin(2 * np.pi * harmonic * hum * at + rng.uniform(0, 6.3))
    else:
        pole = rng.uniform(0, 0.98) if kind < 0.85 else 0
        made = lfilter([1], [1, -pole], rng.standard_normal(length))
        if rng.random() < 0.3:
            swing = np.sin(2 * np.pi * rng.uniform(0.2, 4) * np.arange(length) / RATE_HZ)
            made *= 10 ** (rng.uniform(0, 0.6) * swing)
    return made / (made.std() + 1e-6)


def augment(a, y, others, rng, noisy=0.3):
    """A changed copy, by the odds `noisy` with noise in it, which any codec comes after."""
    a, y = change_voice(a, y, rng)
    level = np.sqrt((a**2).mean()) + 1e-6
    if rng.random() < noisy:
        a = a + noise(len(a), others, rng) * level * 10 ** (-rng.uniform(5, 30) / 20)
    kind = rng.random()
    if kind < 0.12:
        band = [rng.uniform(60, 300), rng.uniform(3300, 7200)]
        a = sosfilt(butter(4, band, "band", fs=RATE_HZ, output="sos"), a)
    elif kind < 0.25:
        a = telephone(a)
    elif kind < 0.5:
        a = coded(a, rng)
    if rng.random() < 0.1:
        a = np.clip(a, -3 * level, 3 * level)
    lead = int(rng.integers(0, 40))  # frames of hush before the first sound
    a = np.concatenate([rng.standard_normal(lead * HOP) * level * 0.003, a])
    silence = np.eye(len(VISEMES), dtype=np.float32)[:1]
    y = np.concatenate([np.tile(silence, (lead, 1)), y])
    return a * 10 ** (rng.uniform(-25, 0) / 20), y


def warp(mel, rng):
    """The bands moved up or down, as a longer or shorter throat would."""
    at = np.arange(BANDS) * rng.uniform(0.9, 1.1) + rng.uniform(-0.7, 0.7)
    at = at.clip(0, BANDS - 1)
    low = np.minimum(at.astype(int), BANDS - 2)
    share = (at - low).astype(np.float32)
    return mel[:, low] * (1 - share) + mel[:, low + 1] * share


class Noises:
    """Noises as log-mel, added to that of speech: another one at each draw costs little there."""

    def __init__(self, others, rng, count=300, seconds=8):
        length = seconds * RATE_HZ
        self.mels = [log_mel(noise(length, others, rng).astype(np.float32)) for _ in range(count)]
        # Powers of two sounds add up but for a cross term, whose spread falls with a band's width;
        # neighbouring bins share Hann's main lobe.
        bins = MEL_BANK.sum(1) ** 2 / (MEL_BANK**2).sum(1) / 1.9
        self.spread = np.sqrt(0.5 / np.maximum(bins, 1)).astype(np.float32)

    def add(self, mel, log_power, rng, decibels=(2, 28)):
        """- log_power: of the whole recording's samples."""
        noise = self.mels[rng.integers(len(self.mels))]
        begin = rng.integers(len(noise))
        noise = noise[(begin + np.arange(len(mel))) % len(noise)]
        noise = noise + np.float32(log_power - rng.uniform(*decibels) * np.log(10) / 10)
        cross = rng.standard_normal((len(mel) + 1, BANDS), np.float32)
        cross = ((cross[1:] + cross[:-1]) * np.float32(0.71) * self.spread).clip(-0.95, 0.95)
        powers = np.exp(mel) + np.exp(noise) + 2 * cross * np.exp((mel + noise) / 2)
        return np.log(powers + 1e-6)
