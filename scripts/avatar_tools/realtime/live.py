"""A conversation whose events are kept, timed and held against the invariants."""

import asyncio
import base64
import collections
import contextlib
import json
import secrets
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import websockets
from websockets.asyncio.client import connect

from avatar_tools.realtime.endpoint import Endpoint
from avatar_tools.realtime.invariants import Event, Invariants
from avatar_tools.realtime.sound import RATE_HZ, Samples, Wrong, need, pcm

TRANSCRIPT = "conversation.item.input_audio_transcription."
ERROR_TYPES = ("invalid_request_error", "server_error", "rate_limit_error")


class Live:
    """One connection. Each event is a dictionary; `_at` is when it came."""

    def __init__(
        self, place: Endpoint, query: str = "model=gpt-realtime", *, with_key: bool = True,
        **options: Any,
    ) -> None:
        self.url = f"{place.socket_url}/v1/realtime?{query}"
        self.kind = "transcription" if "intent=transcription" in query else "realtime"
        self.options = {
            "max_size": None, "compression": None, "open_timeout": 15, "ping_interval": None,
            "close_timeout": 4, **options}
        self.headers = {"Authorization": f"Bearer {place.key}"} if with_key and place.key else {}
        self.events: list[Event] = []
        self.invariants = Invariants()
        self.news = asyncio.Event()
        self.sent: collections.deque[str] = collections.deque(maxlen=3)
        self.closed: tuple[int | None, str | None] | None = None

    async def __aenter__(self) -> "Live":
        self.socket = await connect(self.url, additional_headers=self.headers, **self.options)
        self.reader = asyncio.ensure_future(self.read())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.socket.close()
        self.reader.cancel()
        if kind is None:
            self.verdict()

    async def read(self) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            async for message in self.socket:
                if not isinstance(message, str):
                    self.invariants.faults.append("a binary message")
                    continue
                event = json.loads(message)
                event["_at"] = time.time()
                self.invariants.watch(event)
                self.events.append(event)
                self.news.set()
        self.closed = (self.socket.close_code, self.socket.close_reason)
        self.news.set()

    def verdict(self) -> None:
        faults = self.invariants.faults
        need(not faults, "; ".join(dict.fromkeys(faults))[:600])

    # What came.

    def mark(self) -> int:
        return len(self.events)

    def all(self, kind: str, after: int = 0) -> list[Event]:
        return [event for event in self.events[after:] if event["type"] == kind]

    async def until(
        self, test: str | Callable[[Event], bool], seconds: float = 20, after: int = 0,
        what: str = "",
    ) -> Event:
        """The first event from index `after` on that passes, or has that type."""
        end = time.time() + seconds
        index = after
        while True:
            self.news.clear()
            while index < len(self.events):
                event = self.events[index]
                if event["type"] == test if isinstance(test, str) else test(event):
                    return event
                index += 1
            left = end - time.time()
            if left <= 0 or self.closed:
                name = what or (test if isinstance(test, str) else "such event")
                raise Wrong(f"no {name} within {seconds} s; {self.story(after)}")
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.news.wait(), left)

    def story(self, after: int) -> str:
        """What happened instead, for whoever reads that a check failed."""
        came = collections.Counter(event["type"] for event in self.events[after:])
        errors = [event["error"].get("code") for event in self.all("error", after)]
        return (f"came: {dict(came)} {errors or ''}; sent last: {list(self.sent)}"
                + (f"; closed {self.closed}" if self.closed else ""))

    def sound(self, response_id: str) -> bytes:
        return b"".join(
            base64.b64decode(event["delta"])
            for event in self.all("response.output_audio.delta")
            if event["response_id"] == response_id)

    def spoken(self, response_id: str) -> str:
        return "".join(
            event["delta"] for event in self.all("response.output_audio_transcript.delta")
            if event["response_id"] == response_id)

    # What is sent.

    async def send(self, **event: Any) -> None:
        self.sent.append(str(event.get("type")))
        await self.socket.send(json.dumps(event))

    async def update(self, **session: Any) -> dict[str, Any]:
        """Changes the session; gives it as it now is."""
        mark = self.mark()
        await self.send(type="session.update", session={"type": self.kind, **session})
        event = await self.until(
            lambda event: event["type"] in ("session.updated", "error"), 15, mark,
            "session.updated")
        need(event["type"] == "session.updated", f"update refused: {event.get('error')}")
        updated: dict[str, Any] = event["session"]
        return updated

    async def hear(
        self, samples: Samples, chunk_ms: int = 40, is_paced: bool = True,
        encode: Callable[[Samples], bytes] = pcm,
    ) -> float:
        """Sends sound; gives the time at which the last of it was spoken, or sent."""
        data = encode(samples)
        step = 2 * RATE_HZ * chunk_ms // 1000
        start = time.time()
        for index, offset in enumerate(range(0, len(data), step)):
            await self.append(data[offset:offset + step])
            if is_paced:
                due = start + (index + 1) * chunk_ms / 1000
                await asyncio.sleep(max(0, due - time.time()))
        return time.time()

    async def append(self, data: bytes) -> None:
        await self.send(type="input_audio_buffer.append", audio=base64.b64encode(data).decode())

    async def say(self, text: str, role: str = "user") -> str:
        """Adds a message; gives its item's id."""
        mark = self.mark()
        kind = "output_text" if role == "assistant" else "input_text"
        await self.send(type="conversation.item.create", item={
            "type": "message", "role": role, "content": [{"type": kind, "text": text}]})
        event = await self.until("conversation.item.done", 10, mark)
        return str(event["item"]["id"])

    async def speak(self, text: str, wait: float = 20) -> dict[str, Any]:
        """Has a text said as it is; gives the response when it is done."""
        mark = self.mark()
        await self.send(type="input_text_buffer.append", text=text)
        await self.send(type="input_text_buffer.commit")
        response: dict[str, Any] = (await self.until("response.done", wait, mark))["response"]
        return response

    async def respond(self, wait: float = 40, **response: Any) -> dict[str, Any]:
        """Asks for a response; gives it when it is done."""
        mark = self.mark()
        await self.send(type="response.create", **({"response": response} if response else {}))
        event = await self.until(
            lambda event: event["type"] in ("response.done", "error"), wait, mark, "response.done")
        need(event["type"] == "response.done", f"an error instead: {event.get('error')}")
        made: dict[str, Any] = event["response"]
        return made

    async def refused(
        self, code: str | None = None, param: str | None = None, **event: Any
    ) -> dict[str, Any]:
        """Sends an event that must be refused by an error that names it; gives the error."""
        mark, mine = self.mark(), "evt_" + secrets.token_hex(4)
        await self.send(event_id=mine, **event)
        error: dict[str, Any] = (await self.until("error", 10, mark))["error"]
        need(error.get("event_id") == mine, f"the error does not name the event: {error}")
        need(error.get("type") in ERROR_TYPES, f"type {error.get('type')}")
        need(error.get("message"), "no message")
        need(code in (None, error.get("code")), f"code {error.get('code')}, expected {code}")
        need(param in (None, error.get("param")), f"param {error.get('param')}, expected {param}")
        return error

    async def alive(self) -> None:
        need(self.closed is None, f"closed {self.closed}")
        await self.update()
