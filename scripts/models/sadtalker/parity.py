"""Compares pipeline.py with the original, stage by stage; prints and writes parity.json.

usage: parity.py CHECKOUT WEIGHTS.pt MODELS [--size 256] [--frames 3] [--seconds 1]

WEIGHTS.pt: what `export.py --random-seed` made, saved by --save-weights; MODELS: its ONNX files.
Needs what export.py needs, and onnxruntime, scipy, librosa, scikit-image, opencv, yacs, tqdm.
"""

import argparse
import contextlib
import copy
import importlib
import io
import json
import random
import sys
import tempfile
import types
import warnings
import wave

import fast
import networks
import numpy as np
import originals
import pipeline
import torch

warnings.simplefilter("ignore")
FOUND: dict[str, dict] = {}


def compare(stage, ours, theirs):
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    assert ours.shape == theirs.shape, (stage, ours.shape, theirs.shape)
    worst, spread = float(np.abs(ours - theirs).max()), float(theirs.std())
    FOUND[stage] = {"shape": list(theirs.shape), "max_abs_difference": worst, "std": spread}
    print(f"{stage:28} {theirs.shape!s:22} differ by {worst:.2e} of std {spread:.3g}",
          flush=True)


def voice(seconds, seed=4):
    """Buzzing and hissing with pauses: enough like speech for a spectrogram."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * pipeline.RATE)) / pipeline.RATE
    pitch = 120 + 30 * np.sin(2 * np.pi * 1.3 * t)
    buzz = np.sign(np.sin(2 * np.pi * np.cumsum(pitch) / pipeline.RATE)) * 0.3
    made = buzz * (np.sin(2 * np.pi * 3 * t) > -0.3) + rng.standard_normal(len(t)) * 0.02
    return np.round(np.clip(made, -1, 1) * 32767).astype(np.int16)


def stand_ins():
    """What croper.py imports but the geometry does not need, and a name that numpy 2 lost."""
    np.VisibleDeprecationWarning = UserWarning
    for name, values in (("facexlib", {}), ("facexlib.alignment", {"landmark_98_to_68": None}),
                         ("src.face3d.extract_kp_videos_safe", {"KeypointExtractor": None})):
        module = types.ModuleType(name)
        module.__dict__.update(values)
        sys.modules[name] = module


def geometry():
    stand_ins()
    croper = importlib.import_module("src.utils.croper")
    recon = importlib.import_module("src.face3d.util.preprocess")
    rng = np.random.default_rng(2)
    rectangles, fits = [], []
    for _ in range(200):
        width, height = rng.integers(300, 900, 2)
        size, turn = rng.uniform(40, 90), rng.uniform(-0.4, 0.4)
        spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        face = np.zeros((68, 2))
        face[36:42], face[42:48] = (-1, -0.8), (1, -0.8)
        face[36], face[39], face[42], face[45] = (-1.4, -.8), (-.6, -.8), (.6, -.8), (1.4, -.8)
        face[30], face[48], face[54] = (0, 0), (-0.8, 1), (0.8, 1)
        points = (face + rng.normal(0, 0.05, face.shape)) @ spin.T * size + (width / 2, height / 2)
        picture = types.SimpleNamespace(size=(int(width), int(height)))
        _, crop, quad = croper.Preprocesser.align_face(None, picture, points.copy(), 512)
        lx, ly, rx, ry = map(int, quad)
        theirs = (crop[0] + lx, crop[1] + ly, min(crop[0] + rx, crop[2]),
                  min(crop[1] + ry, crop[3]))
        five = np.stack([points[36:42].mean(0), points[42:48].mean(0), points[48], points[54]])
        rectangles.append((pipeline.square_of(five, width, height), theirs))
        corners = np.stack([points[[36, 39]].mean(0), points[[42, 45]].mean(0), points[30],
                            points[48], points[54]])
        up = points.copy()
        up[:, 1] = height - 1 - up[:, 1]
        t, s = recon.POS(recon.extract_5p(up).T, pipeline.STANDARD.T)
        fits.append((pipeline.fit(corners, height), (102.0 / s, t[0, 0], t[1, 0])))
    compare("crop rectangle", *zip(*[(a, b) for a, b in rectangles]))
    compare("fit to 224", *zip(*[(a, b) for a, b in fits]))


def seam():
    import cv2
    rng = np.random.default_rng(8)

    def soft(height, width):
        return cv2.GaussianBlur(
            rng.uniform(0, 255, (height, width, 3)).astype("u1"), (0, 0), 6)

    portrait, frame = soft(300, 260), soft(161, 161)
    ours = pipeline.paste(frame.astype(float), portrait, (40, 60))
    theirs = cv2.seamlessClone(frame, portrait, np.full(frame.shape, 255, "u1"),
                               (40 + 80, 60 + 80), cv2.NORMAL_CLONE)
    compare("paste, 0...255", ours, theirs)
    inner = np.abs(ours[64:218, 44:198].astype(int) - theirs[64:218, 44:198])
    print(f"  inside mean {inner.mean():.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checkout")
    parser.add_argument("weights")
    parser.add_argument("models")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--frames", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--out", default="parity.json")
    order = parser.parse_args()
    torch.set_num_threads(2)
    with originals.checkout(order.checkout) as folder, torch.no_grad(), \
            tempfile.TemporaryDirectory() as scratch:
        geometry()
        seam()
        torch.manual_seed(0)
        nets = originals.build(folder)
        for name, state in torch.load(order.weights).items():
            nets[name].load_state_dict(state)
        rewriting(nets["generator"])
        for full in (False, True):
            film(folder, nets, order, scratch, full)
    with open(order.out, "w") as file:
        json.dump(FOUND, file, indent=1)


def rewriting(original, side=128):
    """The generator as its authors run it against fast.py and its gathers, same key points."""
    rng = torch.Generator().manual_seed(5)
    image = torch.rand(1, 3, side, side, generator=rng)
    here = torch.randn(1, 15, 3, generator=rng) * 0.3
    there = here + torch.randn(1, 15, 3, generator=rng) * 0.05
    theirs = original(image, kp_driving={"value": there}, kp_source={"value": here})["prediction"]
    generator = networks.without_spectral_norm(copy.deepcopy(original))
    volume, thin = fast.FastAppearance(generator)(image)
    grid = networks.grid_of(16, side // 4)
    for name, sample in (("rewritten", networks.sample_native),
                         ("gathers", networks.sample_by_gather)):
        ours = fast.FastRenderer(generator, grid, sample)(volume, thin, here, there)
        compare(f"generator, {name}", ours, theirs)


def film(folder, nets, order, scratch, full):
    """The whole way once by the original's own functions, once by ours."""
    tag = "full" if full else "crop"
    from scipy.io import loadmat, savemat
    rng = np.random.default_rng(6)
    ours = pipeline.load(order.models, order.size, full)
    small = rng.uniform(0, 1, (1, 3, 224, 224)).astype(np.float32)
    picture = rng.uniform(0, 1, (order.size, order.size, 3))
    source = pipeline.coefficients(ours, small, (1.2, 130.0, 120.0))
    if not full:
        compare("face3d coefficients", ours["face3d"].run(None, {"image": small})[0],
                nets["face_3drecon"](torch.from_numpy(small)))
    sound, first = f"{scratch}/voice.wav", f"{scratch}/first.mat"
    samples = voice(order.seconds)
    with wave.open(sound, "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(pipeline.RATE)
        file.writeframes(samples.tobytes())
    savemat(first, {"coeff_3dmm": source[None]})
    picture = (picture * 255).astype("u1")
    from PIL import Image
    Image.fromarray(picture).save(f"{scratch}/face.png")

    quiet = contextlib.redirect_stdout(io.StringIO())
    with quiet, contextlib.redirect_stderr(io.StringIO()):
        batch_of = importlib.import_module("src.generate_batch").get_data
        random.seed(3)
        batch = batch_of(first, sound, "cpu", None)
    mels = pipeline.mel_windows(samples / 32768)
    if not full:
        compare("mel windows", mels[:, None], batch["indiv_mels"][0])

    coder = importlib.import_module("src.test_audio2coeff").Audio2Coeff
    coder = coder.__new__(coder)
    coder.device = "cpu"
    heard = importlib.import_module("src.audio2exp_models.audio2exp").Audio2Exp
    coder.audio2exp_model = heard(nets["audio2exp"], None, "cpu")
    posed = importlib.import_module("src.audio2pose_models.audio2pose").Audio2Pose
    config = originals.namespace(originals.read_yaml(folder, "auido2pose.yaml"))
    coder.audio2pose_model = posed(config, None, "cpu").eval()
    coder.audio2pose_model.audio_encoder.load_state_dict(
        nets["audio2pose"]["audio_encoder"].state_dict())
    coder.audio2pose_model.netG.load_state_dict(nets["audio2pose"]["netG"].state_dict())
    torch.manual_seed(9)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        path = coder.generate(batch, scratch, 7)
    theirs = loadmat(path)["coeff_3dmm"]

    torch.manual_seed(9)
    noise = [torch.randn(1, 64).numpy()[0] for _ in pipeline.stretches(len(mels))]
    blink = batch["ratio_gt"][0, :, 0].numpy()
    faces = pipeline.expressions(ours, mels, source, blink)
    head = pipeline.head_motion(ours, mels, source, 7, lambda i: noise[i])
    if not full:
        compare("expressions", faces, theirs[:, :64])
        compare("head, smoothed", head, theirs[:, 64:])
    track = np.concatenate([faces, head], 1)
    prepare = importlib.import_module("src.generate_facerender_batch").get_facerender_data
    stations = [-20, 30, 10]
    for still, angles in ((False, None), (True, None), (False, stations)):
        with contextlib.redirect_stdout(io.StringIO()):
            x = prepare(path, f"{scratch}/face.png", first, sound, 1, angles, angles, angles,
                        expression_scale=1.3, still_mode=still,
                        preprocess="full" if full else "crop", size=order.size)
        windows = pipeline.semantics(track, source, still, 1.3, full)
        name = f"{tag}{', still' if still else ''}{', turned' if angles else ''}"
        if not angles:
            compare(f"semantics, {name}", windows, x["target_semantics_list"][0])
        image = torch.from_numpy(picture / np.float32(255)).permute(2, 0, 1)[None].float()
        compare_points(ours, nets, x, windows, source, image.numpy(), full, name, stations, angles)
        if not still and not angles:
            count = order.frames if not full else 1
            animate = importlib.import_module(
                "src.facerender.modules.make_animation").make_animation
            with contextlib.redirect_stderr(io.StringIO()):
                drawn = animate(
                    x["source_image"].float(), x["source_semantics"].float(),
                    x["target_semantics_list"].float()[:, :count], nets["generator"],
                    nets["kp_extractor"], None, nets[f"mapping_{tag}"])[0]
            made = np.stack(list(pipeline.frames_of(
                ours, image.numpy(), source, windows[:count], full)))
            compare(f"frames, {name}", made, drawn)
            compare(f"frames, 8 bits, {name}", np.rint(made * 255), np.rint(drawn.numpy() * 255))


def compare_points(ours, nets, x, windows, source, image, full, name, stations, angles):
    motion = importlib.import_module("src.facerender.modules.make_animation")
    canonical = nets["kp_extractor"](torch.from_numpy(image))
    ours_canonical = ours["keypoints"].run(None, {"image": image})[0][0]
    mapping = nets["mapping_full" if full else "mapping_crop"]
    he = mapping(x["target_semantics_list"][0].float())
    turned = [None] * 3
    if angles:
        turned = [pipeline.turning(stations, len(windows))] * 3
        theirs = x["yaw_c_seq"][0].float()
        compare(f"angles, {name}", turned[0], theirs)
        he["yaw_in"] = he["pitch_in"] = he["roll_in"] = theirs
    else:
        compare(f"canonical, {name}", ours_canonical, canonical["value"][0])
    many = {"value": canonical["value"].repeat(len(windows), 1, 1)}
    theirs = motion.keypoint_transformation(many, he)["value"]
    mapped = ours["mapping"].run(None, {"semantics": windows})
    compare(f"key points, {name}", pipeline.place(ours_canonical, mapped, *turned), theirs)


if __name__ == "__main__":
    main()
