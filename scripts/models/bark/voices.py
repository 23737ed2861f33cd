"""Voices: the history that Bark goes on from.

Suno publishes each as one .npz, the copies at Hugging Face as three .npy files whose names end in
_semantic_prompt, _coarse_prompt and _fine_prompt. Both become one .npz without compression, with
the three as 16 bit integers: what the server reads.
"""

import os
import re

import numpy as np

KINDS = ("semantic_prompt", "coarse_prompt", "fine_prompt")


def found(source):
    """Names and arrays of the voices in a file or folder."""
    if os.path.isfile(source):
        yield os.path.basename(source).removesuffix(".npz"), dict(np.load(source))
        return
    parts = {}
    for folder, _, names in sorted(os.walk(source)):
        for name in sorted(names):
            path = os.path.join(folder, name)
            if name.endswith(".npz"):
                yield name.removesuffix(".npz"), dict(np.load(path))
            for kind in KINDS:
                if name.endswith(f"_{kind}.npy"):
                    voice = name.removesuffix(f"_{kind}.npy")
                    parts.setdefault((folder, voice), {})[kind] = path
    for (_, voice), files in parts.items():
        if len(files) == len(KINDS):
            yield voice, {kind: np.load(path) for kind, path in files.items()}


def checked(name, arrays, settings):
    """The three arrays as they are written; ends with an error for what is no voice."""
    books, size = settings["fine"]["codebooks"], settings["codebook_size"]
    limits = {"semantic_prompt": (1, None, settings["semantic"]["vocabulary"]),
              "coarse_prompt": (2, settings["coarse"]["codebooks"], size),
              "fine_prompt": (2, books, size)}
    made = {}
    for kind, (sides, rows, limit) in limits.items():
        values = np.asarray(arrays.get(kind))
        wrong = values.ndim != sides or (rows is not None and values.shape[0] != rows)
        if wrong or values.shape[-1] == 0 or values.min() < 0 or values.max() >= limit:
            raise SystemExit(f"{name} has no {kind} of this model")
        made[kind] = np.ascontiguousarray(values.astype("<i2"))
    return made


def convert(sources, folder, settings):
    """Writes the voices; returns how many."""
    os.makedirs(folder, exist_ok=True)
    count = 0
    for source in sources:
        for name, arrays in found(source):
            plain = re.sub(r"[^A-Za-z0-9_-]", "_", name)
            np.savez(os.path.join(folder, plain + ".npz"), **checked(name, arrays, settings))
            count += 1
    return count
