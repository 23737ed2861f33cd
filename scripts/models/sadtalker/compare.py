#!/usr/bin/env python3
"""Compares a short video of this program's with the original's: are they the same frames?

usage: compare.py CHECKOUT WEIGHTS MODELS portrait.png voice.wav [--frames 8] [--preprocess full] …

CHECKOUT is a clone of SadTalker as for export.py; WEIGHTS the folder of its published weights, or
the file of noise that `export.py --random-seed 1 --save-weights FILE` kept; MODELS a models folder
with the `sadtalker` that was exported from them. voice.wav is 16 kHz mono, 16 bit.

Both get the same portrait, voice, points of the face (ours: their detectors' weights are others'),
blinks and noise of the head's motion. The portrait is scaled first, so that the part that is drawn
has just the size of the networks and nobody resamples it: the original does so without a filter,
this program with one. With --preprocess full what the original drew is pasted by the equation that
this program solves; how far OpenCV's paste is from that is told. Frames are compared before any
codec, as they were drawn: this program's by the test SadTalkerVideoModelTests, which must be built
(`swift build --build-tests`), the original's by its own functions in this process. Ends with 1
where a frame differs by more than --within.

Needs what parity.py needs, and Pillow; numpy before 2.3, as the original takes arrays for numbers.
--reuse compares what the last run with --keep made of this program's.
"""

import argparse
import contextlib
import importlib
import io
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import types
import wave

import numpy as np
import originals
import parity
import pipeline
import torch
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[3]
# dlib's numbers of the points that the original reads, and ours: lids, nose tip, mouth corners.
OF_68 = {
    **dict(zip(range(36, 48), pipeline.MESH_EYES[0] + pipeline.MESH_EYES[1])),
    30: pipeline.MESH_FIVE[2][0], 48: pipeline.MESH_MOUTH[0], 54: pipeline.MESH_MOUTH[1]}


def read_voice(path, frames):
    with wave.open(path) as file:
        if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (16_000, 1, 2):
            sys.exit(f"{path} is not 16 kHz mono of 16 bit")
        return np.frombuffer(file.readframes(frames * 640), "<i2")


def write_voice(path, samples):
    with wave.open(path, "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(16_000)
        file.writeframes(samples.tobytes())


# ---------------------------------------------------------------- this program

def read_report(folder):
    with open(f"{folder}/report.json") as file:
        return types.SimpleNamespace(**json.load(file))


def ours(folder, order, models, portrait, only_points=False):
    """Has the test make a video of what lies in the folder; returns its report."""
    portrait.save(f"{folder}/portrait.png")
    longer = max(portrait.size) if order.preprocess == "full" else order.size
    with open(f"{folder}/order.json", "w") as file:
        json.dump({
            "models": os.path.abspath(models), "size": longer, "side": order.size,
            "preprocess": order.preprocess, "seed": order.seed,
            "pose_style": order.pose_style, "still": order.still, "blink": True,
            "expression_scale": order.expression_scale,
            "points_only": only_points}, file)
    with contextlib.suppress(FileNotFoundError):
        os.remove(f"{folder}/report.json")
    run = subprocess.run(
        ["swift", "test", "--skip-build", "--filter", "SadTalkerVideoModelTests"], cwd=ROOT,
        check=False, env={**os.environ, "AVATAR_VIDEO_ORDER": folder}, text=True,
        capture_output=True)
    if run.returncode or not os.path.exists(f"{folder}/report.json"):
        sys.exit(f"this program made no video:\n{run.stdout[-3000:]}{run.stderr[-1000:]}")
    return read_report(folder)


def fitted(folder, order, models, portrait):
    """The portrait at the scale at which what is drawn has the networks' size, and the report."""
    size, base = order.size, 1.0
    found = ours(folder, order, models, portrait, only_points=True)
    if order.as_is:
        return portrait, found
    left, top, right, bottom = found.cut
    base = size / ((right - left + bottom - top) / 2)
    for attempt in range(60):
        # Points move a little with the scale, and corners are rounded: others around it are tried.
        scale = base * (1 + (attempt + 1) // 2 * 0.0009 * (-1) ** attempt)
        width, height = (round(side * scale) for side in portrait.size)
        scaled = portrait.resize((width, height), Image.LANCZOS)
        edge = attempt % 3
        # A video of the whole portrait has even sides.
        scaled = scaled.crop((edge, edge, width - (width - edge) % 2, height - (height - edge) % 2))
        found = ours(folder, order, models, scaled, only_points=True)
        left, top, right, bottom = found.cut
        if (right - left, bottom - top) == (size, size):
            return scaled, found
    sys.exit(f"the face's part came to {right - left} × {bottom - top} at no scale to {size} × "
             f"{size}: take another portrait, or --as-is")


# ---------------------------------------------------------------- the original

def as_68(points):
    """Our points where the original reads dlib's; the rest is never read."""
    made = np.zeros((68, 2), np.float64)
    for theirs, mine in OF_68.items():
        made[theirs] = points[mine]
    return made


def load_weights(nets, path, size):
    if os.path.isdir(path):
        return originals.load_published(nets, path, size)
    for name, state in torch.load(path).items():
        nets[name].load_state_dict(state)


def reader(nets, folder, points, cut):
    """The original's reader of portraits, with our points in place of its detectors'."""
    parity.stand_ins()
    models = types.ModuleType("src.face3d.models")
    models.networks = originals.reconstruction_module(folder)
    sys.modules["src.face3d.models"] = models
    # numpy 1.24 stopped taking an array of one number for a number.
    fit = importlib.import_module("src.face3d.util.preprocess")
    fit.POS = lambda *points, own=fit.POS: (own(*points)[0].ravel(), own(*points)[1])
    made = importlib.import_module("src.utils.preprocess").CropAndExtract
    made = made.__new__(made)
    crop = importlib.import_module("src.utils.croper").Preprocesser
    made.propress = crop.__new__(crop)
    made.propress.get_landmark = lambda image: as_68(points)
    left, top, right, bottom = cut

    def keypoints(frames, _):
        width, height = frames[0].size
        scale = np.array([width / (right - left), height / (bottom - top)])
        return as_68((points + 0.5 - (left, top)) * scale - 0.5)[None]

    made.propress.predictor = types.SimpleNamespace(extract_keypoint=keypoints)
    made.net_recon, made.lm3d_std, made.device = nets["face_3drecon"], pipeline.STANDARD, "cpu"
    return made


def coder(nets, folder):
    made = importlib.import_module("src.test_audio2coeff").Audio2Coeff
    made = made.__new__(made)
    made.device = "cpu"
    heard = importlib.import_module("src.audio2exp_models.audio2exp").Audio2Exp
    made.audio2exp_model = heard(nets["audio2exp"], None, "cpu")
    posed = importlib.import_module("src.audio2pose_models.audio2pose").Audio2Pose
    config = originals.namespace(originals.read_yaml(folder, "auido2pose.yaml"))
    made.audio2pose_model = posed(config, None, "cpu").eval()
    for part in ("audio_encoder", "netG"):
        getattr(made.audio2pose_model, part).load_state_dict(nets["audio2pose"][part].state_dict())
    return made


@contextlib.contextmanager
def drawn_by(noise):
    """The original's normal numbers are ours meanwhile."""
    before = torch.randn
    torch.randn = lambda *shape: torch.from_numpy(noise.normals(64)).reshape(shape)
    try:
        yield
    finally:
        torch.randn = before


def theirs(order, folder, nets, report, portrait, scratch):
    """The original's frames, [n, height, width, 3], and how long one took to draw."""
    import cv2
    from skimage import img_as_ubyte
    path, sound, points = f"{scratch}/portrait.png", f"{scratch}/voice.wav", np.array(report.points)
    load = importlib.import_module
    first, cropped, info = reader(nets, folder, points, report.cut).generate(
        path, f"{scratch}/first", order.preprocess, source_image_flag=True, pic_size=order.size)
    batch = load("src.generate_batch").get_data(first, sound, "cpu", None, still=False)
    noise = pipeline.Noise(order.seed)
    blink = pipeline.blink_track(batch["num_frames"], noise)
    batch["ratio_gt"] = torch.from_numpy(blink).reshape(1, -1, 1).float()
    own = coder(nets, folder)
    with drawn_by(noise):
        moved = own.generate(batch, scratch, order.pose_style)
    x = load("src.generate_facerender_batch").get_facerender_data(
        moved, cropped, first, sound, 1, expression_scale=order.expression_scale,
        still_mode=order.still, preprocess=order.preprocess, size=order.size)
    mapping = nets["mapping_full" if order.preprocess == "full" else "mapping_crop"]
    animate = load("src.facerender.modules.make_animation").make_animation
    began = time.time()
    drawn = animate(
        x["source_image"].float(), x["source_semantics"].float(),
        x["target_semantics_list"].float(), nets["generator"], nets["kp_extractor"], None,
        mapping)[0].numpy()
    seconds = (time.time() - began) / len(drawn)
    frames = [img_as_ubyte(np.clip(frame.transpose(1, 2, 0), 0, 1)) for frame in drawn]
    width, height = info[0]
    frames = [cv2.resize(f, (order.size, int(order.size * height / width))) for f in frames]
    if order.preprocess == "full":
        whole = np.asarray(portrait)
        left, top, right, bottom = report.cut
        middle = ((left + right) // 2, (top + bottom) // 2)
        pieces = [cv2.resize(f, (right - left, bottom - top)) for f in frames]
        frames = [pipeline.paste(f.astype(float), whole, (left, top)) for f in pieces]
        # OpenCV leaves three pixels more of the border to the portrait: with weights that draw no
        # face there is no border to speak of.
        gaps = [np.abs(cv2.seamlessClone(
            f, whole, np.full(f.shape, 255, "u1"), middle, cv2.NORMAL_CLONE).astype(int) - pasted)
            for f, pasted in zip(pieces, frames)]
        print(f"pasted by OpenCV the original's differ from what is compared by a mean of "
              f"{np.mean(gaps):.2f} levels", file=sys.__stdout__)
    return np.stack(frames), seconds


# ---------------------------------------------------------------- both

def inputs(report, folder, scratch):
    """How far the two are apart before anything is drawn: what the reconstruction saw, and said."""
    from scipy.io import loadmat
    first = loadmat(f"{scratch}/first/portrait.mat")["coeff_3dmm"][0]
    gap = np.abs(np.array(report.coefficients) - first)
    print(f"the portrait's coefficients differ by {gap[:64].max():.1e} (expression), "
          f"{gap[64:70].max():.1e} (pose), {gap[70:].max():.1e} (place)")


def differences(mine, other):
    print(f"{'frame':>5} {'largest':>8} {'mean':>7} {'dB':>6}   of 255")
    worst = 0
    for index, (a, b) in enumerate(zip(mine.astype(int), other.astype(int))):
        gap = np.abs(a - b)
        decibels = 10 * np.log10(255**2 / max(np.square(a - b).mean(), 1e-12))
        print(f"{index:5} {gap.max():8} {gap.mean():7.3f} {decibels:6.1f}")
        worst = max(worst, int(gap.max()))
    return worst


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("checkout", "weights", "models", "portrait", "voice"):
        parser.add_argument(name)
    parser.add_argument("--size", type=int, default=256, choices=(256, 512))
    parser.add_argument("--frames", type=int, default=8, help="3 at least, and not 21")
    parser.add_argument("--preprocess", default="crop", choices=("crop", "full"))
    parser.add_argument("--still", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pose-style", type=int, default=0)
    parser.add_argument("--expression-scale", type=float, default=1.0)
    parser.add_argument("--as-is", action="store_true", help="keep the portrait's own scale")
    parser.add_argument("--within", type=int, default=4, help="levels of 255 that are no fault")
    parser.add_argument("--only-ours", action="store_true", help="time and memory, no comparison")
    parser.add_argument("--keep", help="a folder for what is made on the way")
    parser.add_argument("--reuse", action="store_true", help="this program's frames are kept")
    return parser.parse_args()


def main():
    order = arguments()
    with contextlib.ExitStack() as stack:
        scratch = order.keep or stack.enter_context(tempfile.TemporaryDirectory())
        scratch = os.path.abspath(scratch)
        shutil.rmtree(f"{scratch}/first", ignore_errors=True)
        os.makedirs(f"{scratch}/first")
        write_voice(f"{scratch}/voice.wav", read_voice(order.voice, order.frames))
        if order.reuse:
            with Image.open(f"{scratch}/portrait.png") as opened:
                portrait = opened.convert("RGB")
            report = read_report(scratch)
        else:
            with Image.open(order.portrait) as opened:
                portrait = opened.convert("RGB")
            portrait, _ = fitted(scratch, order, order.models, portrait)
            report = ours(scratch, order, order.models, portrait)
        print(f"this program: {report.frames} frames of {report.width} × {report.height}, "
              f"{report.milliseconds['render'] / 1000 / report.frames:.2f} s each, "
              f"{report.memoryBytes / 2**20:.0f} MiB at most", flush=True)
        if order.only_ours:
            return
        mine = np.fromfile(f"{scratch}/frames.rgb", "u1").reshape(
            report.frames, report.height, report.width, 3)
        folder = stack.enter_context(originals.checkout(order.checkout))
        stack.enter_context(torch.no_grad())
        torch.manual_seed(0)
        nets = originals.build(folder)
        load_weights(nets, order.weights, order.size)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            other, seconds = theirs(order, folder, nets, report, portrait, scratch)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"the original: {len(other)} frames of {other.shape[2]} × {other.shape[1]}, "
              f"{seconds:.2f} s each, {peak:.0f} MiB at most")
        if mine.shape != other.shape:
            sys.exit(f"{mine.shape} and {other.shape} cannot be compared")
        inputs(report, folder, scratch)
        worst = differences(mine, other)
        print(f"largest difference {worst} of 255, {order.within} are no fault")
        sys.exit(worst > order.within)


if __name__ == "__main__":
    main()
