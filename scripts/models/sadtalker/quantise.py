"""The renderer for CPUs: convolutions in 8 bits, all else in 32.

Activations unsigned, weights signed, one scale a channel. The unsigned kind matters: ONNX Runtime
multiplies signed activations twenty times slower on x86.
"""

import os
import sys

import numpy as np
import onnx
import onnxruntime as ort
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)

# What is worse draws another picture. Noise for weights gives 28 dB.
DECIBELS_MIN = 20


class Frames(CalibrationDataReader):
    """Inputs of some frames, one after the other."""

    def __init__(self, feeds):
        self.rest = iter(feeds)

    def get_next(self):
        return next(self.rest, None)


def motion_nodes(path):
    """Convolutions that say where things move: those in front of the volume's sampling grid."""
    graph = onnx.load(path, load_external_data=False).graph
    made_by = {out: node for node in graph.node for out in node.output}
    samplers = [node for node in graph.node if node.op_type == "GridSample"]
    if not samplers:
        sys.exit("--exact-motion needs the renderer with GridSample, not with --gather")
    found, rest = {}, [samplers[-1].input[1]]
    while rest:
        node = made_by.get(rest.pop())
        if node is not None and node.name not in found:
            found[node.name] = node
            rest.extend(node.input)
    return [name for name, node in found.items() if node.op_type == "Conv"]


def quantise(path, feeds, exact_motion=False):
    """Writes renderer_SIZE.int8.onnx beside renderer_SIZE.onnx, and says how near it is."""
    out = path.removesuffix(".onnx") + ".int8.onnx"
    quantize_static(
        path, out, Frames(feeds), quant_format=QuantFormat.QDQ, op_types_to_quantize=["Conv"],
        per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
        nodes_to_exclude=motion_nodes(path) if exact_motion else [],
        calibrate_method=CalibrationMethod.MinMax,
        extra_options={"QDQKeepRemovableActivations": True})
    onnx.checker.check_model(out)
    exact = ort.InferenceSession(path).run(None, feeds[0])[0]
    # As the server does: before VNNI, the quick way cuts large sums off.
    exactly = ort.SessionOptions()
    exactly.add_session_config_entry("session.x64quantprecision", "1")
    near = ort.InferenceSession(out, exactly).run(None, feeds[0])[0]
    decibels = 10 * np.log10(1 / max(float(((exact - near) ** 2).mean()), 1e-12))
    print(f"{os.path.basename(out):22} {os.path.getsize(out) / 1e6:7.1f} MB, {decibels:.1f} dB "
          "beside 32 bits", flush=True)
    if decibels < DECIBELS_MIN:
        sys.exit(f"{out} draws another picture; --exact-motion or --no-int8 helps")
