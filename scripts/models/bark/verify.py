"""Each file beside the network that it was made of."""

import os

import numpy as np
import onnxruntime as ort
import torch

# Of an output's spread. The real ones differ by less than a thousandth of it.
TOLERANCE = 1e-2


def session(path):
    options = ort.SessionOptions()
    # As the server does: before VNNI, the quick way of 8 bit sums cuts large ones off.
    options.add_session_config_entry("session.x64quantprecision", "1")
    return ort.InferenceSession(path, options)


class Cached:
    """A causal file with its past, as the server runs it."""

    def __init__(self, path, part, capacity=64):
        self.session, self.length = session(path), 0
        shape = (1, part.num_heads, capacity, part.hidden_size // part.num_heads)
        self.past = [np.zeros(shape, np.float32) for _ in range(2 * part.num_layers)]
        self.merges = any(given.name == "added" for given in self.session.get_inputs())
        self.nothing = part.input_vocab_size

    def step(self, tokens, added=None):
        """Scores after the last of the tokens."""
        while self.length + len(tokens) > self.past[0].shape[2]:
            self.past = [np.concatenate([one, np.zeros_like(one)], 2) for one in self.past]
        feeds = {"tokens": np.asarray(tokens, np.int64),
                 "past_length": np.array([self.length], np.int64)}
        if self.merges:
            none = np.full(len(tokens), self.nothing, np.int64)
            feeds["added"] = none if added is None else np.asarray(added, np.int64)
        for index, one in enumerate(self.past):
            feeds[f"past_{'value' if index % 2 else 'key'}_{index // 2}"] = one
        logits, present = self.session.run(None, feeds)
        end = self.length + len(tokens)
        for one, new in zip(self.past, present):
            one[0, :, self.length:end] = new
        self.length = end
        return logits[0]


def spread(ours, theirs):
    theirs = theirs.detach().float().cpu().numpy()
    if ours.shape != theirs.shape:
        raise SystemExit(f"a file gives {ours.shape}, not {theirs.shape}")
    return float(np.abs(ours - theirs).max() / max(theirs.std(), 1e-6))


def tell(path, worst, bound=TOLERANCE):
    print(f"{os.path.basename(path):22} {os.path.getsize(path) / 1e6:8.1f} MB, differs from the "
          f"original by {worst:.1e} of its spread", flush=True)
    if bound is not None and not worst <= bound:
        raise SystemExit(f"{path} does not do what the original does")


@torch.no_grad()
def causal(path, model, seed, bound=TOLERANCE):
    """A first run of many tokens and a few steps, beside all of them at once."""
    part = model.config
    rng = np.random.default_rng(seed)
    count = min(part.block_size // 2, 300)
    tokens = rng.integers(0, part.input_vocab_size, count)
    cached = Cached(path, part)
    ours = [cached.step(tokens[:-4])] + [cached.step([token]) for token in tokens[-4:]]
    theirs = model(torch.from_numpy(tokens)[None]).logits[0, -5:]
    worst = spread(np.stack(ours), theirs)
    tell(path, worst, bound)
    return worst


@torch.no_grad()
def fine(path, model, codebook_size, books, seed, bound=TOLERANCE):
    rng = np.random.default_rng(seed)
    length = min(model.config.block_size, 256)
    codes = rng.integers(0, codebook_size, (books, length))
    opened, worst = session(path), 0.0
    for book in range(2, books):
        ours = opened.run(None, {"codes": codes, "codebook": np.array([book], np.int64)})[0]
        theirs = model(book, torch.from_numpy(codes.T.copy())[None]).logits[0]
        worst = max(worst, spread(ours, theirs[:, :codebook_size]))
    tell(path, worst, bound)
    return worst


@torch.no_grad()
def codec(path, model, codebook_size, books, seed):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, codebook_size, (books, 40))
    ours = session(path).run(None, {"codes": codes})[0]
    embedded = model.quantizer.decode(torch.from_numpy(codes)[:, None])
    worst = spread(ours, model.decoder(embedded).reshape(-1))
    tell(path, worst)
