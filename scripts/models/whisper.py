#!/usr/bin/env python3
"""Converts a Whisper model from CTranslate2's format to whisper.cpp's ggml with q8_0 weights.

usage: whisper.py MODEL_FOLDER OUT.bin      the folder holds model.bin and tokenizer.json

CTranslate2's file, little endian, without padding (ctranslate2, model_spec.py, version 6):
  u32 version, str spec, u32 revision
  u32 count, then a variable each: str name, u8 rank, u32 sizes[rank], u8 type, u32 bytes, data
  u32 count, then an alias each: str alias, str target;  str = u16 length with its NUL, bytes
ggml's file (whisper.cpp, models/convert-pt-to-ggml.py): header, mel filters, tokens, tensors.
"""
import json
import struct
import sys
from pathlib import Path

import numpy as np

CT2_TYPES = {0: "<f4", 1: "i1", 2: "<i2", 3: "<i4", 4: "<f2"}
GGML_F32, GGML_F16, GGML_Q8_0 = 0, 1, 8
# ggml's file type for q8_0 (7) with the version of its quantisation (2 × 1000).
FTYPE_Q8_0 = 2007
KEEP_F32 = {
    "encoder.conv1.bias", "encoder.conv2.bias", "encoder.positional_embedding",
    "decoder.positional_embedding",
}


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, code):
        (value,) = struct.unpack_from("<" + code, self.data, self.at)
        self.at += struct.calcsize("<" + code)
        return value

    def text(self):
        length = self.take("H")
        raw = self.data[self.at:self.at + length]
        self.at += length
        return raw.rstrip(b"\0").decode()


def read_variables(path):
    """Name → array of every variable in a CTranslate2 file."""
    reader = Reader(Path(path).read_bytes())
    version, spec, _ = reader.take("I"), reader.text(), reader.take("I")
    if spec != "WhisperSpec" or version != 6:
        sys.exit(f"{path}: {spec} version {version} is not a Whisper model of version 6")
    variables = {}
    for _ in range(reader.take("I")):
        name = reader.text()
        shape = tuple(reader.take("I") for _ in range(reader.take("B")))
        kind, size = np.dtype(CT2_TYPES[reader.take("B")]), reader.take("I")
        array = np.frombuffer(reader.data, kind, size // kind.itemsize, reader.at)
        variables[name] = array.reshape(shape)
        reader.at += size
    for _ in range(reader.take("I")):
        alias, target = reader.text(), reader.text()
        variables.setdefault(alias, variables[target])
    if reader.at != len(reader.data):
        sys.exit(f"{path}: {len(reader.data) - reader.at} bytes are left over")
    return variables


def mel_filters(bands, rate=16000, size=400):
    """Triangular filters on Slaney's mel scale, each of unit area: float32 [bands, size/2 + 1]."""
    step = np.log(6.4) / 27
    top = 15 + np.log(rate / 2 / 1000) / step
    mels = np.linspace(0, top, bands + 2)
    edges = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp(step * (mels - 15)))
    bins = np.linspace(0, rate / 2, size // 2 + 1)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    area = 2 / (edges[2:] - edges[:-2])
    return (np.clip(np.minimum(rising, falling), 0, None) * area[:, None]).astype("<f4")


def token_bytes(folder, count):
    """The first `count` tokens as raw bytes: GPT-2 writes each byte as a printable character."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in printable]
    byte_of = {chr(byte): byte for byte in printable}
    byte_of |= {chr(256 + index): byte for index, byte in enumerate(rest)}
    vocabulary = json.loads((folder / "tokenizer.json").read_text("utf8"))["model"]["vocab"]
    text_of = {number: text for text, number in vocabulary.items()}
    return [bytes(byte_of[c] for c in text_of.get(number, "")) for number in range(count)]


def layer_tensors(variables, side, index, width):
    """whisper.cpp's tensors of one layer; q, k, v are fused in the source, and k has no bias."""
    source, name = f"{side}/layer_{index}", f"{side}.blocks.{index}"
    tensors = {}

    def norm(target, place):
        tensors[f"{name}.{target}.weight"] = variables[f"{source}/{place}/gamma"]
        tensors[f"{name}.{target}.bias"] = variables[f"{source}/{place}/beta"]

    def linear(target, place, part=None, bias=True):
        rows = slice(None) if part is None else slice(part * width, (part + 1) * width)
        tensors[f"{name}.{target}.weight"] = variables[f"{source}/{place}/weight"][rows]
        if bias:
            tensors[f"{name}.{target}.bias"] = variables[f"{source}/{place}/bias"][rows]

    norm("attn_ln", "self_attention/layer_norm")
    linear("attn.query", "self_attention/linear_0", 0)
    linear("attn.key", "self_attention/linear_0", 1, bias=False)
    linear("attn.value", "self_attention/linear_0", 2)
    linear("attn.out", "self_attention/linear_1")
    if side == "decoder":
        norm("cross_attn_ln", "attention/layer_norm")
        linear("cross_attn.query", "attention/linear_0")
        linear("cross_attn.key", "attention/linear_1", 0, bias=False)
        linear("cross_attn.value", "attention/linear_1", 1)
        linear("cross_attn.out", "attention/linear_2")
    norm("mlp_ln", "ffn/layer_norm")
    linear("mlp.0", "ffn/linear_0")
    linear("mlp.2", "ffn/linear_1")
    return tensors


def layer_count(variables, side):
    return 1 + max(
        int(name.split("/")[1][6:]) for name in variables
        if name.startswith(f"{side}/layer_") and name.split("/")[1][6:].isdigit())


def q8_0(array):
    """ggml's q8_0: blocks of 32 as one float16 scale and 32 signed bytes."""
    blocks = array.astype("<f4").reshape(-1, 32)
    scale = np.abs(blocks).max(1, keepdims=True) / 127
    inverse = np.divide(1, scale, out=np.zeros_like(scale), where=scale > 0)
    scaled = blocks * inverse
    rounded = (np.sign(scaled) * np.floor(np.abs(scaled) + 0.5)).astype("i1")
    packed = np.empty((len(blocks), 34), "u1")
    packed[:, :2] = scale.astype("<f2").view("u1").reshape(-1, 2)
    packed[:, 2:] = rounded.view("u1")
    return packed.tobytes()


def encode(name, array):
    """(ggml type, bytes): matrices in 8 bits, convolutions in 16, the rest in 32."""
    if array.ndim == 2 and name not in KEEP_F32 and array.shape[1] % 32 == 0:
        return GGML_Q8_0, q8_0(array)
    if array.ndim >= 2 and name not in KEEP_F32:
        return GGML_F16, np.ascontiguousarray(array, "<f2").tobytes()
    return GGML_F32, np.ascontiguousarray(array, "<f4").tobytes()


def main():
    folder, target = Path(sys.argv[1]), Path(sys.argv[2])
    variables = read_variables(folder / "model.bin")
    vocabulary, width = variables["decoder/embeddings/weight"].shape
    bands = variables["encoder/conv1/weight"].shape[1]
    layers = {side: layer_count(variables, side) for side in ("encoder", "decoder")}
    tensors = {}
    for side, count in layers.items():
        for index in range(count):
            tensors |= layer_tensors(variables, side, index, width)
        tensors[f"{side}.positional_embedding"] = variables[f"{side}/position_encodings/encodings"]
    for conv in ("conv1", "conv2"):
        tensors[f"encoder.{conv}.weight"] = variables[f"encoder/{conv}/weight"]
        tensors[f"encoder.{conv}.bias"] = variables[f"encoder/{conv}/bias"].reshape(-1, 1)
    tensors["decoder.token_embedding.weight"] = variables["decoder/embeddings/weight"]
    for ours, theirs in (("encoder.ln_post", "encoder"), ("decoder.ln", "decoder")):
        tensors[ours + ".weight"] = variables[theirs + "/layer_norm/gamma"]
        tensors[ours + ".bias"] = variables[theirs + "/layer_norm/beta"]

    # Multilingual vocabularies have one text token more than English ones.
    tokens = token_bytes(folder, 50257 if vocabulary >= 51865 else 50256)
    filters = mel_filters(bands)
    contexts = [variables[f"{side}/position_encodings/encodings"].shape[0] for side in layers]
    heads = [int(variables[f"{side}/num_heads"]) for side in layers]
    header = (0x67676D6C, vocabulary, contexts[0], width, heads[0], layers["encoder"], contexts[1],
              width, heads[1], layers["decoder"], bands, FTYPE_Q8_0)
    with target.open("wb") as out:
        out.write(struct.pack("<12i", *header))
        out.write(struct.pack("<2i", *filters.shape) + filters.tobytes())
        out.write(struct.pack("<i", len(tokens)))
        for token in tokens:
            out.write(struct.pack("<i", len(token)) + token)
        for name, array in tensors.items():
            kind, data = encode(name, array)
            raw = name.encode()
            out.write(struct.pack("<3i", array.ndim, len(raw), kind))
            out.write(struct.pack(f"<{array.ndim}i", *array.shape[::-1]) + raw + data)
    print(f"{target.name}: {len(tensors)} tensors, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
