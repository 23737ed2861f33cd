#!/usr/bin/env python3
"""Finds what convert.py puts into the network: the directions in which voices differ
(projection.npz), and the ranges of what goes between its convolutions (ranges.npz).

usage: train.py WATCHED.onnx SILERO.onnx FOLDER OUT

WATCHED.onnx is what `convert.py --watched` makes; OUT a folder. FOLDER has a folder for each talker
with clips. Each is heard as it is, by telephone, in noise and in a room, and cut into windows as
the server does. Of these the covariance within a talker's clips and among talkers, under the same
condition, gives the directions (linear discriminant analysis), the first with some of its mean
variance in every direction, since a few clips tell little of how a voice changes. Needs numpy,
scipy and onnxruntime, and ffmpeg; see README.md for what it was trained on.
"""
import pathlib
import sys

import numpy as np
import onnxruntime
import scipy.linalg

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
sys.path[:0] = [str(ROOT / "scripts/bench")]

import speakers_mixtures as mixtures  # noqa: E402

DIRECTIONS, SHRINK, WIDTH = 192, 0.6, 192
WINDOW, HOP, BATCH = 150, 75, 4
# Of what goes between convolutions, one value in so many may be cut off.
CUT = 20_000


def mel(hertz):
    return 1127 * np.log(1 + hertz / 700)


def filters():
    """Triangles over mels of 80 bands from 20 Hz to 8 kHz, by bins of 31.25 Hz: [80, 256]."""
    edges = np.linspace(mel(20), mel(8000), 82)
    at = mel(np.arange(256) * 31.25)
    rising = (at - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - at) / np.diff(edges)[1:, None]
    return np.maximum(0, np.minimum(rising, falling))


FILTERS = filters()
POVEY = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 399)) ** 0.85


def fbank(samples):
    """Kaldi's logarithmic bands: [frames, 80]."""
    count = max(0, 1 + (len(samples) - 400) // 160)
    frames = samples[np.arange(count)[:, None] * 160 + np.arange(400)].astype("f8")
    frames -= frames.mean(1, keepdims=True)
    frames[:, 1:] -= 0.97 * frames[:, :-1]
    frames[:, 0] *= 0.03
    power = np.abs(np.fft.rfft(frames * POVEY, 512))[:, :256] ** 2
    return np.log(np.maximum(power @ FILTERS.T, 1.1921e-7)).astype("f4")


def speech(detector, samples):
    """Where Silero hears somebody: frames of 512 samples, short pauses closed."""
    count = len(samples) // 512
    padded = np.r_[np.zeros(64), samples[:count * 512]].astype("f4")
    frames = np.stack([padded[index * 512:index * 512 + 576] for index in range(count)])
    state = {"h": np.zeros((1, 1, 128), "f4"), "c": np.zeros((1, 1, 128), "f4")}
    found = []
    for start in range(0, count, 128):
        some, state["h"], state["c"] = detector.run(
            ["speech_probs", "hn", "cn"], {"input": frames[start:start + 128], **state})
        found.append(some.reshape(-1))
    return mixtures.closed(np.concatenate(found) >= 0.5, 5)


class Ear:
    """Hears windows, and what goes between the convolutions meanwhile."""

    def __init__(self, network, detector):
        self.network, self.detector = network, detector
        self.least, self.most = None, None

    def windows(self, samples):
        heard = speech(self.detector, samples)
        edges = np.flatnonzero(np.diff(np.r_[0, heard.astype(int), 0]))
        for start, end in zip(edges[::2], edges[1::2]):
            bands = fbank(samples[start * 512:end * 512])
            yield from (bands[at:at + WINDOW] for at in range(0, len(bands) - WINDOW + 1, HOP))

    def voices(self, samples):
        """The vectors of a clip's windows."""
        windows = list(self.windows(samples))
        found = [np.zeros((0, WIDTH))]
        for start in range(0, len(windows), BATCH):
            batch = np.stack(windows[start:start + BATCH])
            raw, *between = self.network.run(None, {"fbank": batch})
            found.append(raw.astype("f8"))
            if start == 0:
                self.widen(between)
        return np.concatenate(found)

    def widen(self, between):
        ends = np.array([
            [np.partition(part, part.size // CUT)[part.size // CUT],
             np.partition(part, -1 - part.size // CUT)[-1 - part.size // CUT]]
            for part in (some.ravel() for some in between)])
        self.least = ends[:, 0] if self.least is None else np.minimum(self.least, ends[:, 0])
        self.most = ends[:, 1] if self.most is None else np.maximum(self.most, ends[:, 1])


def conditions(samples, random):
    yield samples
    yield mixtures.telephone(samples)
    yield mixtures.noisy(samples, random, random.uniform(10, 25))
    yield mixtures.room(samples, random)


def directions(heard):
    """Of a list for each condition with the talkers' vectors: matrix, spread."""
    within, among, windows, count = np.zeros((WIDTH, WIDTH)), np.zeros((WIDTH, WIDTH)), 0, 0
    for talkers in heard:
        kept = [vectors for vectors in talkers if len(vectors) > 1]
        middle = np.mean([vectors.mean(0) for vectors in kept], 0)
        for vectors in kept:
            mean = vectors.mean(0)
            within += (vectors - mean).T @ (vectors - mean)
            among += np.outer(mean - middle, mean - middle)
            windows, count = windows + len(vectors) - 1, count + 1
    within, among = within / windows, among / count
    within = (1 - SHRINK) * within + SHRINK * np.trace(within) / WIDTH * np.eye(WIDTH)
    spread, axes = scipy.linalg.eigh(among, within)
    order = np.argsort(-spread)[:DIRECTIONS]
    return axes[:, order].T, np.maximum(spread[order], 1e-3)


def main():
    network, detector = (onnxruntime.InferenceSession(path) for path in sys.argv[1:3])
    out = pathlib.Path(sys.argv[4])
    ear, random = Ear(network, detector), np.random.default_rng(3)
    talkers = []
    for home in sorted(pathlib.Path(sys.argv[3]).iterdir()):
        clips = []
        for clip in sorted(home.iterdir()):
            samples = mixtures.decode(clip)
            samples *= 0.06 / np.sqrt((samples ** 2).mean())
            clips.append([ear.voices(one) for one in conditions(samples, random)])
        talkers.append([np.concatenate(one) for one in zip(*clips)])
        print(home.name, len(talkers[-1][0]), flush=True)
    raw = list(zip(*talkers))
    middle = np.mean([vectors.mean(0) for one in raw for vectors in one if len(vectors)], 0)
    heard = [
        [(vectors - middle) / np.linalg.norm(vectors - middle, axis=1, keepdims=True)
         for vectors in one] for one in raw]
    matrix, spread = directions(heard)
    np.savez_compressed(
        out / "projection.npz", matrix=matrix.astype("f2"), spread=spread.astype("f4"),
        middle=middle.astype("f4"))
    np.savez_compressed(
        out / "ranges.npz", ranges=np.stack([ear.least, ear.most], 1).astype("f4"))


if __name__ == "__main__":
    main()
