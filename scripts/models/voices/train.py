#!/usr/bin/env python3
"""Finds the directions in which voices differ: projection.npz, which convert.py puts into the
network.

usage: train.py VOICES.onnx SILERO.onnx FOLDER OUT.npz

FOLDER has a folder for each talker with clips. Each is heard as it is, by telephone, in noise and
in a room, and cut into windows as the server does. Of these the covariance within a talker's clip
and among talkers, under the same condition, gives the directions (linear discriminant analysis),
the first with some of its mean variance in every direction, since a clip tells little of how a
voice changes between clips. Needs numpy, scipy and onnxruntime, and ffmpeg; see README.md for what
it was trained on.
"""
import pathlib
import sys

import numpy as np
import onnxruntime
import scipy.linalg

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
sys.path[:0] = [str(ROOT / "scripts/bench"), str(ROOT / "scripts/models")]

import speakers_mixtures as mixtures  # noqa: E402
from whisper import mel_filters  # noqa: E402

DIRECTIONS, SHRINK = 128, 0.6
WINDOW, HOP = 160, 40


def spectrum(samples):
    """Power in 40 bands, brought to 30 dB below full scale: [frames, 40]."""
    samples = samples * np.sqrt(0.001 / max(1e-12, (samples ** 2).mean()))
    frames = len(samples) // 160
    padded = np.r_[np.zeros(200), samples, np.zeros(400)]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    parts = padded[np.arange(frames)[:, None] * 160 + np.arange(400)] * hann
    return (np.abs(np.fft.rfft(parts, axis=1)) ** 2 @ mel_filters(40).T).astype("f4")


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


def voices(network, detector, samples):
    """The vectors of a clip's windows."""
    heard = speech(detector, samples)
    edges = np.flatnonzero(np.diff(np.r_[0, heard.astype(int), 0]))
    windows = []
    for start, end in zip(edges[::2], edges[1::2]):
        mel = spectrum(samples[start * 512:end * 512])
        windows += [mel[at:at + WINDOW] for at in range(0, len(mel) - WINDOW + 1, HOP)]
    if not windows:
        return np.zeros((0, 256))
    return network.run(["voice"], {"mel": np.stack(windows)})[0].astype("f8")


def conditions(samples, random):
    yield samples
    yield mixtures.telephone(samples)
    yield mixtures.noisy(samples, random, random.uniform(10, 25))
    yield mixtures.room(samples, random)


def main():
    network, detector = (onnxruntime.InferenceSession(path) for path in sys.argv[1:3])
    random = np.random.default_rng(3)
    heard = []
    for home in sorted(pathlib.Path(sys.argv[3]).iterdir()):
        for clip in sorted(home.iterdir()):
            samples = mixtures.decode(clip)
            samples *= 0.06 / np.sqrt((samples ** 2).mean())
            heard.append([voices(network, detector, one) for one in conditions(samples, random)])
    within, among, windows = np.zeros((256, 256)), np.zeros((256, 256)), 0
    count = 0
    for condition in zip(*heard):
        kept = [vectors for vectors in condition if len(vectors)]
        middle = np.mean([vectors.mean(0) for vectors in kept], 0)
        for vectors in kept:
            mean = vectors.mean(0)
            within += (vectors - mean).T @ (vectors - mean)
            among += np.outer(mean - middle, mean - middle)
            windows, count = windows + len(vectors) - 1, count + 1
    within, among = within / windows, among / count
    within = (1 - SHRINK) * within + SHRINK * np.trace(within) / 256 * np.eye(256)
    spread, directions = scipy.linalg.eigh(among, within)
    order = np.argsort(-spread)[:DIRECTIONS]
    np.savez_compressed(
        sys.argv[4], matrix=directions[:, order].T.astype("f2"),
        spread=np.maximum(spread[order], 1e-3).astype("f4"))


if __name__ == "__main__":
    main()
