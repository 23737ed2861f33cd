"""Trains the read-out of Whisper's encoder: states at 50 Hz -> mouth shapes at 100 Hz.

  train_read_out.py states MODEL_FOLDER OUT.npz a.pkl [--copies 8] [--utterances 300]
  train_read_out.py train OUT.npz --states a.npz b.npz ... --weights 1 1 ...

`states` runs tiny.en's encoder (CTranslate2's folder) over each utterance and `copies` - 1 changed
ones; `train` fits the head to them. One thread. Needs numpy, scipy, onnx, onnxruntime, torch.
"""

import argparse
import pickle
import time

import numpy as np
from augment import augment, targets
from front_end import HOP, whisper_mel
from shapes import MOUTH, VISEMES

LAYERS = (1, 2, 3)  # of four, whose states the head may read
WINDOW = 150  # positions of one training example, 3 s
BATCH = 24


class States:
    """The encoder in float32 by ONNX Runtime."""

    def __init__(self, folder):
        import encoder
        import onnxruntime

        graph = encoder.Graph(integers=False)
        states = encoder.encode(graph, encoder.load(folder))
        outputs = {f"states{k}": (states[k], [1, "positions", 384]) for k in LAYERS}
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        model = graph.model(outputs).SerializeToString()
        self.session = onnxruntime.InferenceSession(model, options)

    def __call__(self, samples):
        """[positions, layers * 384], float16."""
        made = self.session.run(None, {"mel": whisper_mel(samples)[None]})
        return np.concatenate([layer[0] for layer in made], 1).astype(np.float16)


def make_states(options):
    rng = np.random.default_rng(options.seed)
    encode = States(options.folder)
    with open(options.data, "rb") as file:
        utterances = [u for u in pickle.load(file) if len(u["shapes"]) > 40]
    utterances = utterances[: options.utterances]
    kept, wanted, borders = [], [], [0]
    for copy in range(options.copies):
        for utterance in utterances:
            a = utterance["samples"].astype(np.float32) / 32768
            y = targets(utterance)
            if copy > 0:
                a, y = augment(a, y, utterances, rng, noisy=0.85)
            # All that it sees at once when it is used: six seconds with a margin on each side.
            for start in range(0, len(a), 128_000):
                part = np.asarray(a[start : start + 128_000], np.float32)
                if len(part) < 6400:
                    continue
                states = encode(part)
                first = start // HOP
                shapes = y[first : first + 2 * len(states)]
                count = min(len(states), len(shapes) // 2)
                kept.append(states[:count])
                wanted.append(shapes[: 2 * count].astype(np.float16))
                borders.append(borders[-1] + count)
    np.savez(
        options.out, states=np.concatenate(kept), shapes=np.concatenate(wanted),
        borders=np.array(borders))
    print(options.data, len(utterances), "utterances,", borders[-1] // 50, "s")


def head(width, channels, layers, drop):
    import torch.nn as nn

    made = [nn.BatchNorm1d(width), nn.Dropout(drop), nn.Conv1d(width, channels, 1)]
    for _ in range(layers):
        made += [nn.ReLU(), nn.Dropout(drop), nn.Conv1d(channels, channels, 3, padding=1)]
    return nn.Sequential(*made, nn.ReLU(), nn.Dropout(drop), nn.Conv1d(channels, 30, 1))


def train(options):
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    sets = [np.load(path) for path in options.states]
    sets = [(s["states"], s["shapes"], s["borders"]) for s in sets]
    columns = np.concatenate([np.arange(384) + 384 * LAYERS.index(k) for k in options.layers])
    weights = np.array(options.weights or [1] * len(sets), float)
    weights /= weights.sum()
    net = head(len(columns), options.channels, options.depth, options.drop)
    print(sum(p.numel() for p in net.parameters()), "parameters")
    mouth = torch.tensor(MOUTH)
    optimiser = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, options.rate, total_steps=options.steps + 1)
    started, total = time.time(), 0.0
    for step in range(options.steps):
        x = np.zeros((BATCH, WINDOW, len(columns)), np.float32)
        y = np.zeros((BATCH, 2 * WINDOW, len(VISEMES)), np.float32)
        for row in range(BATCH):
            states, shapes, borders = sets[rng.choice(len(sets), p=weights)]
            clip = rng.integers(len(borders) - 1)
            first, last = borders[clip], borders[clip + 1]
            first += rng.integers(max(last - first - WINDOW // 2, 1))
            last = min(last, first + WINDOW)
            x[row, : last - first] = states[first:last, columns]
            y[row, : 2 * (last - first)] = shapes[2 * first : 2 * last]
        x, y = torch.from_numpy(x), torch.from_numpy(y)
        made = net(x.transpose(1, 2)).transpose(1, 2).reshape(BATCH, 2 * WINDOW, len(VISEMES))
        logs = F.log_softmax(made, -1)
        known = (y.sum(-1) > 0).float()
        wanted = y * 0.97 + 0.03 / len(VISEMES)
        loss = -(wanted * logs).sum(-1) + ((logs.exp() @ mouth - wanted @ mouth) ** 2).sum(-1)
        loss = (loss * known).sum() / known.sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        total += loss.item()
        if step % 100 == 99:
            print(step + 1, f"loss {total / 100:.3f} {time.time() - started:.0f} s", flush=True)
            total = 0.0
    net.eval()
    save(net, options)


def save(net, options):
    """Batch normalisation folded into the first layer; half precision."""
    first, norm = net[2], net[0]
    gain = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach().numpy()
    shift = norm.bias.detach().numpy() - norm.running_mean.numpy() * gain
    weight = first.weight.detach().numpy()
    arrays = {"layers": np.array(options.layers, np.int64)}
    arrays["bias0"] = first.bias.detach().numpy() + weight[:, :, 0] @ shift
    arrays["weight0"] = weight * gain[None, :, None]
    convolutions = [m for m in net[3:] if hasattr(m, "weight")]
    for index, module in enumerate(convolutions, 1):
        arrays[f"weight{index}"] = module.weight.detach().numpy()
        arrays[f"bias{index}"] = module.bias.detach().numpy()
    arrays = {k: v if v.dtype == np.int64 else v.astype(np.float16) for k, v in arrays.items()}
    np.savez_compressed(options.out, **arrays)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parts = parser.add_subparsers(dest="part", required=True)
    making = parts.add_parser("states")
    for name in ("folder", "out", "data"):
        making.add_argument(name)
    making.add_argument("--copies", type=int, default=8)
    making.add_argument("--utterances", type=int, default=10**6)
    making.add_argument("--seed", type=int, default=0)
    fitting = parts.add_parser("train")
    fitting.add_argument("out")
    fitting.add_argument("--states", nargs="+", required=True)
    fitting.add_argument("--weights", nargs="+", type=float)
    fitting.add_argument("--layers", nargs="+", type=int, default=[3])
    fitting.add_argument("--channels", type=int, default=128)
    fitting.add_argument("--depth", type=int, default=2)
    fitting.add_argument("--drop", type=float, default=0.2)
    fitting.add_argument("--rate", type=float, default=3e-3)
    fitting.add_argument("--steps", type=int, default=600)
    fitting.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    make_states(options) if options.part == "states" else train(options)


if __name__ == "__main__":
    main()
