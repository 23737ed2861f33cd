"""Adds a net's posteriors to labelled speech, for another net to learn from.

  label.py NET.onnx IN.pkl OUT.pkl

Adds `posteriors` [frames, 15], uint8. Needs what evaluate.py needs.
"""

import pickle
import sys

import numpy as np
from evaluate import Net


def main():
    net = Net(sys.argv[1])
    with open(sys.argv[2], "rb") as file:
        utterances = pickle.load(file)
    for utterance in utterances:
        found = net(utterance["samples"].astype(np.float32) / 32768)
        frames = len(utterance["shapes"])
        found = np.pad(found, ((0, max(frames - len(found), 0)), (0, 0)), mode="edge")[:frames]
        utterance["posteriors"] = np.rint(255 * found).astype(np.uint8)
    with open(sys.argv[3], "wb") as file:
        pickle.dump(utterances, file)


if __name__ == "__main__":
    main()
