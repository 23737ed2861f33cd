#!/usr/bin/env python3
"""Converts Resemblyzer's speaker encoder to ONNX, without PyTorch.

usage: convert.py PRETRAINED.pt OUT.onnx [--float]

The encoder (Wan et al., Generalized End-to-End Loss for Speaker Verification, 2018) reads a window
of a voice and gives a vector of length 1 that is about the same for each window of that voice:
three LSTM layers of 256, then a matrix and ReLU. In: `mel` float32 [N, T, 40], power (not its
logarithm) in 40 bands, a hundred frames a second. Out: `voice` float32 [N, 256]; `traits` [N,
128], the same seen along the directions in which voices differ most for how much each of them
varies (projection.npz, by train.py), a voice's own variance 1 in each; and `spread` [128], the
variance among voices there.

The second and third layer are in 8 bits, a scale for each gate's row, their activations are in 8
bits too; the first stays as it is, since powers reach over ten decades. --float leaves all as it
is.

PyTorch's file before its version 1.6, which is a pickle: a magic number, the protocol, facts of
the machine, the objects, the keys of the storages, and for each of these its count as int64 and
its bytes. Nothing of it is called: three names stand for what is read here, any other is refused.
"""
import collections
import pathlib
import pickle
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
HIDDEN, BANDS, LAYERS = 256, 40, 3
PROJECTION = pathlib.Path(__file__).with_name("projection.npz")


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
    }

    def find_class(self, module, name):
        if (module, name) not in self.names:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of weights")
        return self.names[module, name]

    def persistent_load(self, saved):
        kind, storage, key, _, count, view = saved
        if kind != "storage" or storage != "<f4" or view is not None:
            raise pickle.UnpicklingError(f"{saved[:2]} is no storage of floats")
        return str(key), int(count)


def plain(stream):
    """An object without any name in it."""
    reader = Reader(stream)
    reader.names = {}
    return reader.load()


def read_weights(path):
    """Name → array of the network's state; what the training kept beside it is not read."""
    with open(path, "rb") as stream:
        if plain(stream) != MAGIC or plain(stream) != PROTOCOL:
            raise ValueError(f"{path} is no file of PyTorch's that is read here")
        plain(stream)
        state = Reader(stream).load()["model_state"]
        storages = {}
        for key in plain(stream):
            count = int(np.frombuffer(stream.read(8), "<i8")[0])
            data = np.frombuffer(stream.read(4 * count), "<f4")
            if data.size != count:
                raise ValueError(f"{path} ends in the middle of a storage")
            storages[str(key)] = data
    weights = {}
    for name, tensor in state.items():
        key, _ = tensor.storage
        count = int(np.prod(tensor.size))
        step = np.cumprod([1, *tensor.size[:0:-1]])[::-1][:len(tensor.size)]
        if list(step) != list(tensor.stride):
            raise ValueError(f"{name} is not laid out row by row")
        data = storages[key][tensor.offset:tensor.offset + count]
        if data.size != count or not np.isfinite(data).all():
            raise ValueError(f"{name} is damaged")
        weights[name] = data.reshape(tensor.size)
    return weights


def gates(matrix):
    """Gates as ONNX orders them; PyTorch's order is input, forget, cell, output."""
    i, f, c, o = np.split(matrix, 4)
    return np.concatenate([i, o, f, c])


def in_8_bits(matrix):
    """A matrix [4H, X] as int8 [X, 4H] with a scale for each of its rows."""
    scale = np.maximum(np.abs(matrix).max(1), 1e-12) / 127
    return np.rint(matrix / scale[:, None]).astype("i1").T, scale.astype("<f4")


def lstm_layer(weights, layer, source, is_float, initializers):
    name = f"layer{layer}"
    w, r = (gates(weights[f"lstm.weight_{side}_l{layer}"]) for side in ("ih", "hh"))
    bias = np.concatenate([gates(weights[f"lstm.bias_{side}_l{layer}"]) for side in ("ih", "hh")])
    tensors = {"b": bias[None]}
    if is_float:
        tensors |= {"w": w[None], "r": r[None]}
        inputs, operator, domain = ["w", "r", "b"], "LSTM", ""
    else:
        for key, matrix in (("w", w), ("r", r)):
            values, scale = in_8_bits(matrix)
            tensors |= {
                key: values[None], f"{key}_scale": scale[None],
                f"{key}_zero": np.zeros((1, len(scale)), "i1")}
        inputs = ["w", "r", "b", "", "", "", "", "w_scale", "w_zero", "r_scale", "r_zero"]
        operator, domain = "DynamicQuantizeLSTM", "com.microsoft"
    for key, value in tensors.items():
        initializers.append(numpy_helper.from_array(np.ascontiguousarray(value), f"{name}.{key}"))
    inputs = [source] + [key and f"{name}.{key}" for key in inputs]
    outputs = [f"{name}.all", f"{name}.last"]
    nodes = [helper.make_node(operator, inputs, outputs, hidden_size=HIDDEN, domain=domain)]
    if layer + 1 < LAYERS:
        nodes.append(helper.make_node("Squeeze", [outputs[0], "direction"], [f"{name}.out"]))
    else:
        nodes.append(helper.make_node("Squeeze", [outputs[1], "first"], [f"{name}.out"]))
    return nodes, f"{name}.out"


def build(weights, is_float):
    with np.load(PROJECTION) as saved:
        matrix, spread = saved["matrix"].astype("<f4"), saved["spread"].astype("<f4")
    initializers = [
        numpy_helper.from_array(np.ascontiguousarray(matrix.T), "traits.w"),
        numpy_helper.from_array(spread, "traits.spread"),
        numpy_helper.from_array(np.array([1], "<i8"), "direction"),
        numpy_helper.from_array(np.array([0], "<i8"), "first"),
        numpy_helper.from_array(weights["linear.weight"], "linear.w"),
        numpy_helper.from_array(weights["linear.bias"], "linear.b")]
    nodes = [helper.make_node("Transpose", ["mel"], ["by_time"], perm=[1, 0, 2])]
    source = "by_time"
    for layer in range(LAYERS):
        more, source = lstm_layer(weights, layer, source, is_float or layer == 0, initializers)
        nodes += more
    nodes += [
        helper.make_node("Gemm", [source, "linear.w", "linear.b"], ["raw"], transB=1),
        helper.make_node("Relu", ["raw"], ["positive"]),
        helper.make_node("LpNormalization", ["positive"], ["voice"], axis=1, p=2),
        helper.make_node("MatMul", ["voice", "traits.w"], ["traits"]),
        helper.make_node("Identity", ["traits.spread"], ["spread"])]
    graph = helper.make_graph(
        nodes, "speakers",
        [helper.make_tensor_value_info("mel", TensorProto.FLOAT, ["N", "T", BANDS])],
        [helper.make_tensor_value_info("voice", TensorProto.FLOAT, ["N", HIDDEN]),
         helper.make_tensor_value_info("traits", TensorProto.FLOAT, ["N", len(matrix)]),
         helper.make_tensor_value_info("spread", TensorProto.FLOAT, [len(matrix)])],
        initializers)
    model = helper.make_model(
        graph, ir_version=8, producer_name="",
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)])
    return model


def main():
    source, target, *options = sys.argv[1:]
    weights = read_weights(source)
    onnx.save(build(weights, "--float" in options), target)


if __name__ == "__main__":
    main()
