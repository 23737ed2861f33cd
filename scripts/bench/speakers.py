"""Diarization error and cost of our server; see scripts/bench/speakers.

usage: speakers.py FOLDER COUNT SEED
"""
import json
import sys

import numpy as np
import speakers_mixtures
import speakers_score

from avatar_tools.server import Server
from avatar_tools.wav import wav_bytes

FOLDER, COUNT, SEED = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
COLLARS = (0.0, 0.25)


def transcribe(server, data, **fields):
    """The answer and the CPU seconds that it took."""
    before = server.cpu_seconds()
    answer = server.form("/transcribe", file=data, language="en", model="tiny.en", **fields)
    return json.loads(answer), server.cpu_seconds() - before


class Sums:
    """Seconds of error and of speech, by collar, and counts of files."""

    def __init__(self):
        self.seconds = {collar: np.zeros(4) for collar in COLLARS}
        self.files = self.right = 0
        self.with_speakers = self.without = 0.0

    def add(self, truth, told, cpu):
        for collar in COLLARS:
            self.seconds[collar] += speakers_score.errors(truth, told, collar)
        self.files += 1
        self.right += told.shape[1] == truth.shape[1]
        self.with_speakers += cpu[0]
        self.without += cpu[1]

    def line(self, name):
        rates = []
        for collar in COLLARS:
            missed, extra, wrong, speech = self.seconds[collar]
            rate = 100 * (missed + extra + wrong) / speech
            parts = " + ".join(f"{100 * part / speech:.1f}" for part in (missed, extra, wrong))
            rates.append(f"collar {collar:.2f} s: {rate:5.1f} % ({parts})")
        cost = 100 * (self.with_speakers / self.without - 1)
        return (f"{name:28} {'  '.join(rates)}  count right {self.right}/{self.files}"
                f"  CPU {self.without:.1f} s {cost:+.1f} %")


def main():
    talkers = speakers_mixtures.read_talkers(FOLDER, SEED)
    print(f"{len(talkers)} talkers; error = missed + told too much + another's, of all speech")
    sums = {}
    with Server() as server:
        for index, mixture in enumerate(speakers_mixtures.mixtures(talkers, COUNT, SEED)):
            data = wav_bytes((mixture.samples * 32767).astype("<i2").tobytes())
            fields = {"response_format": "verbose_json"}
            if index == 0:
                transcribe(server, data, **fields, diarize="true")
            # In turn one of them comes first.
            order = (True, False) if index % 2 else (False, True)
            asked = {}
            for diarize in order:
                more = {"diarize": "true"} if diarize else {}
                asked[diarize] = transcribe(server, data, **fields, **more)
            segments = asked[True][0]["segments"]
            told = speakers_score.frames_of(segments, len(mixture.truth))
            cpu = (asked[True][1], asked[False][1])
            people, condition = mixture.name[4:].split(", ")
            for key in ("all", people, condition):
                sums.setdefault(key, Sums()).add(mixture.truth, told, cpu)
            one = Sums()
            one.add(mixture.truth, told, cpu)
            seconds = len(mixture.truth) / 100
            print(one.line(f"{mixture.name}, {seconds:.0f} s"), flush=True)
    for key, value in sums.items():
        print(value.line(key))


if __name__ == "__main__":
    main()
