"""A server that is asked over HTTP beside the conversation, and over frames made by hand."""

import asyncio
import base64
import json
import os
import re
import struct
import subprocess
import time
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from avatar_tools import client
from avatar_tools.realtime.sound import RATE_HZ, Wrong, need
from avatar_tools.wav import wav_bytes


class Endpoint:
    """Where a server listens, and the key that it wants."""

    def __init__(
        self, url: str, key: str | None = None, process: subprocess.Popen[bytes] | None = None
    ) -> None:
        self.url, self.key, self.process = url.rstrip("/"), key, process
        self.socket_url = self.url.replace("http", "ws", 1)

    def ask(
        self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes:
        fields = dict(headers or {})
        if self.key:
            fields["Authorization"] = f"Bearer {self.key}"
        status, answer = client.ask(self.url + path, body, fields)
        need(status == 200, f"{path}: {status} {answer[:300]!r}")
        return answer

    def transcribe(self, sound: bytes) -> str:
        """What the ordinary route hears in English speech."""
        body, headers = client.multipart(language="en", file=wav_bytes(sound, RATE_HZ))
        return str(json.loads(self.ask("/transcribe", body, headers))["text"])

    def metric(self, name: str) -> float:
        """A metric, added up over its labels."""
        text = self.ask("/metrics").decode()
        found = re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.M)
        return sum(float(value) for value in found)


class RawSocket:
    """A WebSocket by hand, to send what no library would."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.status = 0
        self.fields: dict[str, str] = {}
        self.body = b""

    @classmethod
    async def open(
        cls,
        place: Endpoint,
        path: str = "/v1/realtime?model=gpt-realtime",
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
        drop: Collection[str] = (),
    ) -> "RawSocket":
        """Asks for an upgrade and reads the answer's head, and its body where it is refused."""
        host = place.url.split("//")[1]
        name, _, port = host.partition(":")
        made = cls(*await asyncio.open_connection(name, int(port)))
        fields = {
            "Host": host, "Upgrade": "websocket", "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13"}
        if place.key:
            fields["Authorization"] = f"Bearer {place.key}"
        fields.update(headers or {})
        lines = [f"{method} {path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in fields.items() if name not in drop]
        made.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = await asyncio.wait_for(made.reader.readuntil(b"\r\n\r\n"), 10)
        first, *rest = head.decode("latin1").split("\r\n")
        made.status = int(first.split(" ")[1])
        made.fields = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in rest if line)}
        if made.status != 101 and "content-length" in made.fields:
            made.body = await asyncio.wait_for(
                made.reader.readexactly(int(made.fields["content-length"])), 5)
        return made

    @staticmethod
    def frame(
        opcode: int,
        payload: bytes = b"",
        fin: bool = True,
        reserved: int = 0,
        mask: bool = True,
        claim: int | None = None,
    ) -> bytes:
        """One frame (RFC 6455 §5.2). Its head may claim another length than follows."""
        count = len(payload) if claim is None else claim
        head = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
        bit = 0x80 if mask else 0
        if count < 126:
            head += bytes([bit | count])
        elif count < 65_536:
            head += bytes([bit | 126]) + struct.pack(">H", count)
        else:
            head += bytes([bit | 127]) + struct.pack(">Q", count)
        if not mask:
            return head + payload
        key = os.urandom(4)
        stream = np.resize(np.frombuffer(key, np.uint8), len(payload))
        return head + key + (np.frombuffer(payload, np.uint8) ^ stream).tobytes()

    async def put(self, opcode: int, payload: bytes = b"", **more: Any) -> None:
        self.writer.write(self.frame(opcode, payload, **more))
        await self.writer.drain()

    async def get(self, seconds: float = 10) -> tuple[int, bytes] | None:
        """The next frame's opcode and payload, or None at the end of the stream."""
        try:
            first, second = await asyncio.wait_for(self.reader.readexactly(2), seconds)
            count = second & 127
            if count == 126:
                count = struct.unpack(">H", await self.reader.readexactly(2))[0]
            elif count == 127:
                count = struct.unpack(">Q", await self.reader.readexactly(8))[0]
            need(not second & 128, "the server masks its frames")
            need(not first & 0x70, "the server sets reserved bits")
            return first & 15, await self.reader.readexactly(count)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def event(self, kind: str, seconds: float = 10) -> dict[str, Any]:
        """The next event of a kind; others are passed over."""
        need(self.status == 101, f"the upgrade was answered {self.status}")
        end = time.time() + seconds
        while time.time() < end:
            frame = await self.get(end - time.time())
            if frame is None:
                raise Wrong(f"closed while waiting for {kind}")
            if frame[0] == 1:
                event: dict[str, Any] = json.loads(frame[1])
                if event["type"] == kind:
                    return event
        raise Wrong(f"no {kind}")

    async def close_code(self, seconds: float = 10) -> int | None:
        """The code of the close frame that comes; None where it has none."""
        end = time.time() + seconds
        while True:
            frame = await self.get(max(0.1, end - time.time()))
            if frame is None:
                raise Wrong("the stream ended without a close frame")
            if frame[0] == 8:
                return struct.unpack(">H", frame[1][:2])[0] if len(frame[1]) > 1 else None

    async def ends(self, code: int, seconds: float = 10) -> None:
        """A close frame with that code comes, and after our echo the end of the stream."""
        seen = await self.close_code(seconds)
        need(seen == code, f"closed with {seen}, expected {code}")
        await self.put(8, struct.pack(">H", code))
        while await self.get(3) is not None:
            pass

    def stop(self) -> None:
        self.writer.close()

    def vanish(self) -> None:
        """Leaves as a machine that lost its network does, but for the reset."""
        self.writer.transport.abort()
