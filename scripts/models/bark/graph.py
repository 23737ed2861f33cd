"""Writes ONNX files node by node: nothing is traced, so a file holds what is written here only."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 20


class Graph:
    """A graph that is written from its inputs on."""

    def __init__(self):
        self.nodes, self.constants, self.count = [], [], 0

    def name(self, hint="v"):
        self.count += 1
        return f"{hint}{self.count}"

    def constant(self, value, hint="c"):
        name = self.name(hint)
        self.constants.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def integers(self, *values):
        return self.constant(np.array(values, np.int64))

    def scalar(self, value):
        return self.constant(np.array(value, np.int64))

    def weight(self, tensor):
        """A weight as 32 bit floats."""
        return self.constant(tensor.detach().float().cpu().numpy(), "w")

    def add(self, kind, *inputs, out=None, outputs=1, **attributes):
        names = [out or self.name()] if outputs == 1 else [self.name() for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def shaped(self, value, *shape):
        return self.add("Reshape", value, self.integers(*shape))

    def length(self, value, axis):
        """How long one side of a tensor is, as a tensor of one number."""
        return self.add("Shape", value, start=axis, end=axis + 1)

    def count_up(self, length):
        """0, 1, … up to a length, which is a tensor of one number."""
        limit = self.add("Squeeze", length)
        return self.add("Range", self.scalar(0), limit, self.scalar(1))

    def normed(self, value, norm):
        inputs = [value, self.weight(norm.weight)]
        if norm.bias is not None:
            inputs.append(self.weight(norm.bias))
        return self.add("LayerNormalization", *inputs, axis=-1, epsilon=float(norm.eps))

    def linear(self, value, layer):
        made = self.add("MatMul", value, self.weight(layer.weight.T))
        return made if layer.bias is None else self.add("Add", made, self.weight(layer.bias))

    def save(self, path, inputs, outputs):
        """- inputs, outputs: (name, "float" or "int64", sides; a side may be a name)."""
        def info(items):
            return [helper.make_tensor_value_info(
                name, TensorProto.INT64 if kind == "int64" else TensorProto.FLOAT, sides)
                for name, kind, sides in items]

        graph = helper.make_graph(
            self.nodes, "bark", info(inputs), info(outputs), self.constants)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
        onnx.save(model, path)
