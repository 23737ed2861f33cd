"""Each file beside the network that it was made of."""

import os

import numpy as np
import onnxruntime as ort
import torch

# Of an output's spread. The real ones differ by less than a thousandth of it.
TOLERANCE = 1e-2
# In 8 bits, of the spread and squared: what is worse says something else.
NEAR = 0.25


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


def tell(path, ours, theirs, exact=True):
    """Ends with an error where a file does not do what the original does."""
    theirs = theirs.detach().float().cpu().numpy()
    name, size = os.path.basename(path), os.path.getsize(path) / 1e6
    if ours.shape != theirs.shape:
        raise SystemExit(f"{path} gives {ours.shape}, not {theirs.shape}")
    gap, spread = ours - theirs, max(float(theirs.std()), 1e-6)
    worst = float(np.abs(gap).max()) / spread
    mean = float(np.sqrt((gap ** 2).mean())) / spread
    if exact:
        print(f"{name:22} {size:8.1f} MB, differs from the original by {worst:.1e} of its spread",
              flush=True)
    else:
        same = float((ours.argmax(-1) == theirs.argmax(-1)).mean())
        print(f"{name:22} {size:8.1f} MB, differs by {mean:.3f} of the spread in the mean; the "
              f"likeliest is the same in {same:.0%}", flush=True)
    if not (worst <= TOLERANCE if exact else mean <= NEAR):
        raise SystemExit(f"{path} does not do what the original does")


@torch.no_grad()
def causal(path, model, seed, exact=True):
    """A first run of many tokens and a few steps, beside all of them at once."""
    part = model.config
    rng = np.random.default_rng(seed)
    count = min(part.block_size // 2, 300)
    tokens = rng.integers(0, part.input_vocab_size, count)
    cached = Cached(path, part)
    steps = min(count // 2, 20)
    ours = [cached.step(tokens[:-steps])] + [cached.step([token]) for token in tokens[-steps:]]
    theirs = model(torch.from_numpy(tokens)[None]).logits[0, -steps - 1:]
    tell(path, np.stack(ours), theirs, exact)


@torch.no_grad()
def fine(path, model, codebook_size, books, seed, exact=True):
    rng = np.random.default_rng(seed)
    length = min(model.config.block_size, 256)
    codes = rng.integers(0, codebook_size, (books, length))
    opened, ours, theirs = session(path), [], []
    for book in range(2, books):
        ours.append(opened.run(None, {"codes": codes, "codebook": np.array([book], np.int64)})[0])
        made = model(book, torch.from_numpy(codes.T.copy())[None]).logits[0]
        theirs.append(made[:, :codebook_size])
    tell(path, np.stack(ours), torch.stack(theirs), exact)


@torch.no_grad()
def codec(path, model, codebook_size, books, seed):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, codebook_size, (books, 40))
    ours = session(path).run(None, {"codes": codes})[0]
    embedded = model.quantizer.decode(torch.from_numpy(codes)[:, None])
    tell(path, ours, model.decoder(embedded).reshape(-1))
