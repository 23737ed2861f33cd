#!/usr/bin/env python3
"""Products and attention of each CPU variant that this machine can run, against double precision.

usage: kernels.py [URL] [--times]      URL is not used; --times prints the best of many runs too
Sizes are Whisper's, and some that fill no tile: what our patches of ggml add (0015 to 0017) is
tried with every remainder. Times are of one thread.
"""
import ctypes
import glob
import os
import sys
import time

import numpy as np

LIBRARIES = os.path.join(os.path.dirname(__file__), "../../.deps/lib")
F32, F16, Q8_0 = 0, 1, 8
HEAD = 64

ggml = ctypes.CDLL(os.path.join(LIBRARIES, "libggml-base.so"), mode=ctypes.RTLD_GLOBAL)
loader = ctypes.CDLL(os.path.join(LIBRARIES, "libggml.so"), mode=ctypes.RTLD_GLOBAL)

pointer, whole, real = ctypes.c_void_p, ctypes.c_int64, ctypes.c_float


class Memory(ctypes.Structure):
    """ggml_init_params: bytes of descriptions, no memory of one's own, no data in it."""
    _fields_ = [("size", ctypes.c_size_t), ("buffer", pointer), ("no_alloc", ctypes.c_bool)]


def function(library, name, result, *arguments):
    """A function of ggml with its types."""
    found = getattr(library, name)
    found.restype, found.argtypes = result, arguments
    return found


init = function(ggml, "ggml_init", pointer, Memory)
free = function(ggml, "ggml_free", None, pointer)
new_2d = function(ggml, "ggml_new_tensor_2d", pointer, pointer, ctypes.c_int, whole, whole)
new_3d = function(ggml, "ggml_new_tensor_3d", pointer, pointer, ctypes.c_int, whole, whole, whole)
permute = function(ggml, "ggml_permute", pointer, pointer, pointer, *[ctypes.c_int] * 4)
mul_mat = function(ggml, "ggml_mul_mat", pointer, pointer, pointer, pointer)
flash = function(ggml, "ggml_flash_attn_ext", pointer, *[pointer] * 5, real, real, real)
new_graph = function(ggml, "ggml_new_graph", pointer, pointer)
expand = function(ggml, "ggml_build_forward_expand", None, pointer, pointer)
quantise = function(ggml, "ggml_quantize_chunk", ctypes.c_size_t, ctypes.c_int, pointer, pointer,
                    whole, whole, whole, pointer)
size_of = function(ggml, "ggml_nbytes", ctypes.c_size_t, pointer)
allocate = function(ggml, "ggml_backend_alloc_ctx_tensors", pointer, pointer, pointer)
free_buffer = function(ggml, "ggml_backend_buffer_free", None, pointer)
place = (pointer, pointer, ctypes.c_size_t, ctypes.c_size_t)
put = function(ggml, "ggml_backend_tensor_set", None, *place)
get = function(ggml, "ggml_backend_tensor_get", None, *place)
compute = function(ggml, "ggml_backend_graph_compute", ctypes.c_int, pointer, pointer)
load = function(loader, "ggml_backend_load", pointer, ctypes.c_char_p)
device = function(ggml, "ggml_backend_reg_dev_get", pointer, pointer, ctypes.c_size_t)
start = function(ggml, "ggml_backend_dev_init", pointer, pointer, ctypes.c_char_p)
address = function(ggml, "ggml_backend_reg_get_proc_address", pointer, pointer, ctypes.c_char_p)


def encoded(values, kind):
    """Values as ggml keeps them, and as they are after that."""
    values = np.ascontiguousarray(values, np.float32)
    if kind == F32:
        return values.tobytes(), values.astype(np.float64)
    if kind == F16:
        halves = values.astype(np.float16)
        return halves.tobytes(), halves.astype(np.float64)
    rows, columns = values.shape
    blocks = np.empty((rows * columns // 32, 34), np.uint8)
    quantise(kind, values.ctypes.data, blocks.ctypes.data, 0, rows, columns, None)
    scales = blocks[:, :2].copy().view(np.float16).astype(np.float64)
    return blocks.tobytes(), (blocks[:, 2:].view(np.int8) * scales).reshape(rows, columns)


class Variant:
    """One of the libraries of kernels, on some threads."""

    def __init__(self, path, threads):
        library = load(path.encode())
        self.backend = start(device(library, 0), None)
        setter = address(library, b"ggml_backend_set_n_threads")
        ctypes.CFUNCTYPE(None, pointer, ctypes.c_int)(setter)(self.backend, threads)

    def run(self, build, inputs, shape, times):
        """What the graph that `build` makes of tensors gives, and its best seconds."""
        context = init(Memory(1 << 20, None, True))
        tensors, result = build(context)
        graph = new_graph(context)
        expand(graph, result)
        buffer = allocate(context, self.backend)
        for tensor, data in zip(tensors, inputs):
            assert size_of(tensor) == len(data), (size_of(tensor), len(data))
            put(tensor, data, 0, len(data))
        best = float("inf")
        for _ in range(times):
            began = time.perf_counter()
            assert compute(self.backend, graph) == 0
            best = min(best, time.perf_counter() - began)
        out = np.empty(shape, np.float32)
        get(result, out.ctypes.data, 0, out.nbytes)
        free_buffer(buffer)
        free(context)
        return out, best


def product(variant, kind, results, length, rows, times):
    """The largest error of results × rows over a row's spread, and the best seconds."""
    random = np.random.default_rng(results * 7 + rows)
    weights, as_kept = encoded(random.standard_normal((results, length)), kind)
    other = F32 if kind == Q8_0 else kind
    row_bytes, row_values = encoded(random.standard_normal((rows, length)), other)

    def build(context):
        a, b = new_2d(context, kind, length, results), new_2d(context, other, length, rows)
        return (a, b), mul_mat(context, a, b)

    made, best = variant.run(build, (weights, row_bytes), (rows, results), times)
    return np.abs(made - row_values @ as_kept.T).max() / np.sqrt(length), best


def attention(variant, rows, keys, heads, masked, times):
    """The largest error of attention, and the best seconds."""
    random = np.random.default_rng(rows * 31 + keys)
    q_bytes, q = encoded(random.standard_normal((rows, heads, HEAD)), F32)
    k_bytes, k = encoded(random.standard_normal((keys, heads, HEAD)), F16)
    v_bytes, v = encoded(random.standard_normal((keys, heads, HEAD)), F16)
    seen = np.ones((rows, keys), bool)
    if masked:
        seen = np.tril(seen, keys - rows)
    inputs = [q_bytes, k_bytes, v_bytes]
    if masked:
        inputs.append(np.where(seen, 0, -np.inf).astype(np.float16).tobytes())

    def build(context):
        tensors = [new_3d(context, F32, HEAD, heads, rows), new_3d(context, F16, HEAD, heads, keys),
                   new_3d(context, F16, HEAD, heads, keys)]
        parts = [permute(context, tensor, 0, 2, 1, 3) for tensor in tensors]
        if masked:
            tensors.append(new_2d(context, F16, keys, rows))
        mask = tensors[3] if masked else None
        return tensors, flash(context, *parts, mask, 1 / 8, 0, 0)

    made, best = variant.run(build, inputs, (rows, heads, HEAD), times)
    scores = np.where(seen[None], np.einsum("rhd,khd->hrk", q, k) / 8, -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    return np.abs(made - np.einsum("hrk,khd->rhd", weights, v)).max(), best


def runnable():
    """The variants that this processor can run, by name."""
    for path in sorted(glob.glob(os.path.join(LIBRARIES, "ggml", "libggml-cpu-*.so"))):
        if ctypes.CDLL(path).ggml_backend_score() > 0:
            yield os.path.basename(path)[len("libggml-cpu-"):-len(".so")], path


PRODUCTS = [
    *[(Q8_0, 1536, 384, rows) for rows in (1, 2, 3, 4, 5, 6, 7, 13, 555)],
    (Q8_0, 384, 1536, 555), (Q8_0, 1000, 512, 3), (Q8_0, 1001, 544, 9), (Q8_0, 17, 32, 2),
    *[(F16, rows, 240, 384) for rows in (552, 553, 554, 555)], (F16, 3, 240, 8),
]
ATTENDED = [
    *[(rows, 555, 6, False) for rows in (1, 2, 3, 4, 5, 31, 32, 63, 64, 65, 555)],
    (3, 37, 6, True), (9, 70, 6, True), (40, 130, 8, True), (1, 1, 6, True), (200, 200, 6, True),
]
NAMES = {Q8_0: "q8_0", F16: "f16"}
# Inputs are rounded to 8 bits once; half floats are summed in single precision, by ggml's own
# attention in half floats.
LIMITS = {"q8_0": 0.03, "f16": 0.002, "attention": 0.01}


def tell(what, seconds, count):
    """Prints what a run took, and how many multiplications a second that is."""
    print(f"{what}: {seconds * 1e3:.3f} ms, {count / seconds / 1e9:.1f} thousand million a second")


def try_variant(name, path, threads, times):
    """The largest error of each kind; tells times where there is more than one run."""
    variant = Variant(path, threads)
    worst = dict.fromkeys(LIMITS, 0.0)
    for kind, results, length, rows in PRODUCTS:
        error, best = product(variant, kind, results, length, rows, times)
        worst[NAMES[kind]] = max(worst[NAMES[kind]], error)
        if times > 1:
            tell(f"{name} {NAMES[kind]} {results} × {length} × {rows}", best,
                 results * length * rows)
    for rows, keys, heads, masked in ATTENDED:
        error, best = attention(variant, rows, keys, heads, masked, times)
        worst["attention"] = max(worst["attention"], error)
        if times > 1:
            tell(f"{name} attention of {rows} rows, {keys} keys, {heads} heads", best,
                 2 * rows * keys * heads * HEAD)
    return worst


def main():
    """Checks each variant; prints what was checked."""
    timed = "--times" in sys.argv
    for name, path in runnable():
        for threads in (1,) if timed else (1, 3):
            for kind, error in try_variant(name, path, threads, 30 if timed else 1).items():
                says = f"{name}, {threads} threads: {kind} is off by {error:.5f} at most"
                assert error < LIMITS[kind], says
                print(f"ok {says}")


if __name__ == "__main__":
    main()
