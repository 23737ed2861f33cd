"""The checks of the conversation: how one is written, what they share, and how they are run."""

import asyncio
import base64
import re
import secrets
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import websockets

from avatar_tools import CLIP, PORTRAIT
from avatar_tools.checks import check
from avatar_tools.figures import percentile
from avatar_tools.realtime.chat_stub import ChatStub
from avatar_tools.realtime.endpoint import Endpoint
from avatar_tools.realtime.sound import RATE_HZ, Samples, Wrong, read_wav

SPEECH = ("And so my fellow Americans, ask not what your country can do for you, "
          "ask what you can do for your country.")
# What is said before its first pause, and where that lies.
SHORT, SHORT_SECONDS = "And so my fellow Americans", 2.55
CASE_SECONDS_MAX = 150


@dataclass
class Case:
    """One check: it ends, or raises `Wrong`."""

    name: str
    function: Callable[[], Awaitable[None]]
    # Nothing runs beside it: it looks at times, or at the whole server's metrics.
    is_alone: bool


CASES: list[Case] = []


def case(name: str, *, alone: bool = False) -> Callable[[Callable[[], Awaitable[None]]], None]:
    def add(function: Callable[[], Awaitable[None]]) -> None:
        CASES.append(Case(name, function, alone))
    return add


@dataclass
class Kit:
    """What the checks share."""

    # A server with a chat endpoint and a key, and one that has neither and short limits.
    full: Endpoint = field(default_factory=lambda: Endpoint(""))
    bare: Endpoint = field(default_factory=lambda: Endpoint(""))
    chat: ChatStub = field(default_factory=ChatStub)
    speech: Samples = field(default_factory=lambda: np.zeros(0))
    short: Samples = field(default_factory=lambda: np.zeros(0))
    # Seconds of silence behind the last word of `short`.
    tail: float = 0
    latencies: dict[str, list[float]] = field(default_factory=dict)

    def load(self) -> None:
        whole = read_wav(CLIP)
        window = RATE_HZ // 50
        loud = np.convolve(np.abs(whole), np.ones(window) / window, "same") > 0.01
        first = int(SHORT_SECONDS * RATE_HZ)
        self.short = whole[:first]
        self.speech = whole[:np.flatnonzero(loud)[-1] + RATE_HZ // 10]
        self.tail = max(0, (first - 1 - np.flatnonzero(loud[:first])[-1]) / RATE_HZ)

    def tagged(self, script: str = "reply") -> tuple[str, str]:
        """Instructions for the chat stub, and the tag by which it finds their requests."""
        tag = secrets.token_hex(4)
        return tag, f"Answer briefly. SCRIPT:{script} TAG:{tag}"

    def note(self, name: str, seconds: float) -> None:
        self.latencies.setdefault(name, []).append(seconds)

    def tell_latencies(self) -> None:
        for name, seconds in self.latencies.items():
            low, high = (round(percentile(seconds, share) * 1000) for share in (50, 95))
            print(f"      {name}: {len(seconds)} times, p50 {low} ms, p95 {high} ms")


kit = Kit()


def talk(
    input: dict[str, Any] | None = None, output: dict[str, Any] | None = None, **session: Any
) -> dict[str, Any]:
    """Fields of a session whose language is told, which saves finding it out."""
    hearing = {"transcription": {"model": "whisper-1", "language": "en"}, **(input or {})}
    audio = {"input": hearing} | ({"output": output} if output else {})
    return {"audio": audio, **session}


def face(side: int = 256, image: str | None = None) -> dict[str, Any]:
    """A session's `avatar`."""
    return {
        "type": "photo-avatar", "output_protocol": "websocket", "image": image or portrait_uri(),
        "video": {"codec": "h264", "fps": 25, "resolution": {"width": side, "height": side}}}


def portrait_uri() -> str:
    return data_uri(PORTRAIT.read_bytes())


def data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()


async def verdict(case: Case) -> str:
    """What is wrong; nothing where a case holds."""
    try:
        await asyncio.wait_for(case.function(), CASE_SECONDS_MAX)
    except Wrong as wrong:
        return str(wrong) or "wrong"
    except websockets.InvalidStatus as refusal:
        return f"the upgrade was answered {refusal.response.status_code}"
    except TimeoutError:
        return "too slow"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


async def run_case(case: Case) -> None:
    began = time.monotonic()
    wrong = await verdict(case)
    check(f"{case.name} ({time.monotonic() - began:.1f} s)", not wrong, wrong)


async def run_cases(pattern: str = "", beside: int = 3) -> None:
    """Those whose name has a pattern: a few at once, then each of those that want to be alone."""
    chosen: Sequence[Case] = [case for case in CASES if re.search(pattern, case.name)]
    if not chosen:
        sys.exit(f"no check's name has {pattern!r}")
    gate = asyncio.Semaphore(beside)

    async def in_turn(case: Case) -> None:
        async with gate:
            await run_case(case)

    await asyncio.gather(*(in_turn(case) for case in chosen if not case.is_alone))
    for case in chosen:
        if case.is_alone:
            await run_case(case)
