"""Processor time and memory of what a second of speech is made of, with the files of a folder.

usage: bench.py FOLDER [--exact] [--threads 2]

A window of the coarse transformer sees at most 887 tokens before it makes 60, a stretch of the
fine one 1,024 frames, six times. Prints the processor's time, which others on the machine change
less. --exact takes the files in 32 bits. Needs onnxruntime, numpy and psutil.
"""

import argparse
import json
import os
import time

import numpy as np
import onnxruntime as ort
import psutil


def opened(folder, name, threads, exact):
    path = os.path.join(folder, name + ".int8.onnx")
    if exact or not os.path.exists(path):
        path = os.path.join(folder, name + ".onnx")
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = ort.InferenceSession(path, options)
    print(f"{os.path.basename(path):22} loaded, {psutil.Process().memory_info().rss >> 20} MB")
    return session


def timed(run):
    run()
    started = time.process_time()
    run()
    return time.process_time() - started


def causal(session, part, count, past):
    """Processor's seconds of a run of so many tokens behind so many."""
    capacity = max((past + 127) // 128 * 128, 1)
    shape = (1, part["heads"], capacity, part["width"])
    feeds = {f"past_{kind}_{layer}": np.zeros(shape, np.float32)
             for layer in range(part["layers"]) for kind in ("key", "value")}
    feeds["tokens"] = np.arange(count, dtype=np.int64)
    feeds["past_length"] = np.array([past], np.int64)
    if any(given.name == "added" for given in session.get_inputs()):
        feeds["added"] = np.full(count, part["inputs"], np.int64)
    return timed(lambda: session.run(None, feeds))


def main():
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("folder")
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    wanted = parser.parse_args()
    with open(os.path.join(wanted.folder, "bark.json"), encoding="utf-8") as file:
        facts = json.load(file)
    semantic, coarse, fine = facts["semantic"], facts["coarse"], facts["fine"]

    session = opened(wanted.folder, "semantic", wanted.threads, wanted.exact)
    token = causal(session, semantic, 1, 600)
    begin = causal(session, semantic, semantic["input_length"] + 1, 0)
    print(f"  prompt {begin:.2f} s, a token {token * 1e3:.1f} ms")
    session = opened(wanted.folder, "coarse", wanted.threads, wanted.exact)
    seen = coarse["input_length"] + 1 + coarse["history_max"]
    window = causal(session, coarse, seen, 0)
    code = causal(session, coarse, 1, seen + coarse["window"] // 2)
    print(f"  window {window:.2f} s, a code {code * 1e3:.1f} ms")
    session = opened(wanted.folder, "fine", wanted.threads, wanted.exact)
    codes = np.zeros((fine["codebooks"], fine["input_length"]), np.int64)
    book = np.array([2], np.int64)
    stretch = timed(lambda: session.run(None, {"codes": codes, "codebook": book}))
    print(f"  a codebook of a stretch {stretch:.2f} s")
    session = opened(wanted.folder, "codec", wanted.threads, wanted.exact)
    rate = facts["sample_rate"] // facts["frame_samples"]
    decoded = timed(lambda: session.run(
        None, {"codes": np.zeros((fine["codebooks"], 15 * rate), np.int64)})) / 15
    print(f"  a second {decoded:.2f} s; peak {psutil.Process().memory_info().rss >> 20} MB")
    codes_second = coarse["rate"] * coarse["codebooks"]
    books = fine["codebooks"] - coarse["codebooks"]
    total = (semantic["rate"] * token + codes_second * (code + window / coarse["window"])
             + books * stretch * coarse["rate"] / fine["history_max"] + decoded)
    print(f"a second of a long sentence: {total:.1f} s of processor time")


if __name__ == "__main__":
    main()
