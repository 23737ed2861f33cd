"""Whisper's audio encoder as an ONNX graph, made from the weights of a CTranslate2 file.

Input `mel` [1, 80, 2 T] (see front_end.whisper_mel); each layer's states are [1, T, width] at
50 Hz. Matrices are kept as float32 (to train on) or as 7-bit integers with a scale a column (to
ship): 7 bits, because processors without VNNI add two products in 16 bits, and 8 would overflow.
Needs numpy and onnx.
"""

import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from whisper import layer_count, read_variables

INTEGER_MAX = 63


class Graph:
    """Nodes and constants, named as they come."""

    def __init__(self, integers):
        self.integers = integers
        self.nodes, self.constants, self._made = [], {}, 0

    def constant(self, array, name=None):
        self._made += name is None
        name = name or f"c{self._made}"
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def add(self, kind, inputs, outputs=1, **attributes):
        """A node; its outputs' names, or the one name."""
        self._made += 1
        names = [f"{kind}{self._made}_{k}" for k in range(outputs)]
        inputs = [i if isinstance(i, str) else self.constant(i) for i in inputs]
        self.nodes.append(helper.make_node(kind, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def linear(self, x, weight, bias=None):
        """x times weight [out, in] transposed, plus bias."""
        weight = weight.T.astype(np.float32)
        if self.integers:
            # The pattern that ONNX Runtime fuses to one integer product.
            scale = np.abs(weight).max(0) / INTEGER_MAX + 1e-12
            whole = np.rint(weight / scale).astype(np.int8)
            levels, step, zero = self.add("DynamicQuantizeLinear", [x], 3)
            product = self.add("MatMulInteger", [levels, whole, zero, np.int8(0)])
            product = self.add("Cast", [product], to=TensorProto.FLOAT)
            made = self.add("Mul", [product, self.add("Mul", [step, scale.astype(np.float32)])])
        else:
            made = self.add("MatMul", [x, weight])
        return made if bias is None else self.add("Add", [made, bias.astype(np.float32)])

    def norm(self, x, gamma, beta):
        gamma, beta = gamma.astype(np.float32), beta.astype(np.float32)
        return self.add("LayerNormalization", [x, gamma, beta], axis=-1, epsilon=1e-5)

    def convolve(self, x, weight, bias, **attributes):
        weight, bias = weight.astype(np.float32), bias.astype(np.float32)
        return self.add("Conv", [x, weight, bias], **attributes)

    def model(self, outputs):
        """- outputs: name -> (tensor, shape)."""
        for name, (tensor, _) in outputs.items():
            self.nodes.append(helper.make_node("Identity", [tensor], [name]))
        value = helper.make_tensor_value_info
        graph = helper.make_graph(
            self.nodes, "visemes", [value("mel", TensorProto.FLOAT, [1, 80, "frames"])],
            [value(name, TensorProto.FLOAT, shape) for name, (_, shape) in outputs.items()],
            list(self.constants.values()),
        )  # fmt: skip
        opset = [helper.make_opsetid("", 20)]
        return helper.make_model(graph, opset_imports=opset, ir_version=9)


def attend(graph, x, of, heads, width):
    """Self-attention of one layer; `of` gives the layer's variables."""
    gamma, beta = of("self_attention/layer_norm/gamma"), of("self_attention/layer_norm/beta")
    normed = graph.norm(x, gamma, beta)
    weight, bias = of("self_attention/linear_0/weight"), of("self_attention/linear_0/bias")
    fused = graph.linear(normed, weight, bias)
    split = graph.add("Reshape", [fused, np.array([1, -1, 3, heads, width // heads])])
    parts = graph.add("Split", [split], 3, axis=2, num_outputs=3)
    parts = [graph.add("Squeeze", [part, np.array([2])]) for part in parts]
    query, value = (graph.add("Transpose", [p], perm=[0, 2, 1, 3]) for p in (parts[0], parts[2]))
    key = graph.add("Transpose", [parts[1]], perm=[0, 2, 3, 1])
    query = graph.add("Mul", [query, np.float32((width // heads) ** -0.5)])
    likeness = graph.add("Softmax", [graph.add("MatMul", [query, key])], axis=-1)
    mixed = graph.add("Transpose", [graph.add("MatMul", [likeness, value])], perm=[0, 2, 1, 3])
    mixed = graph.add("Reshape", [mixed, np.array([1, -1, width])])
    weight, bias = of("self_attention/linear_1/weight"), of("self_attention/linear_1/bias")
    return graph.add("Add", [x, graph.linear(mixed, weight, bias)])


def encode(graph, variables):
    """Adds the encoder; the states after each layer, the last one normed."""
    width = variables["encoder/conv1/bias"].shape[0]
    heads = int(variables["encoder/num_heads"])
    x = "mel"
    for name, stride in (("conv1", 1), ("conv2", 2)):
        weight, bias = variables[f"encoder/{name}/weight"], variables[f"encoder/{name}/bias"]
        x = graph.convolve(x, weight, bias, pads=[1, 1], strides=[stride])
        x = graph.add("Gelu", [x])
    x = graph.add("Transpose", [x], perm=[0, 2, 1])
    places = variables["encoder/position_encodings/encodings"].astype(np.float32)
    count = graph.add("Shape", [x], start=1, end=2)
    places = graph.add("Slice", [places, np.array([0]), count, np.array([0])])
    x = graph.add("Add", [x, places])
    states = []
    for index in range(layer_count(variables, "encoder")):
        of = lambda name: variables[f"encoder/layer_{index}/{name}"]  # noqa: B023, E731
        x = attend(graph, x, of, heads, width)
        normed = graph.norm(x, of("ffn/layer_norm/gamma"), of("ffn/layer_norm/beta"))
        wide = graph.linear(normed, of("ffn/linear_0/weight"), of("ffn/linear_0/bias"))
        narrow = graph.linear(
            graph.add("Gelu", [wide]), of("ffn/linear_1/weight"), of("ffn/linear_1/bias"))
        x = graph.add("Add", [x, narrow])
        states.append(x)
    states[-1] = graph.norm(
        x, variables["encoder/layer_norm/gamma"], variables["encoder/layer_norm/beta"])
    return states


def load(folder):
    return read_variables(Path(folder) / "model.bin")
