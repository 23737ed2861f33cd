"""Makes small networks with the very inputs and outputs of the real ones, and what they answer.

usage: tiny.py Tests/TalkingHeadTests/SadTalker/Networks

Tests lay these files into `models/sadtalker/` and run the whole way; no checkout, no weights, no
torch. Nothing here is SadTalker's: names, shapes and value ranges are the
interface, the networks inside are a few layers of seeded noise. Pictures have 64 pixels a side, so
the three picture files are named …_64. Needs onnx, onnxruntime and numpy.
"""

import argparse
import json
import os

import numpy as np
import onnx
import pipeline
from onnx import TensorProto, helper, numpy_helper

SIDE, DEPTH, POINTS = 64, 16, 15


class Graph:
    """A graph that is written from its inputs on."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.nodes, self.constants, self.count = [], [], 0

    def name(self):
        self.count += 1
        return f"v{self.count}"

    def constant(self, value):
        name = self.name()
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def noise(self, *shape, std=1.0):
        return self.constant((self.rng.standard_normal(shape) * std).astype(np.float32))

    def add(self, kind, *inputs, out=None, **attributes):
        out = out or self.name()
        self.nodes.append(helper.make_node(kind, list(inputs), [out], **attributes))
        return out

    def shaped(self, value, *shape, out=None):
        return self.add("Reshape", value, self.constant(np.array(shape, np.int64)), out=out)

    def conv(self, value, inputs, outputs, size=3, stride=1, gain=1.0, axes=2, out=None):
        std = gain / np.sqrt(inputs * size ** axes)
        return self.add("Conv", value, self.noise(outputs, inputs, *[size] * axes, std=std),
                        self.noise(outputs, std=0.1), pads=[size // 2] * axes * 2,
                        strides=[stride] * axes, out=out)

    def dense(self, value, inputs, outputs, gain=1.0, out=None):
        return self.add("Gemm", value, self.noise(inputs, outputs, std=gain / np.sqrt(inputs)),
                        self.noise(outputs, std=0.1 * gain), out=out)

    def save(self, path, inputs, outputs):
        def info(items):
            return [helper.make_tensor_value_info(
                name, TensorProto.INT64 if name == "style" else TensorProto.FLOAT, shape)
                for name, shape in items]

        graph = helper.make_graph(
            self.nodes, "tiny", info(inputs), info(outputs), self.constants)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, path)


def audio2exp(path):
    g = Graph(11)
    heard = g.add("Relu", g.conv("mel", 1, 4, stride=3))
    heard = g.add("Flatten", g.add("GlobalAveragePool", heard))
    wide = g.add("Concat", heard, "reference", "blink", axis=1)
    g.dense(wide, 4 + 64 + 1, 64, gain=1.5, out="expressions")
    g.save(path, [("mel", ["n", 1, 80, 16]), ("reference", ["n", 64]), ("blink", ["n", 1])],
           [("expressions", ["n", 64])])


def audio2pose(path):
    g = Graph(12)
    flat = g.shaped("mel", -1, 1, 80, 16)
    heard = g.add("Relu", g.conv(flat, 1, 4, stride=4))
    heard = g.shaped(g.add("GlobalAveragePool", heard), -1, 128)
    style = g.add("Gather", g.noise(46, 64), "style", axis=0)
    wide = g.add("Concat", "reference", g.add("Add", "noise", style), heard, axis=1)
    made = g.add("Tanh", g.dense(wide, 6 + 64 + 128, 16))
    made = g.shaped(g.dense(made, 16, 192, gain=0.5), -1, 32, 6, out="motion")
    g.save(path, [("mel", ["chunks", 32, 1, 80, 16]), ("noise", ["chunks", 64]),
                  ("style", ["chunks"]), ("reference", ["chunks", 6])],
           [("motion", ["chunks", 32, 6])])


def face3d(path):
    g = Graph(13)
    felt = g.add("Relu", g.conv("image", 3, 8, size=7, stride=8))
    felt = g.add("Flatten", g.add("GlobalAveragePool", felt))
    g.dense(felt, 8, 257, gain=0.2, out="coefficients")
    g.save(path, [("image", [1, 3, 224, 224])], [("coefficients", [1, 257])])


def mapping(path, width, seed):
    g = Graph(seed)
    # A full picture's placement, some hundred pixels, is among the inputs.
    gain = 2.0 if width == 70 else 0.2
    felt = g.add("LeakyRelu", g.conv("semantics", width, 8, size=7, gain=gain, axes=1), alpha=0.1)
    felt = g.add("Flatten", g.add("GlobalAveragePool", felt))
    bins = np.arange(66)
    for name, middle in (("yaw", 34.0), ("pitch", 32.5), ("roll", 33.0)):
        hill = g.constant((-(bins - middle) ** 2 / 40).astype(np.float32))
        g.add("Add", g.dense(felt, 8, 66, gain=0.5), hill, out=name)
    g.dense(felt, 8, 3, gain=0.05, out="translation")
    g.dense(felt, 8, 45, gain=0.5, out="expression")
    g.save(path, [("semantics", ["n", width, 27])],
           [("yaw", ["n", 66]), ("pitch", ["n", 66]), ("roll", ["n", 66]),
            ("translation", ["n", 3]), ("expression", ["n", 45])])


def keypoints(path):
    g = Graph(16)
    felt = g.add("Relu", g.conv("image", 3, 8, size=5, stride=8))
    felt = g.add("Flatten", g.add("GlobalAveragePool", felt))
    g.shaped(g.add("Tanh", g.dense(felt, 8, 45)), 1, POINTS, 3, out="keypoints")
    g.save(path, [("image", [1, 3, SIDE, SIDE])], [("keypoints", [1, POINTS, 3])])


def appearance(path):
    g = Graph(17)
    felt = g.add("Relu", g.conv("image", 3, 8, stride=2))
    felt = g.conv(felt, 8, 32 * DEPTH, size=1, stride=2, gain=3.0)
    volume = g.shaped(felt, 1, 32, DEPTH, SIDE // 4, SIDE // 4, out="volume")
    g.add("Relu", g.conv(volume, 32, 4, size=1, axes=3), out="thin")
    side = SIDE // 4
    g.save(path, [("image", [1, 3, SIDE, SIDE])],
           [("volume", [1, 32, DEPTH, side, side]), ("thin", [1, 4, DEPTH, side, side])])


def renderer(path):
    """Bends the volume by the mean move of the key points near each cell, then decodes it."""
    g = Graph(18)
    side = SIDE // 4
    axis, deep = np.linspace(-1, 1, side), np.linspace(-1, 1, DEPTH)
    zz, yy, xx = np.meshgrid(deep, axis, axis, indexing="ij")
    cells = np.stack([xx, yy, zz], -1).reshape(1, -1, 1, 3).astype(np.float32)
    driving = g.shaped("driving", 1, 1, POINTS, 3)
    shift = g.add("Sub", "source", "driving")
    gap = g.add("Sub", g.constant(cells), driving)
    far = g.add("ReduceSum", g.add("Mul", gap, gap), g.constant(np.array([3], np.int64)),
                keepdims=0)
    near = g.add("Softmax", g.add("Mul", far, g.constant(np.float32(-8))), axis=2)
    moved = g.add("Add", g.add("MatMul", near, shift), g.constant(cells[:, :, 0]))
    grid = g.shaped(moved, 1, DEPTH, side, side, 3)
    bent = g.add("GridSample", "volume", grid, mode="linear", padding_mode="zeros",
                 align_corners=0)
    thin = g.add("GridSample", "thin", grid, mode="linear", padding_mode="zeros",
                 align_corners=0)
    flat = g.shaped(bent, 1, 32 * DEPTH, side, side)
    felt = g.add("Relu", g.conv(flat, 32 * DEPTH, 16, size=1, gain=2.0))
    hidden = g.add("Sigmoid", g.conv(g.shaped(thin, 1, 4 * DEPTH, side, side), 4 * DEPTH, 1))
    felt = g.add("Mul", felt, hidden)
    scales = g.constant(np.array([1, 1, 4, 4], np.float32))
    wide = g.add("Resize", felt, "", scales, mode="nearest",
                 coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    felt = g.add("Relu", g.conv(wide, 16, 8, gain=4.0))
    g.add("Sigmoid", g.conv(felt, 8, 3, gain=8.0), out="image")
    g.save(path, [("volume", [1, 32, DEPTH, side, side]), ("thin", [1, 4, DEPTH, side, side]),
                  ("source", [1, POINTS, 3]), ("driving", [1, POINTS, 3])],
           [("image", [1, 3, SIDE, SIDE])])


def ramp(*shape):
    """Inputs that any language makes alike: a wave over the element's index, 0…1."""
    i = np.arange(np.prod(shape))
    return ((np.sin(i * 0.37) + 1) / 2).reshape(shape).astype(np.float32)


def hum(seconds):
    """16 bit samples by integers only: three waves of whole periods, with a pause."""
    i = np.arange(int(seconds * pipeline.RATE))
    made = (i * 7 % 1600 - 800) * 4 + (i * i // 97 % 401 - 200) * 8 + (i % 73 - 36) * 60
    return np.where(i // 2400 % 3 == 2, 0, made).astype(np.int16)


def facts(value):
    """Enough to find the first stage that goes astray."""
    value = np.asarray(value, np.float64)
    flat = value.ravel()
    spots = [int(i) for i in np.linspace(0, flat.size - 1, 8)]
    return {"shape": list(value.shape), "sum": float(flat.sum()),
            "absolute_sum": float(np.abs(flat).sum()), "at": spots,
            "values": [round(float(flat[i]), 7) for i in spots]}


def reference(folder, full=False, seconds=1.8):
    """The whole way on the tiny files, stage by stage."""
    nets = pipeline.load(folder, SIDE, full, threads=1)
    samples = hum(seconds) / 32768
    placement = (1.25, 120.0, 110.0)
    source = pipeline.coefficients(nets, ramp(1, 3, 224, 224), placement)
    mels, noise = pipeline.mel_windows(samples), pipeline.Noise(5)
    blink = pipeline.blink_track(len(mels), noise)
    faces = pipeline.expressions(nets, mels, source, blink)
    drawn = [noise.normals(64) for _ in pipeline.stretches(len(mels))]
    head = pipeline.head_motion(nets, mels, source, 7, lambda i: drawn[i])
    track = np.concatenate([faces, head], 1)
    windows = pipeline.semantics(track, source, False, 1.3, full)
    still = pipeline.semantics(track, source, True, 1.0, full)
    thirty = pipeline.windows_of(track[:, :70], np.arange(0, len(track) - 1, 25 / 30))
    image = ramp(1, 3, SIDE, SIDE)
    canonical = nets["keypoints"].run(None, {"image": image})[0][0]
    mapped = nets["mapping"].run(None, {"semantics": windows})
    points = pipeline.place(canonical, mapped)
    frames = np.stack(list(pipeline.frames_of(nets, image, source, windows, full)))
    pasted = pipeline.paste(ramp(48, 40, 3) * 255, (ramp(80, 90, 3) * 200).astype("u1"), (20, 15))
    words = pipeline.Noise(5)
    return {
        "input": {"samples": len(samples), "placement": placement, "seed": 5, "style": 7,
                  "expression_scale": 1.3, "full": full},
        "noise": {"words": [str(words.word()) for _ in range(4)],
                  "normals": [float(v) for v in pipeline.Noise(5).normals(6)]},
        "source": facts(source), "mel": facts(mels), "blink": [float(b) for b in blink],
        "expressions": facts(faces), "stretches": pipeline.stretches(len(mels)),
        "head": facts(head), "windows": facts(windows), "windows_still": facts(still),
        "windows_30fps": facts(thirty), "canonical": facts(canonical),
        "degrees": [facts(pipeline.degrees(m)) for m in mapped[:3]], "points": facts(points),
        "frames": facts(frames), "last_frame": facts(frames[-1]), "pasted": facts(pasted),
        "fit": [float(v) for v in pipeline.fit(
            [(100.5, 120.0), (160.25, 118.0), (131.0, 150.5), (106.0, 182.0), (158.0, 181.0)],
            256)],
        "square": [int(v) for v in pipeline.square_of(
            [(210.0, 190.0), (290.0, 186.0), (222.0, 280.0), (284.0, 279.0)], 512, 640)]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out")
    out = parser.parse_args().out
    os.makedirs(out, exist_ok=True)
    audio2exp(f"{out}/audio2exp.onnx")
    audio2pose(f"{out}/audio2pose.onnx")
    face3d(f"{out}/face3d.onnx")
    mapping(f"{out}/mapping_crop.onnx", 70, 14)
    mapping(f"{out}/mapping_full.onnx", 73, 15)
    keypoints(f"{out}/keypoints_{SIDE}.onnx")
    appearance(f"{out}/appearance_{SIDE}.onnx")
    renderer(f"{out}/renderer_{SIDE}.onnx")
    with open(f"{out}/reference.json", "w") as file:
        json.dump({"crop": reference(out), "full": reference(out, full=True)}, file, indent=1)
    for name in sorted(os.listdir(out)):
        print(f"{os.path.getsize(f'{out}/{name}'):8} {name}")


if __name__ == "__main__":
    main()
