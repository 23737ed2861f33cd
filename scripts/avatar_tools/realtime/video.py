"""The pictures of a conversation: fragments of MP4, their frames, and lips against sound."""

import base64
import itertools
import struct
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from avatar_tools.realtime.sound import RATE_HZ, Samples, need, values

Frames = npt.NDArray[np.int16]
FRAME_MS = 40
# Frames are looked at in grey, of this side; a mouth is looked for in squares of the other.
SIDE, SQUARE = 128, 8


def boxes(data: bytes, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """Kind, start and end of the contents of each box."""
    while start + 8 <= end:
        size, kind = struct.unpack(">I4s", data[start:start + 8])
        yield kind.decode("latin1"), start + 8, start + size
        start += max(size, 8)


def find_box(
    data: bytes, path: Sequence[str], start: int = 0, end: int | None = None
) -> tuple[int, int] | None:
    """Where the contents of the first box of a path lie."""
    for kind, first, last in boxes(data, start, len(data) if end is None else end):
        if kind == path[0]:
            return (first, last) if len(path) == 1 else find_box(data, path[1:], first, last)
    return None


def contents(data: bytes, *path: str) -> bytes:
    found = find_box(data, path)
    need(found, f"there is no {'/'.join(path)}")
    assert found is not None
    return data[found[0]:found[1]]


def number(data: bytes, at: int, wide: bool = False) -> int:
    return int.from_bytes(data[at:at + (8 if wide else 4)], "big")


@dataclass
class Video:
    """What `response.video.delta` events carried together."""

    data: bytes
    # Of each fragment: when it is due and how long it is shown, in ms; how many frames it has.
    times: list[float]
    lengths: list[float]
    counts: list[int]
    timescale: int

    def __init__(self, events: Sequence[dict[str, Any]]) -> None:
        self.data, self.timescale = b"", 0
        self.times, self.lengths, self.counts = [], [], []
        for event in events:
            part = base64.b64decode(event["delta"])
            self.data += part
            if event["init"]:
                self.begin(part)
            else:
                self.add(part, event["stream_ms"])
                self.lengths.append(event["duration_ms"])

    def begin(self, part: bytes) -> None:
        movie = find_box(part, ["moov"])
        need(part[4:8] == b"ftyp" and movie, "the first is no ftyp and moov")
        assert movie is not None
        tracks = [kind for kind, _, _ in boxes(part, *movie) if kind == "trak"]
        need(len(tracks) == 1, f"{len(tracks)} tracks")
        head = contents(part, "moov", "trak", "mdia", "mdhd")
        self.timescale = number(head, 20 if head[0] else 12)

    def add(self, part: bytes, due_ms: float) -> None:
        need(self.timescale, "frames before the first fragment")
        time = contents(part, "moof", "traf", "tfdt")
        ms = number(time, 4, wide=bool(time[0])) / self.timescale * 1000
        need(abs(ms - due_ms) < 2, f"tfdt {ms:.1f} is not stream_ms {due_ms}")
        self.times.append(ms)
        self.counts.append(number(contents(part, "moof", "traf", "trun"), 4))

    @property
    def is_monotonic(self) -> bool:
        return all(first < second for first, second in itertools.pairwise(self.times))

    @property
    def frame_times(self) -> Samples:
        starts = np.repeat(self.times, self.counts)
        steps = [
            np.arange(count) * length / count for count, length in zip(self.counts, self.lengths)]
        return np.asarray(starts + np.concatenate(steps), np.float64)

    @property
    def largest_hole_ms(self) -> float:
        """How far a fragment begins from where the one before it ends, at most."""
        return float(np.abs(np.diff(self.times) - np.array(self.lengths[:-1])).max())

    def frames(self) -> Frames:
        """Every frame in grey, decoded by ffmpeg."""
        with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
            file.write(self.data)
            file.flush()
            done = subprocess.run(
                ["ffmpeg", "-v", "error", "-i", file.name, "-fps_mode", "passthrough",
                 "-vf", f"scale={SIDE}:{SIDE}", "-f", "rawvideo", "-pix_fmt", "gray", "-"],
                capture_output=True, check=False)
        need(not done.stderr.strip(), f"ffmpeg: {done.stderr.decode()[:200]}")
        return np.frombuffer(done.stdout, np.uint8).reshape(-1, SIDE, SIDE).astype(np.int16)


@dataclass
class Voice:
    """The sound of a conversation with a face, laid where its stream's clock wants it."""

    samples: Samples
    start_ms: float
    end_ms: float

    def __init__(self, events: Sequence[dict[str, Any]], stream_end_ms: float) -> None:
        self.samples = np.zeros(int((stream_end_ms / 1000 + 10) * RATE_HZ))
        self.start_ms = self.end_ms = events[0]["stream_ms"]
        for event in events:
            # A hole is a clause that came late; sound never overlaps.
            due = event["stream_ms"]
            need(self.end_ms - 5 <= due < self.end_ms + 1000,
                 f"sound due at {due} after {self.end_ms:.0f}")
            piece = values(base64.b64decode(event["delta"]))
            place = self.samples[int(due * RATE_HZ / 1000):][:len(piece)]
            place[:] = piece[:len(place)]
            self.end_ms = due + len(piece) / RATE_HZ * 1000

    def loudness(self, times_ms: Samples) -> Samples:
        """Of the frame's length of sound from each time on."""
        length = RATE_HZ * FRAME_MS // 1000
        starts = (times_ms * RATE_HZ / 1000).astype(int)
        return np.array([np.sqrt((self.samples[start:][:length] ** 2).mean()) for start in starts])


@dataclass
class Lips:
    """How the square that moves most in speech beyond rest moves."""

    # Change from frame to frame, in grey levels.
    at_rest: float
    in_speech: float
    # By how many frames they come after the loudness, where they fit it best, and how well there.
    lag: int
    correlation: float


def squares(frames: Samples) -> Samples:
    """The mean of each square of a picture."""
    sums = np.pad(frames.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    whole = (sums[SQUARE:, SQUARE:] - sums[:-SQUARE, SQUARE:] - sums[SQUARE:, :-SQUARE]
             + sums[:-SQUARE, :-SQUARE])
    mean: Samples = whole / SQUARE**2
    return mean


def short_term(row: Samples) -> Samples:
    """What is left of a row without what changes over a second."""
    slow = np.convolve(np.pad(row, 12, "edge"), np.ones(25) / 25, "valid")
    return np.asarray(row - slow, np.float64)


def lips(rest: Frames, speech: Frames, loudness: Samples) -> Lips:
    still, moving = (
        squares(np.abs(np.diff(frames.astype(float), axis=0)).mean(0)) for frames in (rest, speech))
    y, x = np.unravel_index((moving - still).argmax(), moving.shape)
    light = short_term(speech[:, y:y + SQUARE, x:x + SQUARE].mean((1, 2)))[8:-8]
    loud = np.convolve(np.pad(np.sqrt(loudness), 1, "edge"), np.ones(3) / 3, "valid")
    lags = range(-8, 9)
    fits = [
        abs(float(np.corrcoef(light, short_term(np.roll(loud, lag))[8:-8])[0, 1])) for lag in lags]
    best = int(np.argmax(fits))
    return Lips(float(still[y, x]), float(moving[y, x]), lags[best], fits[best])
