#!/usr/bin/env python3
"""Makes what British voices read with, from the wheel of the voice hibari (hibari-tts, Apache-2.0).

    hibari_british.py MODELS_FOLDER WHEEL [LIBONNXRUNTIME]

Writes MODELS_FOLDER/hibari/british.tables (the dictionary, as hibari.tables has it; everything else
is read from there) and british_oov.onnx, the network of unknown words. A voice itself is laid
beside them as it comes: bf_emma.int8.onnx and its like, or fetched by
"avatar-backend models fetch".
"""
import gzip
import json
import os
import struct
import sys
import zipfile

import hibari


def tables(asset):
    def unpacked(name):
        return json.loads(gzip.decompress(asset(name)))

    ids = json.loads(asset("vocab.json"))
    net = json.loads(asset("oov_gb.json"))
    gold, silver = unpacked("lexicon_gb_gold.json.gz"), unpacked("lexicon_gb_silver.json.gz")
    sections = {
        "lexicon": hibari.packed(gold, ((1, silver), (0, gold)), ids),
        "letters": struct.pack(f"<{len(net['in'])}I", *map(ord, net["in"])),
        "sounds": struct.pack(f"<{len(net['out'])}I", *map(ord, net["out"])),
    }
    head, body = bytearray(), bytearray()
    start = 16 + 24 * len(sections)
    for name in sorted(sections):
        body += bytes(-(start + len(body)) % 8)
        head += struct.pack("<16sII", name.encode(), start + len(body), len(sections[name]))
        body += sections[name]
    return b"HIBTAB01" + struct.pack("<II", len(sections), 0) + bytes(head) + bytes(body)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit("usage: hibari_british.py MODELS_FOLDER WHEEL [LIBONNXRUNTIME]")
    out = os.path.join(sys.argv[1], "hibari")
    os.makedirs(out, exist_ok=True)
    rewriter = hibari.Rewriter(sys.argv[3] if len(sys.argv) == 4 else hibari.library_of(out))
    with zipfile.ZipFile(sys.argv[2]) as archive:
        def asset(name):
            return archive.read("hibari/assets/" + name)

        hibari.write_network(rewriter, f"{out}/british_oov.onnx", asset("oov_gb.onnx"))
        hibari.write(f"{out}/british.tables", tables(asset))


if __name__ == "__main__":
    main()
