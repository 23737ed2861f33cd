"""Trains the streaming speech -> mouth-shape net and writes it as ONNX, its profile inside.

  train.py OUT.onnx --data a.pkl b.pkl ... --weights 1 2 ... [--seconds 1200]

Stretches are drawn from each pickle (see make_data.py) in proportion to its weight. One thread;
matrices are multiplied in bfloat16, which is slow on processors that lack it.
Needs numpy, scipy, torch, onnx.
"""

import argparse
import contextlib
import io
import json
import os
import pickle
import time

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy reads it

import numpy as np
import onnx
import torch
import torch.nn as nn
import torch.nn.functional as F
from augment import Noises, augment, targets, warp
from front_end import BANDS, log_mel, normalise
from shapes import INDEX, MOUTH, VISEMES

WINDOW = 300  # frames of one training example
BATCH = 16
CLOSURES = 0.5  # how much more a frame of a closure weighs: a mouth that misses one shows it


class Net(nn.Module):
    """[1, T, 40] -> logits [1, T, 15]. Dilated convolutions that see 61 frames back and 9 ahead."""

    LAYERS = ((1, 1), (2, 2), (4, 4), (8, 0), (16, 0), (2, 0))  # dilation, frames ahead

    def __init__(self, channels=128, drop=0.1):
        super().__init__()
        self.enter = nn.Conv1d(BANDS, channels, 5, padding=2, bias=False)
        self.level = nn.BatchNorm1d(channels)
        self.blocks = nn.ModuleList(
            nn.ModuleList(
                [
                    nn.Conv1d(channels, channels, 3, dilation=dilation, bias=False),
                    nn.BatchNorm1d(channels),
                    nn.Conv1d(channels, channels, 1),
                ]
            )
            for dilation, _ in self.LAYERS
        )
        self.leave = nn.Conv1d(channels, len(VISEMES), 1)
        self.drop = nn.Dropout(drop)

    def forward(self, mel):
        x = F.relu(self.level(self.enter(mel.transpose(1, 2))))
        for (dilation, ahead), (wide, level, narrow) in zip(self.LAYERS, self.blocks):
            padded = F.pad(x, (2 * dilation - ahead, ahead))
            x = x + narrow(self.drop(F.relu(level(wide(padded)))))
        return self.leave(F.relu(x)).transpose(1, 2)


def prepare(utterances, copies, rng):
    """Utterances -> (mel, targets, log power) of one clean copy and `copies` - 1 changed ones."""
    made = []
    for copy in range(copies):
        for utterance in utterances:
            a = utterance["samples"].astype(np.float32) / 32768
            y = targets(utterance)
            if copy > 0:
                a, y = augment(a, y, utterances, rng)
            mel = log_mel(np.asarray(a, np.float32))
            frames = min(len(mel), len(y))
            power = np.log((a**2).mean() + 1e-9)
            made.append((mel[:frames].astype(np.float16), y[:frames].astype(np.float16), power))
    return made


def channel_profile(sets):
    """The mean spectrum of speech, each set counting the same."""
    zero, profiles = np.zeros(BANDS), []
    for pairs in sets:
        for mel, _, _ in pairs[:60]:
            _, levelled, weight = normalise(mel.astype(np.float32), zero)
            profiles.append((weight[:, None] * levelled).sum(0) / weight.sum())
    return np.mean(profiles, 0).astype(np.float32).round(4)


def draw(recording, noises, profile, rng):
    """A stretch of a recording, normalised: its bands moved, noise in it, for most."""
    mel, y, power = recording
    start = max(0, rng.integers(-60, max(1, len(y) - 100)))
    first = max(0, start - WINDOW)  # what the running means remember
    mel = mel[first : start + WINDOW].astype(np.float32)
    if rng.random() < 0.5:
        mel = warp(mel, rng)
    if rng.random() < 0.7:
        mel = noises.add(mel, power, rng)
    return normalise(mel, profile)[0][start - first :], y[start : start + WINDOW]


def draw_batch(sets, weights, noises, profile, rng):
    """Stretches with bands and moments blanked (SpecAugment) and a channel of their own."""
    xs = np.full((BATCH, WINDOW, BANDS), -2, np.float32)
    ys = np.zeros((BATCH, WINDOW, len(VISEMES)), np.float32)
    for x, y in zip(xs, ys):
        chosen = sets[rng.choice(len(sets), p=weights)]
        mel, target = draw(chosen[rng.integers(len(chosen))], noises, profile, rng)
        x[: len(mel)], y[: len(target)] = mel, target
        for _ in range(2):
            if rng.random() < 0.5:
                low = rng.integers(0, 35)
                x[:, low : low + rng.integers(2, 7)] = 0
        if rng.random() < 0.3:
            moment = rng.integers(0, WINDOW - 10)
            x[moment : moment + rng.integers(2, 10)] = 0
        if rng.random() < 0.5:
            x += rng.normal(0, 0.1, (1, BANDS))
    return torch.from_numpy(xs), torch.from_numpy(ys)


def train(net, drawn, steps, seconds):
    """- drawn: gives a batch."""
    mouth = torch.tensor(MOUTH)
    optimiser = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=2e-2)
    started, total = time.time(), 0.0
    net.train()
    for step in range(steps):
        done = max(step / steps, (time.time() - started) / seconds)
        warm, cool = min(1, done / 0.15 + 0.05), 0.5 * (1 + np.cos(np.pi * min(1, done)))
        for group in optimiser.param_groups:
            group["lr"] = 5e-3 * (min(warm, cool) + 1e-3)
        x, y = drawn()
        with torch.autocast("cpu", torch.bfloat16):
            logits = net(x)
        logs = F.log_softmax(logits.float(), -1)
        known = (y.sum(-1) > 0).float()
        wanted = y * 0.98 + 0.02 / len(VISEMES)
        loss = -(wanted * logs).sum(-1) * (1 + CLOSURES * y[..., INDEX["PP"]])
        loss = loss + 2 * ((logs.exp() @ mouth - wanted @ mouth) ** 2).sum(-1)
        loss = (loss * known).sum() / known.sum()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        total += loss.item()
        if step % 200 == 199:
            print(step + 1, f"loss {total / 200:.3f} {time.time() - started:.0f} s", flush=True)
            total = 0.0
        if done >= 1:
            break


def halve(model):
    """Weights as 16-bit floats, made 32-bit again when the file is opened."""
    casts = []
    for constant in list(model.graph.initializer):
        values = onnx.numpy_helper.to_array(constant)
        if values.dtype != np.float32 or values.size < 1000:
            continue
        half, name = constant.name + "_half", constant.name
        constant.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), half))
        casts.append(onnx.helper.make_node("Cast", [half], [name], to=onnx.TensorProto.FLOAT))
    for cast in reversed(casts):
        model.graph.node.insert(0, cast)


def export(net, profile, path):
    net.eval()
    with contextlib.redirect_stdout(io.StringIO()):
        torch.onnx.export(
            net, (torch.zeros(1, 200, BANDS),), path, input_names=["mel"],
            output_names=["logits"], opset_version=17, dynamo=False,
            dynamic_axes={"mel": {1: "T"}, "logits": {1: "T"}},
        )  # fmt: skip
    model = onnx.load(path)
    # The profile is an output too, so that a reader needs no metadata.
    values = onnx.numpy_helper.from_array(profile, "profile_values")
    model.graph.initializer.append(values)
    model.graph.node.append(onnx.helper.make_node("Identity", ["profile_values"], ["profile"]))
    shape = onnx.helper.make_tensor_value_info("profile", onnx.TensorProto.FLOAT, [BANDS])
    model.graph.output.append(shape)
    halve(model)
    facts = {"profile": json.dumps([float(v) for v in profile]), "visemes": " ".join(VISEMES)}
    onnx.helper.set_model_props(model, facts)
    onnx.save(model, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("out")
    parser.add_argument("--data", nargs="+", required=True)
    parser.add_argument("--weights", nargs="+", type=float, required=True)
    parser.add_argument("--copies", nargs="+", type=int, help="of each set, the first unchanged")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--seconds", type=float, default=1e9, help="stop, annealed, after so long")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    sets, talkers = [], []
    for path, copies in zip(options.data, options.copies or [2] * len(options.data)):
        with open(path, "rb") as file:
            utterances = [u for u in pickle.load(file) if len(u["shapes"]) > 40]
        sets.append(prepare(utterances, copies, rng))
        talkers += [u for u in utterances if u["speaker"] != "nobody"]
        print(path, len(utterances), "utterances", flush=True)
    profile = channel_profile(sets)
    noises = Noises(talkers, rng)
    weights = np.array(options.weights) / sum(options.weights)
    net = Net()
    print(sum(p.numel() for p in net.parameters()), "parameters", [len(s) for s in sets])
    def drawn():
        return draw_batch(sets, weights, noises, profile, rng)
    train(net, drawn, options.steps, options.seconds)
    export(net, profile, options.out)


if __name__ == "__main__":
    main()
