#!/usr/bin/env python3
"""Writes the tests' tiny networks: with the interface of those that restore faces, and without.
Run by .deps/tools/bin/python, in this folder.
"""
import numpy as np
import onnx
from onnx import TensorProto, helper

SIDE = 512


def image(name, *shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape or (1, 3, SIDE, SIDE))


def node(kind, inputs, outputs, **attributes):
    return helper.make_node(kind, inputs, outputs, **attributes)


def tensor(name, values):
    array = np.asarray(values, np.float32)
    return helper.make_tensor(name, TensorProto.FLOAT, array.shape, array.ravel().tolist())


def save(path, nodes, inputs, outputs, constants=()):
    graph = helper.make_graph(nodes, "g", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    print(path, len(model.SerializeToString()))


def main():
    keep = [node("Identity", ["input"], ["output"])]
    save("identity.onnx", keep, [image("input")], [image("output")])
    # Blue for red and red for blue; its sides are open, and another output comes behind.
    turned = tensor("w", np.eye(3)[::-1].reshape(3, 3, 1, 1))
    save("swap.onnx", [node("Conv", ["x", "w"], ["1288"]), node("Abs", ["x"], ["more"])],
         [image("x", "n", 3, "h", "w")],
         [image("1288", "n", 3, "h", "w"), image("more", "n", 3, "h", "w")], [turned])
    # What no number is.
    low = [node("Sub", ["input", "two"], ["low"]), node("Log", ["low"], ["output"])]
    save("nan.onnx", low,
         [image("input")], [image("output")], [tensor("two", 2.0)])
    # Seconds of products whose result is nothing.
    steps = 160
    slow = [node("Mul", ["input", "nil"], ["0"])]
    slow += [node("MatMul", [str(i), "0"], [str(i + 1)]) for i in range(steps)]
    slow.append(node("Add", ["input", str(steps)], ["output"]))
    save("slow.onnx", slow, [image("input")], [image("output")], [tensor("nil", 0.0)])
    # Others' interfaces.
    save("small.onnx", keep, [image("input", 1, 3, 256, 256)], [image("output", 1, 3, 256, 256)])
    save("rows.onnx", keep, [image("input", 1, SIDE, SIDE, 3)], [image("output", 1, SIDE, SIDE, 3)])
    save("bytes.onnx", keep, [image("input", kind=TensorProto.UINT8)],
         [image("output", kind=TensorProto.UINT8)])
    save("mask.onnx", [node("ReduceMax", ["input"], ["output"], axes=[1])],
         [image("input")], [image("output", 1, 1, SIDE, SIDE)])
    save("weighted.onnx", [node("Mul", ["input", "w"], ["output"])],
         [image("input"), image("w", 1)], [image("output")])


if __name__ == "__main__":
    main()
