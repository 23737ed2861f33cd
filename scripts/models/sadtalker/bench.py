"""CPU time, wall time and memory of each network, in a process of its own.

usage: bench.py FOLDER [FILE.onnx ...] [--threads 2] [--runs 3]

Prints the processor's time too: on a machine that others use, only that can be compared.
Needs onnxruntime, numpy, psutil.
"""

import argparse
import os
import resource
import subprocess
import sys
import time


def one(path, threads, runs, arena):
    import numpy as np
    import onnxruntime as ort
    import psutil
    rng = np.random.default_rng(0)
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = arena
    started = time.time()
    session = ort.InferenceSession(path, options)
    loaded = time.time() - started

    def resident():
        return psutil.Process().memory_info().rss >> 20

    after = resident()
    feed = {}
    for item in session.get_inputs():
        shape = [side if isinstance(side, int) else 1 for side in item.shape]
        value = rng.uniform(0, 0.3 if item.name in ("source", "driving") else 1, shape)
        feed[item.name] = value.astype("int64" if "int64" in item.type else "float32")
    session.run(None, feed)
    walls, works = [], []
    for _ in range(runs):
        wall, work = time.time(), time.process_time()
        session.run(None, feed)
        walls.append(time.time() - wall)
        works.append(time.process_time() - work)
    print(f"{os.path.basename(path):26} load {loaded:5.2f} s, {after} MB; run wall "
          f"{min(walls) * 1e3:8.1f} ms, CPU {min(works) * 1e3:8.1f} ms; then {resident()} MB, "
          f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB",
          flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder")
    parser.add_argument("files", nargs="*")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-arena", action="store_true")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    order = parser.parse_args()
    files = order.files or sorted(f for f in os.listdir(order.folder) if f.endswith(".onnx"))
    if order.here:
        return one(os.path.join(order.folder, files[0]), order.threads, order.runs,
                   not order.no_arena)
    for file in files:
        command = [sys.executable, __file__, order.folder, file, "--here", "--threads",
                   str(order.threads), "--runs", str(order.runs)]
        subprocess.run(command + ["--no-arena"] * order.no_arena, check=True)


if __name__ == "__main__":
    main()
