#!/usr/bin/env python3
"""Writes the tests' tiny networks: the inputs, outputs and inner durations of four families of
voices, with a tone in place of a voice. Run by .deps/tools/bin/python, in this folder.
"""
import numpy as np
import onnx
from onnx import TensorProto, helper


def constant(name, values, kind=TensorProto.FLOAT):
    array = np.asarray(values)
    return helper.make_tensor(name, kind, array.shape, array.ravel().tolist())


def node(kind, inputs, output, **attributes):
    return helper.make_node(kind, inputs, [output], name=output, **attributes)


def value(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def tone(total, pitch, rank):
    """Nodes from a float count of samples and a pitch in radians a sample to "tone"."""
    nodes = [node("Range", ["zero", total, "one"], "places"),
             node("Mul", ["places", pitch], "angle"), node("Sin", ["angle"], "sine"),
             node("Mul", ["sine", "loud"], "plain")]
    nodes.append(node("Unsqueeze", ["plain", "axes"], "tone"))
    axes = [0, 1, 2] if rank == 4 else [0]
    return nodes, [constant("zero", 0.0), constant("one", 1.0), constant("loud", 0.3),
                   constant("axes", axes, TensorProto.INT64)]


def save(path, nodes, inputs, outputs, constants):
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    print(path, len(model.SerializeToString()))


def vits(path, speakers):
    """Each id lasts 4.3 units of 256 samples, more or less by its number; noise as VITS has it."""
    nodes = [
        node("Cast", ["input"], "ids", to=TensorProto.FLOAT),
        node("Mul", ["ids", "slope"], "tilt"), node("Add", ["tilt", "base"], "own"),
        node("Gather", ["scales", "at1"], "length"), node("Mul", ["own", "length"], "raw"),
        node("Ceil", ["raw"], "whole"),
        node("ReduceSum", ["whole"], "units", keepdims=0), node("Mul", ["units", "hop"], "total"),
    ]
    pitch = "pitch"
    if speakers:
        nodes += [node("Cast", ["sid"], "speaker", to=TensorProto.FLOAT),
                  node("Squeeze", ["speaker"], "which"), node("Mul", ["which", "pitch"], "more"),
                  node("Add", ["more", "pitch"], "pitched")]
        pitch = "pitched"
    sound, constants = tone("total", pitch, 4)
    nodes += sound + [
        helper.make_node("RandomNormalLike", ["tone"], ["hiss"], name="hiss"),
        node("Gather", ["scales", "at0"], "noise"), node("Mul", ["hiss", "noise"], "louder"),
        node("Mul", ["louder", "little"], "quiet"), node("Add", ["tone", "quiet"], "output")]
    constants += [constant("slope", 0.01), constant("base", 4.3), constant("hop", 256.0),
                  constant("pitch", 0.04), constant("little", 0.02),
                  constant("at0", 0, TensorProto.INT64), constant("at1", 1, TensorProto.INT64)]
    inputs = [value("input", TensorProto.INT64, [1, "T"]),
              value("input_lengths", TensorProto.INT64, [1]),
              value("scales", TensorProto.FLOAT, [3])]
    if speakers:
        inputs.append(value("sid", TensorProto.INT64, [1]))
    save(path, nodes, inputs, [value("output", TensorProto.FLOAT, [1, 1, 1, "N"])], constants)


def style(path, name, speed):
    """Kokoro's and, with whole speeds and no durations inside, KittenTTS's: the first number of the
    style is the pitch."""
    nodes = [node("Cast", [name], "ids", to=TensorProto.FLOAT), node("Mul", ["ids", "slope"], "tilt"),
             node("Add", ["tilt", "base"], "own")]
    constants = [constant("slope", 0.005), constant("base", 2.6), constant("hop", 600.0),
                 constant("at0", 0, TensorProto.INT64)]
    if speed == TensorProto.FLOAT:
        nodes += [node("Div", ["own", "speed"], "raw"), node("Round", ["raw"], "near"),
                  node("Clip", ["near", "least"], "whole")]
        constants.append(constant("least", 1.0))
    else:
        nodes.append(node("Floor", ["own"], "whole"))
    nodes += [node("ReduceSum", ["whole"], "units", keepdims=0), node("Mul", ["units", "hop"], "total"),
              node("Gather", ["style", "at0"], "column", axis=1),
              node("ReduceSum", ["column"], "pitch", keepdims=0)]
    sound, more = tone("total", "pitch", 2)
    nodes += sound + [node("Squeeze", ["tone"], "audio")]
    save(path, nodes,
         [value(name, TensorProto.INT64, [1, "T"]), value("style", TensorProto.FLOAT, [1, 256]),
          value("speed", speed, [1])],
         [value("audio", TensorProto.FLOAT, ["N"])], constants + more)


vits("vits.onnx", speakers=False)
vits("speakers.onnx", speakers=True)
style("kokoro.onnx", "tokens", TensorProto.FLOAT)
style("kitten.onnx", "input_ids", TensorProto.INT32)
