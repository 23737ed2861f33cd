"""Scores a viseme net on speech it never heard, against a forced alignment.

  evaluate.py visemes.onnx held_out.pkl

Prints the share of frames that are exact and exact within 30 ms, Pearson's r of the smoothed jaw,
rounding and stretch curves (mean over clips of two seconds and more), and how many of the closures
of p, b and m are seen (posterior over .2 within 30 ms). The pickle is make_data.py's.
"""

import pickle
import sys

import numpy as np
import onnxruntime
from scipy.ndimage import gaussian_filter1d

from front_end import HOP, features
from shapes import MOUTH


def posteriors(session, profile, samples):
    mel = features(samples, profile)
    logits = session.run(["logits"], {"mel": mel[None]})[0][0]
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def runs(mask):
    edges = np.diff(np.concatenate([[0], mask.astype(int), [0]]))
    return zip(np.where(edges == 1)[0], np.where(edges == -1)[0])


def main():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(sys.argv[1], options)
    silent = np.zeros((1, 1, 40), np.float32)
    profile = session.run(["profile"], {"mel": silent})[0]
    with open(sys.argv[2], "rb") as file:
        clips = pickle.load(file)
    exact = near = frames = closed = closures = 0
    rows = []
    for clip in clips:
        samples, truth = clip["samples"].astype(np.float32) / 32768, clip["shapes"]
        found = posteriors(session, profile, samples[: len(samples) // HOP * HOP])
        count = min(len(found), len(truth))
        found, truth = found[:count], truth[:count]
        best, at = found.argmax(1), np.arange(count)
        window = [truth[np.clip(at + shift, 0, count - 1)] for shift in range(-3, 4)]
        exact, near = exact + (best == truth).sum(), near + (np.stack(window) == best).any(0).sum()
        frames += count
        for first, last in runs(truth == 1):
            closures += 1
            closed += found[max(first - 3, 0) : last + 3, 1].max() > 0.2
        if count >= 200:
            wanted = gaussian_filter1d(MOUTH[truth], 4, axis=0)
            curves = gaussian_filter1d(found @ MOUTH, 4, axis=0)
            rows.append([np.corrcoef(curves[:, k], wanted[:, k])[0, 1] for k in range(3)])
    r = " / ".join(f"{value:.2f}" for value in np.mean(rows, 0))
    print(f"exact {exact / frames:.3f}, within 30 ms {near / frames:.3f}, r jaw/round/stretch {r},")
    print(f"closures {closed} of {closures}, {len(clips)} clips, {frames / 100:.0f} s")


if __name__ == "__main__":
    main()
