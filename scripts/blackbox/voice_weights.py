"""What the converter of the network that tells voices apart reads of PyTorch's files, and what it
refuses: a pickle may call anything.

usage: voice_weights.py BASE_URL     the server is not asked
"""

import io
import os
import pathlib
import pickle
import struct
import subprocess
import sys
import tempfile
import types
import zipfile

from avatar_tools import ROOT
from avatar_tools.checks import check, finish

READ = """
import sys
sys.path.insert(0, sys.argv[1])
import convert
for name, array in convert.read_weights(sys.argv[2]).items():
    print(name, array.shape, array.ravel().tolist())
"""


class Call:
    """What a pickle runs when it is read."""

    def __init__(self, function, *arguments):
        self.made = function, arguments

    def __reduce__(self):
        return self.made


class Storage:
    """Stands for a storage of PyTorch's."""

    def __init__(self, kind, key, count):
        self.saved = ("storage", kind, key, "cpu", count)


class Writer(pickle.Pickler):
    def persistent_id(self, value):
        return value.saved if isinstance(value, Storage) else None


def names_of_pytorch():
    """Functions and types that a pickle calls by PyTorch's names."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    sys.modules |= {"torch": torch, "torch._utils": utils}

    def rebuild(*_):
        raise AssertionError("nobody calls it")

    rebuild.__module__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = rebuild
    kinds = {}
    for name in ("FloatStorage", "HalfStorage"):
        kind = type(name, (), {"__module__": "torch"})
        setattr(torch, name, kind)
        kinds[name] = kind
    return rebuild, kinds


def file_of(state, storages):
    """A file as PyTorch writes them: a pickle and its storages in a zip."""
    out, pickled = io.BytesIO(), io.BytesIO()
    Writer(pickled, 2).dump(state)
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("archive/data.pkl", pickled.getvalue())
        for key, values in storages.items():
            file.writestr(f"archive/data/{key}", struct.pack(f"<{len(values)}f", *values))
    return out.getvalue()


def read(data):
    """Exit status and words of the converter's reader."""
    with tempfile.NamedTemporaryFile(suffix=".pt") as file:
        file.write(data)
        file.flush()
        python, folder = ROOT / ".deps/tools/bin/python", ROOT / "scripts/models/voices"
        done = subprocess.run(
            [python, "-c", READ, folder, file.name],
            capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


def main():
    rebuild, kinds = names_of_pytorch()

    def tensor(key, count, offset, size, stride, kind="FloatStorage"):
        return Call(rebuild, Storage(kinds[kind], key, count), offset, size, stride, False, None)

    storages = {"7": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]}
    whole = file_of({"a": tensor("7", 7, 1, (2, 3), (3, 1)), "b": tensor("7", 7, 0, (1,), (1,))},
                    storages)
    status, words = read(whole)
    check("weights are read", status == 0 and words ==
          "a (2, 3) [2.0, 3.0, 4.0, 5.0, 6.0, 7.0]\nb (1,) [1.0]\n", words)
    with tempfile.TemporaryDirectory() as folder:
        trap = pathlib.Path(folder, "trap")
        for what, call in {
            "os.system": Call(os.system, f"touch {trap}"), "eval": Call(eval, "1 + 1"),
            "getattr": Call(getattr, "text", "upper"),
        }.items():
            for state in ({"a": call}, {"a": tensor("7", 7, 0, (7,), (1,)), "b": [call]}):
                status, words = read(file_of(state, storages))
                check(f"{what} is not called", status != 0 and "no part of weights" in words
                      and not trap.exists(), words)
        status, words = read(pickle.dumps(Call(os.system, f"touch {trap}")))
        check("a pickle in place of the zip is not called",
              status != 0 and not trap.exists(), words)
        status, words = read(file_of(Call(os.system, f"touch {trap}"), storages))
        check("a pickle that is no state is not called",
              status != 0 and "no part of weights" in words and not trap.exists(), words)
    halves = tensor("7", 7, 0, (7,), (1,), "HalfStorage")
    refused = {
        "a storage that is not there": file_of({"a": tensor("8", 7, 0, (7,), (1,))}, storages),
        "a storage of halves": file_of({"a": halves}, storages),
        "a file that ends early": whole[:-6],
        "more than the storage has": file_of({"a": tensor("7", 7, 3, (5,), (1,))}, storages),
        "columns before rows": file_of({"a": tensor("7", 7, 0, (2, 3), (1, 2))}, storages),
        "what is no number": file_of({"a": tensor("7", 1, 0, (1,), (1,))}, {"7": [float("nan")]}),
        "nothing": b"",
    }
    for what, data in refused.items():
        status, words = read(data)
        check(f"{what}: refused", status != 0 and "Error" in words, words)
    finish()


main()
