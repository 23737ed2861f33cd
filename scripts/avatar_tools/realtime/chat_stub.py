"""An OpenAI-compatible /v1/chat/completions that does what the system message tells it.

`SCRIPT:name` in a conversation's instructions says how to answer; `TAG:word` finds the requests of
one conversation again.
"""

import asyncio
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any

REPLY = "I heard you very well. The sky is blue today, and the water is warm."
NUMBERS = "one two three four five six seven eight nine ten eleven twelve".split()
LONG = " ".join(
    f"This is sentence number {number}, and it goes on for a little while." for number in NUMBERS)
TEXTS = {
    "tool": "It is sunny in Paris.",
    "long": LONG,
    "slowlong": LONG,
    "think": "<think>Secret plans of mine.</think>Only this is said aloud.",
    "marks": "**Bold** words, a [link](http://x.test/y) and `code`. \U0001f600 Done now.",
}
# Scripts that answer with a status and nothing else.
REFUSALS = {"fail500": 500, "refuse401": 401, "rate429": 429}
# Seconds between two words.
PACES = {"slowlong": 0.12, "slow": 0.15}
# How many words "cut" and "length" get.
SHORT_WORDS = 7


def text_of(content: str | list[dict[str, Any]] | None) -> str:
    """The text of a message, however it is written."""
    if isinstance(content, str):
        return content
    return " ".join(part.get("text", "") for part in content or [])


@dataclass
class Request:
    """One request as it came."""

    body: dict[str, Any]
    path: str
    fields: dict[str, str]
    began: float = field(default_factory=time.time)
    # When the one who asked went before the end.
    left: float | None = None

    @property
    def system(self) -> str:
        return " ".join(
            text_of(message["content"]) for message in self.messages
            if message["role"] in ("system", "developer"))

    @property
    def messages(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.body["messages"]
        return messages

    @property
    def script(self) -> str:
        found = re.search(r"SCRIPT:(\w+)", self.system)
        return found[1] if found else "reply"


class ChatStub:
    """Listens on a port of its own and keeps every request."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.server: asyncio.Server | None = None
        self.port = 0

    async def start(self, port: int = 0) -> None:
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", port)
        self.port = self.server.sockets[0].getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def of(self, tag: str) -> list[Request]:
        return [request for request in self.requests if f"TAG:{tag}" in request.system]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request: Request | None = None
        try:
            request = await read_request(reader)
            self.requests.append(request)
            await Answer(request, reader, writer).write()
        except (ConnectionError, asyncio.IncompleteReadError):
            if request is not None and request.left is None:
                request.left = time.time()
        finally:
            writer.close()


async def read_request(reader: asyncio.StreamReader) -> Request:
    head = await reader.readuntil(b"\r\n\r\n")
    line, *rest = head.decode("latin1").split("\r\n")
    fields = {
        name.lower(): value.strip()
        for name, _, value in (one.partition(":") for one in rest if one)}
    if fields.get("transfer-encoding", "").lower() == "chunked":
        body = b""
        while size := int((await reader.readline()).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readline()
    else:
        body = await reader.readexactly(int(fields.get("content-length", 0)))
    return Request(json.loads(body), line.split(" ")[1], fields)


class Answer:
    """What one request gets, by its script."""

    def __init__(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.request, self.writer = request, writer
        self.gone = asyncio.ensure_future(reader.read(1))

    async def write(self) -> None:
        try:
            script = self.request.script
            if status := REFUSALS.get(script):
                await self.refuse(status)
                return
            if script == "hang":
                await self.nap(90)
            self.writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
            await self.piece({"role": "assistant", "content": ""})
            if script == "tool" and self.request.messages[-1]["role"] != "tool":
                finish: str | None = await self.call_tool()
            else:
                finish = await self.talk(script)
            if finish is None:
                self.writer.transport.abort()
                return
            await self.piece({}, finish)
            usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
            await self.chunk({"choices": [], "usage": usage}, b"data: [DONE]\n\n")
            self.writer.write(b"0\r\n\r\n")
            await self.writer.drain()
        finally:
            self.gone.cancel()

    async def talk(self, script: str) -> str | None:
        """Why it ends, or None where the connection is to break off."""
        if script == "think":
            await self.piece({"reasoning_content": "More secret plans."})
        for index, word in enumerate(re.findall(r"\s*\S+", TEXTS.get(script, REPLY))):
            await self.piece({"content": word})
            await self.nap(PACES.get(script, 0.005))
            if index + 1 == SHORT_WORDS and script in ("cut", "length"):
                return "length" if script == "length" else None
        return "stop"

    async def call_tool(self) -> str:
        function = {"name": "get_weather", "arguments": ""}
        call = {"index": 0, "id": "call_stub1", "type": "function", "function": function}
        await self.piece({"tool_calls": [call]})
        for part in ('{"city"', ': "Paris"', "}"):
            await self.piece({"tool_calls": [{"index": 0, "function": {"arguments": part}}]})
        return "tool_calls"

    async def refuse(self, status: int) -> None:
        error = {"message": "the stub was told to", "type": "stub", "code": None}
        data = json.dumps({"error": error}).encode()
        self.writer.write(
            f"HTTP/1.1 {status} x\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(data)}\r\nConnection: close\r\n\r\n".encode() + data)
        await self.writer.drain()

    async def nap(self, seconds: float) -> None:
        """Sleeps, unless who asked leaves."""
        done, _ = await asyncio.wait([self.gone], timeout=seconds)
        if done:
            self.request.left = time.time()
            raise ConnectionError("who asked has left")

    async def piece(self, delta: dict[str, Any], finish: str | None = None) -> None:
        await self.chunk({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    async def chunk(self, event: dict[str, Any], more: bytes = b"") -> None:
        head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "stub"}
        data = b"data: " + json.dumps(head | event).encode() + b"\n\n" + more
        self.writer.write(b"%x\r\n" % len(data) + data + b"\r\n")
        await self.writer.drain()
