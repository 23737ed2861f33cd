#!/usr/bin/env python3
"""Turns SadTalker's networks into the ONNX files that `engine=sadtalker` reads.

usage: export.py CHECKOUT CHECKPOINTS MODELS/sadtalker [--size 256] [--size 512] [--portrait FACE]
       export.py CHECKOUT - FOLDER --random-seed 1      noise for weights: speed and memory only

CHECKOUT is a clone of https://github.com/OpenTalker/SadTalker (commit cd4c046); only the files that
define networks are imported from it. CHECKPOINTS holds, as published in its release v0.0.2-rc:

    SadTalker_V0.0.2_256.safetensors   and, for --size 512, SadTalker_V0.0.2_512.safetensors
    mapping_00229-model.pth.tar        for preprocess=crop and resize
    mapping_00109-model.pth.tar        for preprocess=full

Each file that is written is run at once beside the network that it was made of, and the script ends
with an error where they differ. renderer_SIZE.int8.onnx is the renderer for CPUs, in 8 bits; how
far it is from the exact one is printed: calibrate it with a real face (--portrait, a square crop).

Needs torch, onnx, onnxscript, onnxruntime, safetensors, numpy, PyYAML, and Pillow for --portrait;
tried with torch 2.13, onnx 1.23, onnxruntime 1.32 and Python 3.11.

What to know of the licences before you do: README.md beside this file.
"""

import argparse
import os
import sys
import warnings

import fast
import networks
import numpy as np
import onnx
import onnxruntime as ort
import originals
import quantise
import torch

OPSET = 20
WINDOW = 27
# Of an output's spread. The real ones differ by less than a thousandth of it.
TOLERANCE = 1e-2


def write(module, example, path, inputs, outputs, dynamic=None):
    """Exports one module as one file that names no other."""
    module.eval()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module, example, None, input_names=inputs, output_names=outputs, opset_version=OPSET,
            dynamic_shapes=dynamic, dynamo=True, external_data=False, verbose=False, optimize=True)
        program.save(path, external_data=False)
    model = onnx.load(path)
    if any(tensor.external_data for tensor in model.graph.initializer):
        sys.exit(f"{path} has weights in another file")
    # Traces of the exporter name files of this machine and triple small files' length.
    del model.metadata_props[:]
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in [*model.graph.value_info, *model.graph.initializer, *model.graph.input,
                  *model.graph.output]:
        del value.metadata_props[:]
        value.doc_string = ""
    del model.graph.metadata_props[:]
    model.producer_name, model.producer_version, model.doc_string = "", "", ""
    onnx.save(model, path)


def verify(path, feeds, expected):
    """Runs a file on inputs and compares what it gives with what the original gave."""
    outputs = ort.InferenceSession(path).run(
        None, {name: tensor.numpy() for name, tensor in feeds.items()})
    worst = 0.0
    for ours, theirs in zip(outputs, expected):
        theirs = theirs.detach().numpy().astype(np.float64)
        if ours.shape != theirs.shape:
            sys.exit(f"{path} gives {ours.shape}, not {theirs.shape}")
        worst = max(worst, float(np.abs(ours - theirs).max() / max(theirs.std(), 1e-6)))
    print(f"{os.path.basename(path):22} {os.path.getsize(path) / 1e6:7.1f} MB, differs from the "
          f"original by {worst:.1e} of its spread", flush=True)
    if not worst <= TOLERANCE:
        sys.exit(f"{path} does not do what the original does")


def noise(*shape, std=1.0, seed=7):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) * std


@torch.no_grad()
def export_audio_and_face(nets, out):
    """The networks that all sizes share."""
    n, c = torch.export.Dim("n", min=1), torch.export.Dim("chunks", min=1)

    def make(name, module, feeds, outputs, dynamic=None):
        path = f"{out}/{name}.onnx"
        write(module, tuple(feeds.values()), path, list(feeds), outputs, dynamic)
        expected = module(*feeds.values())
        verify(path, feeds, expected if isinstance(expected, tuple) else [expected])

    mel = noise(3, 1, *originals.MEL, std=2.0).clamp(-4, 4)
    make("audio2exp", networks.Expressions(nets["audio2exp"]),
         {"mel": mel, "reference": noise(3, 64, std=0.3), "blink": torch.rand(3, 1)},
         ["expressions"], {"mel": {0: n}, "reference": {0: n}, "blink": {0: n}})
    make("audio2pose", networks.HeadMotion(nets["audio2pose"]),
         {"mel": noise(2, 32, 1, *originals.MEL, std=2.0).clamp(-4, 4), "noise": noise(2, 64),
          "style": torch.tensor([0, 45]), "reference": noise(2, 6, std=0.1)},
         ["motion"], {"mel": {0: c}, "noise": {0: c}, "style": {0: c}, "reference": {0: c}})
    make("face3d", networks.FaceModel(nets["face_3drecon"]),
         {"image": torch.rand(1, 3, 224, 224)}, ["coefficients"])
    for name, width in (("mapping_crop", 70), ("mapping_full", 73)):
        if name in nets:
            make(name, networks.Mapping(nets[name]),
                 {"semantics": noise(3, width, WINDOW, std=0.3)},
                 ["yaw", "pitch", "roll", "translation", "expression"], {"semantics": {0: n}})


@torch.no_grad()
def export_pictures(nets, out, size, sample, image):
    """The networks of one size; returns the renderer's file and inputs for its calibration."""
    original = nets["generator"]
    keypoints = networks.Keypoints(nets["kp_extractor"])
    path = f"{out}/keypoints_{size}.onnx"
    write(keypoints, (image,), path, ["image"], ["keypoints"])
    source = keypoints(image)
    verify(path, {"image": image}, [source])
    drives = [source + noise(*source.shape, std=0.04, seed=seed) for seed in (1, 2, 3)]
    drawn = original(
        image, kp_driving={"value": drives[0]}, kp_source={"value": source})["prediction"]

    generator = networks.without_spectral_norm(original)
    appearance = fast.FastAppearance(generator).eval()
    path = f"{out}/appearance_{size}.onnx"
    write(appearance, (image,), path, ["image"], ["volume", "thin"])
    volume, thin = appearance(image)
    verify(path, {"image": image}, [volume, thin])
    grid = networks.grid_of(generator.reshape_depth, size // 4)
    path = f"{out}/renderer_{size}.onnx"
    feeds = [{"volume": volume, "thin": thin, "source": source, "driving": drive}
             for drive in drives]
    write(fast.FastRenderer(generator, grid, sample).eval(), tuple(feeds[0].values()), path,
          list(feeds[0]), ["image"])
    verify(path, feeds[0], [drawn])
    return path, [{name: tensor.numpy() for name, tensor in feed.items()} for feed in feeds]


def face(path, size):
    """A picture as the networks see it, or noise."""
    if path is None:
        return torch.rand(1, 3, size, size)
    from PIL import Image
    with Image.open(path) as opened:
        pixels = np.asarray(opened.convert("RGB").resize((size, size)), np.float32) / 255
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].contiguous()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout")
    parser.add_argument("checkpoints", help="folder of the published weights, or -")
    parser.add_argument("out")
    parser.add_argument("--size", type=int, action="append", choices=(256, 512))
    parser.add_argument("--portrait", help="a square picture of a face, to calibrate 8 bits with")
    parser.add_argument("--no-int8", action="store_true", help="for GPUs alone")
    parser.add_argument("--exact-motion", action="store_true",
                        help="8 bits only where colours are made: truer, and half as fast")
    parser.add_argument("--gather", action="store_true",
                        help="no GridSample, for an ONNX Runtime before 1.31 on CUDA")
    parser.add_argument("--random-seed", type=int)
    parser.add_argument("--save-weights", help="where parity.py is to find the noise")
    wanted = parser.parse_args()
    if (wanted.checkpoints == "-") != (wanted.random_seed is not None):
        parser.error("give a folder of weights, or - and --random-seed")
    os.makedirs(wanted.out, exist_ok=True)
    sample = networks.sample_by_gather if wanted.gather else networks.sample_native
    with originals.checkout(wanted.checkout) as folder:
        for index, size in enumerate(wanted.size or [256]):
            torch.manual_seed(wanted.random_seed or 0)
            nets = originals.build(folder)
            if wanted.random_seed is None:
                originals.load_published(nets, wanted.checkpoints, size)
            else:
                originals.fill_random(nets, wanted.random_seed)
                if wanted.save_weights:
                    torch.save({name: net.state_dict() for name, net in nets.items()},
                               wanted.save_weights)
            if index == 0:
                export_audio_and_face(nets, wanted.out)
            path, feeds = export_pictures(
                nets, wanted.out, size, sample, face(wanted.portrait, size))
            if not wanted.no_int8:
                quantise.quantise(path, feeds, wanted.exact_motion)


if __name__ == "__main__":
    main()
