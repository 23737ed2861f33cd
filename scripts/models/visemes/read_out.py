"""Makes visemes_whole.onnx: Whisper tiny.en's encoder and our head behind it.

  read_out.py OUT.onnx MODEL_FOLDER [HEAD.npz] [--float]

MODEL_FOLDER holds tiny.en in CTranslate2's format (model.bin). `mel` [1, 80, 2 T] (see
front_end.whisper_mel) -> `logits` [1, 2 T, 15]. The same weights give the same bytes.
Needs numpy and onnx.
"""

import os
import sys
from pathlib import Path

import encoder
import numpy as np
import onnx


def add_head(graph, states, weights):
    """The convolutions that train_read_out.py fitted, over [1, T, width]."""
    chosen = [states[k] for k in weights["layers"]]
    x = chosen[0] if len(chosen) == 1 else graph.add("Concat", chosen, axis=2)
    x = graph.add("Transpose", [x], perm=[0, 2, 1])
    count = sum(name.startswith("weight") for name in weights)
    for index in range(count):
        weight = weights[f"weight{index}"]
        reach = weight.shape[2] // 2
        x = graph.convolve(x, weight, weights[f"bias{index}"], pads=[reach, reach])
        if index + 1 < count:
            x = graph.add("Relu", [x])
    x = graph.add("Transpose", [x], perm=[0, 2, 1])
    return graph.add("Reshape", [x, np.array([1, -1, 15])])


def main():
    plain = [word for word in sys.argv[1:] if not word.startswith("--")]
    out, folder = plain[:2]
    head = plain[2] if len(plain) > 2 else Path(__file__).with_name("read_out.npz")
    graph = encoder.Graph(integers="--float" not in sys.argv)
    states = encoder.encode(graph, encoder.load(folder))
    logits = add_head(graph, states, dict(np.load(head)))
    model = graph.model({"logits": (logits, [1, "frames", 15])})
    onnx.checker.check_model(model)
    onnx.save(model, out + ".part")
    os.replace(out + ".part", out)


if __name__ == "__main__":
    main()
