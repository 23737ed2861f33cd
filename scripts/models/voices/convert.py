#!/usr/bin/env python3
"""Converts 3D-Speaker's CAM++ to ONNX, without PyTorch.

usage: convert.py CAMPPLUS.pt OUT.onnx [--float | --watched]

The encoder (Wang et al., CAM++: A Fast and Efficient Network for Speaker Verification Using
Context-Aware Masking, 2023) reads a window of a voice and gives a vector that is about the same for
each window of that voice: a small residual network over the bands, then a densely connected
time-delay network each of whose layers is masked by what it hears of the whole window. In: `fbank`
float32 [N, T, 80], Kaldi's logarithmic bands, a hundred frames a second, of 2 s at most. Out:
`voice` float32 [N, 192] of length 1, without what all voices share; `traits` [N, 192], the same
seen along the directions in which voices differ most for how much each of them varies
(projection.npz, by train.py), a voice's own variance 1 in each; and `spread` [192], the variance
among voices there.

Convolutions are in 8 bits, a scale for each filter, and so is what goes between them, in ranges
that train.py saw (ranges.npz); the first convolution stays as it is. --float leaves all as it is;
--watched gives out what goes between them instead.

The weights are a pickle in a zip, as PyTorch writes them. Nothing of it is called: four names stand
for what is read here, any other is refused.
"""
import collections
import pathlib
import pickle
import sys
import zipfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

BANDS, WIDTH = 80, 192
# Layers of each dense block, and how far apart their three taps are.
BLOCKS = ((12, 1), (24, 2), (16, 2))
HOME = pathlib.Path(__file__).parent
PROJECTION, RANGES = HOME / "projection.npz", HOME / "ranges.npz"


class Tensor:
    """A tensor that is to be cut from a storage."""

    def __init__(self, storage, offset, size, stride, *_):
        self.storage, self.offset, self.size, self.stride = storage, offset, size, stride


class Reader(pickle.Unpickler):
    """Knows the few names that weights need, and calls nothing else."""

    names = {
        ("collections", "OrderedDict"): collections.OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): Tensor,
        ("torch", "FloatStorage"): "<f4",
        ("torch", "LongStorage"): "<i8",
    }

    def find_class(self, module, name):
        if (module, name) not in self.names:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of weights")
        return self.names[module, name]

    def persistent_load(self, saved):
        kind, storage, key, _, count = saved
        if kind != "storage" or storage not in ("<f4", "<i8"):
            raise pickle.UnpicklingError(f"{saved[:2]} is no storage of numbers")
        return str(key), storage, int(count)


def read_weights(path):
    """Name → array of the network's state."""
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is no file of PyTorch's that is read here")
    weights = {}
    with zipfile.ZipFile(path) as file:
        root = file.namelist()[0].split("/")[0]
        with file.open(f"{root}/data.pkl") as stream:
            state = Reader(stream).load()
        for name, tensor in state.items():
            key, kind, _ = tensor.storage
            count = int(np.prod(tensor.size))
            step = np.cumprod([1, *tensor.size[:0:-1]])[::-1][:len(tensor.size)]
            if list(step) != list(tensor.stride):
                raise ValueError(f"{name} is not laid out row by row")
            data = np.frombuffer(file.read(f"{root}/data/{key}"), kind)
            data = data[tensor.offset:tensor.offset + count]
            if data.size != count or not np.isfinite(data).all():
                raise ValueError(f"{name} is damaged")
            weights[name] = data.reshape(tensor.size)
    return weights


class Graph:
    """The network's nodes as they are added. What is in 8 bits is known by its name."""

    def __init__(self, weights, ranges):
        self.weights, self.ranges = weights, ranges
        self.nodes, self.constants, self.count = [], [], 0
        # What ranges are wanted of: in the order in which they are met.
        self.watched = []

    def add(self, operator, *inputs, domain="", **attributes):
        self.count += 1
        name = f"{operator}.{self.count}"
        self.nodes.append(
            helper.make_node(operator, list(inputs), [name], domain=domain, **attributes))
        return name

    def constant(self, value, kind="<f4"):
        self.count += 1
        name = f"constant.{self.count}"
        array = np.ascontiguousarray(np.asarray(value, kind))
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def in_8_bits(self, source, is_positive):
        """What goes between convolutions, in 8 bits; below zero is cut off where it is positive."""
        self.watched.append(source)
        if self.ranges is None:
            return self.add("Relu", source) if is_positive else source
        least, most = self.ranges[len(self.watched) - 1]
        least = 0 if is_positive else min(least, 0)
        scale = max(most - least, 1e-6) / 255
        scales = (
            self.constant(scale), self.constant(np.clip(np.rint(-least / scale), 0, 255), "u1"))
        small = self.add("QuantizeLinear", source, *scales)
        return self.add("DequantizeLinear", small, *scales)

    def norm(self, name):
        """Gain and bias of a batch norm."""
        gain = 1 / np.sqrt(self.weights[f"{name}.running_var"] + 1e-5)
        gain = gain * self.weights.get(f"{name}.weight", 1)
        bias = self.weights.get(f"{name}.bias", 0) - self.weights[f"{name}.running_mean"] * gain
        return gain, bias

    def normed(self, source, name):
        """A batch norm that no convolution comes before."""
        weights, width = self.weights, len(self.weights[f"{name}.running_mean"])
        values = (
            weights.get(f"{name}.weight", np.ones(width)),
            weights.get(f"{name}.bias", np.zeros(width)),
            weights[f"{name}.running_mean"], weights[f"{name}.running_var"])
        return self.add("BatchNormalization", source, *map(self.constant, values), epsilon=1e-5)

    def conv(self, source, name, norm=None, is_small=True, **attributes):
        filters = self.weights[f"{name}.weight"].astype("f8")
        bias = self.weights.get(f"{name}.bias", np.zeros(len(filters))).astype("f8")
        if norm:
            gain, shift = self.norm(norm)
            filters = filters * gain.reshape(-1, *[1] * (filters.ndim - 1))
            bias = bias * gain + shift
        if self.ranges is None or not is_small:
            kernel = self.constant(filters)
        else:
            scale = np.abs(filters).reshape(len(filters), -1).max(1).clip(1e-12) / 127
            values = np.rint(filters / scale.reshape(-1, *[1] * (filters.ndim - 1)))
            kernel = self.add(
                "DequantizeLinear", self.constant(values, "i1"), self.constant(scale),
                self.constant(np.zeros(len(scale)), "i1"), axis=0)
        return self.add(
            "Conv", source, kernel, self.constant(bias), kernel_shape=filters.shape[2:],
            **attributes)

    def conv2d(self, source, name, norm, stride=1, is_small=True):
        reach = self.weights[f"{name}.weight"].shape[-1] // 2
        return self.conv(
            source, name, norm, is_small, strides=[stride, 1], pads=[reach] * 4)

    def residual(self, source, name, stride):
        made = self.in_8_bits(
            self.conv2d(source, f"{name}.conv1", f"{name}.bn1", stride), True)
        made = self.in_8_bits(self.conv2d(made, f"{name}.conv2", f"{name}.bn2"), False)
        if f"{name}.shortcut.0.weight" in self.weights:
            short = self.conv2d(source, f"{name}.shortcut.0", f"{name}.shortcut.1", stride)
            source = self.in_8_bits(short, False)
        return self.in_8_bits(self.add("Add", made, source), True)

    def dense(self, source, name, apart):
        """A layer's 32 channels behind all that came before it."""
        wide = self.in_8_bits(self.normed(source, f"{name}.nonlinear1.batchnorm"), True)
        wide = self.in_8_bits(
            self.conv(wide, f"{name}.linear1", f"{name}.nonlinear2.batchnorm"), True)
        layer = f"{name}.cam_layer"
        local = self.in_8_bits(
            self.conv(wide, f"{layer}.linear_local", pads=[apart] * 2, dilations=[apart]), False)
        # The mean of the window, and that of each of its stretches of 2 s: there is one.
        mean = self.add("ReduceMean", wide, axes=[2], keepdims=1)
        mask = self.add("Add", mean, mean)
        mask = self.add("Relu", self.conv(mask, f"{layer}.linear1", is_small=False))
        mask = self.add("Sigmoid", self.conv(mask, f"{layer}.linear2", is_small=False))
        return self.add("Concat", source, self.add("Mul", local, mask), axis=1)

    def transit(self, source, name):
        wide = self.in_8_bits(self.normed(source, f"{name}.nonlinear.batchnorm"), True)
        return self.in_8_bits(self.conv(wide, f"{name}.linear"), False)

    def statistics(self, source):
        """Mean and deviation over time."""
        mean = self.add("ReduceMean", source, axes=[2], keepdims=1)
        apart = self.add("Sub", source, mean)
        axis = self.constant([2], "<i8")
        count = self.add(
            "Gather", self.add("Shape", source), self.constant(2, "<i8"), axis=0)
        count = self.add(
            "Cast", self.add("Sub", count, self.constant(1, "<i8")), to=TensorProto.FLOAT)
        square = self.add("ReduceSum", self.add("Mul", apart, apart), axis, keepdims=0)
        deviation = self.add("Sqrt", self.add("Div", square, count))
        return self.add("Concat", self.add("Squeeze", mean, axis), deviation, axis=1)

    def raw(self):
        """The vector as the network gives it."""
        made = self.add("Sub", "fbank", self.add("ReduceMean", "fbank", axes=[1], keepdims=1))
        made = self.add("Transpose", made, perm=[0, 2, 1])
        made = self.add("Unsqueeze", made, self.constant([1], "<i8"))
        made = self.in_8_bits(
            self.conv2d(made, "head.conv1", "head.bn1", is_small=False), True)
        for layer in ("head.layer1", "head.layer2"):
            made = self.residual(self.residual(made, f"{layer}.0", 2), f"{layer}.1", 1)
        made = self.in_8_bits(self.conv2d(made, "head.conv2", "head.bn2", 2), True)
        made = self.add("Reshape", made, self.constant([0, 4 * BANDS, -1], "<i8"))
        made = self.in_8_bits(
            self.conv(
                made, "xvector.tdnn.linear", "xvector.tdnn.nonlinear.batchnorm", strides=[2],
                pads=[2, 2]), True)
        for block, (layers, apart) in enumerate(BLOCKS, 1):
            for layer in range(1, layers + 1):
                made = self.dense(made, f"xvector.block{block}.tdnnd{layer}", apart)
            made = self.transit(made, f"xvector.transit{block}")
        made = self.add("Relu", self.normed(made, "xvector.out_nonlinear.batchnorm"))
        gain, bias = self.norm("xvector.dense.nonlinear.batchnorm")
        matrix = self.weights["xvector.dense.linear.weight"][:, :, 0] * gain[:, None]
        return self.add(
            "Gemm", self.statistics(made), self.constant(matrix), self.constant(bias), transB=1)


def model(graph, outputs):
    """- outputs: name, what it is of, shape."""
    for name, source, _ in outputs:
        graph.nodes.append(helper.make_node("Identity", [source], [name]))
    made = helper.make_graph(
        graph.nodes, "speakers",
        [helper.make_tensor_value_info("fbank", TensorProto.FLOAT, ["N", "T", BANDS])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
         for name, _, shape in outputs],
        graph.constants)
    return helper.make_model(
        made, ir_version=8, producer_name="", opset_imports=[helper.make_opsetid("", 17)])


def watched(weights):
    """The network as it is, with all whose ranges are wanted."""
    graph = Graph(weights, None)
    raw = graph.raw()
    return model(graph, [
        ("raw", raw, ["N", WIDTH]),
        *((f"watched.{index}", name, None) for index, name in enumerate(graph.watched))])


def build(weights, ranges):
    with np.load(PROJECTION) as saved:
        matrix, spread, middle = (saved[key].astype("<f4") for key in (
            "matrix", "spread", "middle"))
    graph = Graph(weights, ranges)
    apart = graph.add("Sub", graph.raw(), graph.constant(middle))
    voice = graph.add("LpNormalization", apart, axis=1, p=2)
    traits = graph.add("MatMul", voice, graph.constant(matrix.T))
    return model(graph, [
        ("voice", voice, ["N", WIDTH]), ("traits", traits, ["N", len(matrix)]),
        ("spread", graph.constant(spread), [len(matrix)])])


def main():
    source, target, *options = sys.argv[1:]
    weights = read_weights(source)
    if "--watched" in options:
        made = watched(weights)
    else:
        made = build(weights, None if "--float" in options else np.load(RANGES)["ranges"])
    onnx.save(made, target)


if __name__ == "__main__":
    main()
