"""Conversations made of single talkers' clips, with who speaks when; used by speakers.py.

A folder holds a folder for each talker with their clips. A conversation takes two to four talkers,
or one, and lets them speak in turns of one and a half to eight seconds, cut from the clips at
pauses. A part of the turns begins before the one before it ends. What is true is a turn from its
first sound of speech to its last, by the energy of the clip alone.
"""
import pathlib
import subprocess
from typing import NamedTuple

import numpy as np

RATE = 16_000
FRAME = RATE // 100
PIECE_SECONDS = (1.5, 8.0)
# What becomes of the sound before it is sent.
CONDITIONS = ("as recorded", "telephone", "noise 20 dB", "rooms")


class Piece(NamedTuple):
    """What one turn says: its samples, and its frames that are speech."""

    samples: np.ndarray
    speech: np.ndarray


class Mixture(NamedTuple):
    name: str
    samples: np.ndarray
    # Frames of 10 ms by talkers.
    truth: np.ndarray


def decode(path):
    """Mono samples at 16 kHz of any file that ffmpeg reads."""
    said = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", path, "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"],
        capture_output=True, check=True)
    return np.frombuffer(said.stdout, "<f4").copy()


def speech_frames(samples):
    """The frames from the first that is speech to the last: within 35 dB of the loud ones."""
    count = len(samples) // FRAME
    power = (samples[:count * FRAME].reshape(count, FRAME) ** 2).mean(1) + 1e-12
    power = np.convolve(power, np.ones(5) / 5, "same")
    loud = 10 * np.log10(power) > 10 * np.log10(np.percentile(power, 95)) - 35
    return closed(loud, count)


def closed(frames, gap):
    """The frames with gaps that are shorter closed."""
    frames = frames.copy()
    edges = np.flatnonzero(np.diff(np.r_[0, frames.astype(int), 0]))
    starts, ends = edges[::2], edges[1::2]
    for end, start in zip(ends[:-1], starts[1:]):
        if start - end < gap:
            frames[end:start] = True
    return frames


def pieces(samples, random):
    """A clip cut at its pauses into turns."""
    power = (samples[:len(samples) // FRAME * FRAME].reshape(-1, FRAME) ** 2).mean(1) + 1e-12
    smooth = np.convolve(power, np.ones(15) / 15, "same")
    quiet = 10 * np.log10(smooth) < 10 * np.log10(np.percentile(smooth, 95)) - 25
    least, most = (int(s * 100) for s in PIECE_SECONDS)
    found, start = [], 0
    while len(power) - start >= least:
        wanted = start + int(random.uniform(least, most))
        cuts = np.flatnonzero(quiet[start + least:min(start + most, len(power))]) + start + least
        end = len(power) if len(power) - start <= most else None
        if len(cuts):
            end = int(cuts[np.abs(cuts - wanted).argmin()])
        if end is None:
            end = min(wanted, len(power))
        part = samples[start * FRAME:end * FRAME]
        speech = speech_frames(part)
        if speech.sum() >= 100:
            found.append(Piece(part, speech))
        start = end
    return found


def read_talkers(folder, seed):
    """Name → pieces of each talker."""
    random = np.random.default_rng(seed)
    talkers = {}
    for home in sorted(path for path in pathlib.Path(folder).iterdir() if path.is_dir()):
        found = []
        for clip in sorted(path for path in home.rglob("*") if path.is_file()):
            samples = decode(clip)
            samples *= 0.06 / max(1e-9, np.sqrt((samples[samples != 0] ** 2).mean()))
            found += pieces(samples, random)
        if found:
            talkers[home.name] = found
    return talkers


def room(samples, random):
    """Some reverberation: falling noise behind the sound itself."""
    seconds = random.uniform(0.15, 0.4)
    count = int(seconds * RATE)
    tail = random.standard_normal(count) * np.exp(-6.9 * np.arange(count) / count)
    tail[0] = 0
    answer = np.r_[1.0, np.zeros(int(0.004 * RATE)), tail * random.uniform(0.02, 0.06)]
    size = 1 << int(np.ceil(np.log2(len(samples) + len(answer))))
    out = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(answer, size), size)
    return out[:len(samples)].astype("f4")


def telephone(samples):
    """300 to 3400 Hz, 8 kHz, 8 bits by the mu law."""
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
    spectrum[(hertz < 300) | (hertz > 3400)] = 0
    half = np.clip(np.fft.irfft(spectrum, len(samples))[::2], -1, 1)
    packed = np.sign(half) * np.log1p(255 * np.abs(half)) / np.log(256)
    packed = np.round(packed * 127) / 127
    half = np.sign(packed) * (256 ** np.abs(packed) - 1) / 255
    # Back to 16 kHz by the spectrum.
    narrow = np.fft.rfft(half)
    wide = np.zeros(len(half) + 1, complex)
    wide[:len(narrow)] = narrow * 2
    return np.fft.irfft(wide, 2 * len(half)).astype("f4")


def noisy(samples, random, decibels=20):
    """Noise whose power falls with its frequency."""
    spectrum = np.fft.rfft(random.standard_normal(len(samples)))
    spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(len(samples), 1 / RATE), 50))
    noise = np.fft.irfft(spectrum, len(samples))
    loud = np.sqrt((samples ** 2).mean())
    noise *= loud / np.sqrt((noise ** 2).mean()) / 10 ** (decibels / 20)
    return (samples + noise).astype("f4")


def mixture(name, talkers, who, seconds, overlap, condition, random):
    """One conversation.

    - overlap: the share of the speech that two say at once, about.
    """
    length = int(seconds * RATE)
    samples = np.zeros(length + 20 * RATE, "f4")
    truth = np.zeros((len(samples) // FRAME, len(who)), bool)
    gains = 10 ** (random.uniform(-4, 4, len(who)) / 20)
    queues = [list(random.permutation(len(talkers[one]))) for one in who]
    at, speaker = int(0.3 * RATE), int(random.integers(len(who)))
    shared, total = 0.0, 1e-9
    while at < length:
        if not queues[speaker]:
            queues[speaker] = list(random.permutation(len(talkers[who[speaker]])))
        piece = talkers[who[speaker]][queues[speaker].pop()]
        samples_of, speech = piece.samples * gains[speaker], piece.speech
        if condition == "rooms":
            samples_of = room(samples_of, random)
        first = at // FRAME
        at = first * FRAME
        if at + len(samples_of) > len(samples):
            break
        samples[at:at + len(samples_of)] += samples_of
        truth[first:first + len(speech), speaker] |= speech
        total += speech.sum() / 100
        at += len(samples_of)
        # Now and then somebody goes on.
        if len(who) > 1 and random.random() < 0.9:
            others = [other for other in range(len(who)) if other != speaker]
            speaker = int(random.choice(others))
            if shared / total < overlap and random.random() < 0.5:
                back = random.uniform(0.3, 1.2)
                shared += back
                at -= int(back * RATE)
                continue
        at += int(random.uniform(0.1, 1.0) * RATE)
    frames = int(np.flatnonzero(truth.any(1))[-1]) + 30
    samples, truth = samples[:frames * FRAME], truth[:frames]
    # Who goes on within a second goes on with the same turn, as in what is told.
    truth = np.stack([closed(talker, 100) for talker in truth.T], 1)
    truth = truth[:, truth.any(0)]
    if condition == "telephone":
        samples = telephone(samples)
    elif condition == "noise 20 dB":
        samples = noisy(samples, random)
    samples = samples * min(1, 0.9 / np.abs(samples).max())
    return Mixture(name, samples.astype("f4"), truth)


def mixtures(talkers, count, seed, seconds=(60, 300), condition=None):
    """Conversations of two, three and four talkers in turn, and each sixth of one alone."""
    random = np.random.default_rng(seed)
    names = sorted(talkers)
    for index in range(count):
        people = 1 if index % 6 == 5 else 2 + index % 3
        who = list(random.choice(names, min(people, len(names)), replace=False))
        how = condition or CONDITIONS[index % len(CONDITIONS)]
        length, overlap = random.uniform(*seconds), random.uniform(0, 0.1)
        name = f"{index:03} {people} talkers, {how}"
        yield mixture(name, talkers, who, length, overlap, how, random)
