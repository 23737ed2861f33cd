"""Checks of how a conversation begins, of its frames, and of clients that break the rules."""

import asyncio
import json
import struct
import time

import openai

from avatar_tools.realtime.cases import case, kit
from avatar_tools.realtime.chat_stub import REPLY
from avatar_tools.realtime.endpoint import RawSocket
from avatar_tools.realtime.live import Live
from avatar_tools.realtime.sound import Wrong, need, word_error


@case("a key in Authorization opens, session.created comes first")
async def _():
    async with Live(kit.full) as live:
        event = await live.until("session.created", 5)
        session = event["session"]
        need(
            session.get("object") == "realtime.session"
            and str(session.get("id", "")).startswith("sess"),
            f"session {session.get('object')} {session.get('id')}",
        )
        need(session["type"] == "realtime", session["type"])
        need(abs(session.get("expires_at", 0) - time.time()) < 2 * 3600, "expires_at")
        detection = session["audio"]["input"]["turn_detection"]
        need(
            detection["type"] == "server_vad" and detection["silence_duration_ms"] == 500,
            f"turn_detection {detection}",
        )


@case("a key as a subprotocol opens, and only 'realtime' is told back")
async def _():
    need(kit.full.key, "the server must have a key")
    async with Live(
        kit.full,
        with_key=False,
        subprotocols=[
            "realtime",
            f"openai-insecure-api-key.{kit.full.key}",
            "openai-beta.realtime-v1",
        ],
    ) as live:
        need(live.socket.subprotocol == "realtime", f"selected {live.socket.subprotocol}")
        await live.until("session.created", 5)


@case("no key, a wrong key, a key in the query: 401 before the upgrade, in OpenAI's envelope")
async def _():
    need(kit.full.key, "the server must have a key")
    for what in (
        {"drop": ("Authorization",)},
        {"headers": {"Authorization": "Bearer nope"}},
        {
            "drop": ("Authorization",),
            "headers": {"Sec-WebSocket-Protocol": "realtime, openai-insecure-api-key.nope"},
        },
        {"drop": ("Authorization",), "path": f"/v1/realtime?model=x&api_key={kit.full.key}"},
    ):
        raw = await RawSocket.open(kit.full, **what)
        need(raw.status == 401, f"{what}: {raw.status}")
        need("message" in json.loads(raw.body)["error"], "no envelope")
        raw.stop()


@case("an Origin from elsewhere is 403, our own is let in")
async def _():
    raw = await RawSocket.open(kit.full, headers={"Origin": "https://evil.example"})
    need(raw.status == 403, f"foreign origin: {raw.status}")
    raw.stop()
    raw = await RawSocket.open(kit.full, headers={"Origin": kit.full.url})
    need(raw.status == 101, f"own origin: {raw.status}")
    raw.stop()


@case("what is no proper upgrade is refused as HTTP: 400, 405, 426")
async def _():
    for want, what in (
        (426, {"drop": ("Upgrade", "Connection")}),
        (426, {"headers": {"Sec-WebSocket-Version": "12"}}),
        (400, {"drop": ("Sec-WebSocket-Key",)}),
        (400, {"headers": {"Sec-WebSocket-Key": "short"}}),
        (405, {"method": "POST", "headers": {"Content-Length": "0"}}),
    ):
        raw = await RawSocket.open(kit.full, **what)
        need(raw.status == want, f"{what}: {raw.status}, expected {want}")
        if "Sec-WebSocket-Version" in str(what):
            need(raw.fields.get("sec-websocket-version") == "13", "no Sec-WebSocket-Version: 13")
        raw.stop()


@case("permessage-deflate is not negotiated")
async def _():
    raw = await RawSocket.open(
        kit.full, headers={"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    )
    need(raw.status == 101 and "sec-websocket-extensions" not in raw.fields, str(raw.fields))
    raw.stop()


@case("intent=transcription with and without a model is a transcription session")
async def _():
    for query in ("intent=transcription", "intent=transcription&model=gpt-realtime-whisper"):
        async with Live(kit.full, query) as live:
            session = (await live.until("session.created", 5))["session"]
            need(session["type"] == "transcription", session["type"])


@case("OpenAI's asynchronous client holds a conversation by text")
async def _():
    client = openai.AsyncOpenAI(base_url=kit.full.url + "/v1", api_key=kit.full.key or "none")
    tag, instructions = kit.tagged()
    async with client.realtime.connect(model="gpt-realtime") as c:
        await c.session.update(
            session={
                "type": "realtime",
                "instructions": instructions,
                "output_modalities": ["text"],
            }
        )
        await c.conversation.item.create(
            item={
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": "Say hello."}],
            }
        )
        await c.response.create()
        text, kinds = "", []
        async with asyncio.timeout(30):
            async for event in c:
                kinds.append(event.type)
                if event.type == "response.output_text.delta":
                    text += event.delta
                if event.type == "error":
                    raise Wrong(str(event.error))
                if event.type == "response.done":
                    need(event.response.status == "completed", event.response.status)
                    break
        need(word_error(REPLY, text) == 0, f"text {text!r}")
    need(kit.chat.of(tag), "the chat endpoint was never asked")


@case("OpenAI's synchronous client reads the same, by websocket_base_url")
async def _():
    def run():
        client = openai.OpenAI(
            websocket_base_url=kit.full.socket_url + "/v1", api_key=kit.full.key or "none"
        )
        with client.realtime.connect(model="gpt-realtime") as c:
            need(c.recv().type == "session.created", "first event")
            c.session.update(session={"type": "realtime", "output_modalities": ["text"]})
            need(c.recv().type == "session.updated", "second event")

    await asyncio.wait_for(asyncio.to_thread(run), 20)


@case("a ping comes back with its payload, between the fragments of a message too")
async def _():
    raw = await RawSocket.open(kit.full)
    await raw.event("session.created")
    await raw.put(9, b"abc")
    while (f := await raw.get())[0] != 10:
        pass
    need(f[1] == b"abc", f"pong {f}")
    text = json.dumps({"type": "session.update", "session": {"type": "realtime"}}).encode()
    await raw.put(1, text[:9], fin=False)
    await raw.put(9, b"mid")
    await raw.put(0, text[9:20], fin=False)
    await raw.put(0, text[20:])
    seen = [await raw.get(), await raw.get()]
    need((10, b"mid") in seen, "no pong inside the message")
    need(any(f[0] == 1 and b"session.updated" in f[1] for f in seen), "the fragments were no event")
    raw.stop()


@case("a frame that comes byte by byte is still a frame")
async def _():
    raw = await RawSocket.open(kit.full)
    await raw.event("session.created")
    data = raw.frame(1, json.dumps({"type": "session.update", "session": {}}).encode())
    for b in data:
        raw.writer.write(bytes([b]))
        await raw.writer.drain()
        await asyncio.sleep(0.002)
    await raw.event("session.updated")
    raw.stop()


@case("frames against the protocol are closed with 1002")
async def _():
    text = b'{"type":"session.update"}'
    cases = {
        "unmasked": [(1, text, {"mask": False})],
        "reserved bit": [(1, text, {"reserved": 4})],
        "reserved opcode": [(3, text, {})],
        "reserved control": [(11, b"", {})],
        "fragmented ping": [(9, b"a", {"fin": False})],
        "long ping": [(9, b"a" * 126, {})],
        "continuation of nothing": [(0, text, {})],
        "text inside a message": [(1, text[:5], {"fin": False}), (1, text, {})],
        "close with one byte": [(8, b"\x03", {})],
        "close with code 1005": [(8, struct.pack(">H", 1005), {})],
        "close with code 999": [(8, struct.pack(">H", 999), {})],
    }
    wrong = []
    for name, frames in cases.items():
        raw = await RawSocket.open(kit.full)
        await raw.event("session.created")
        try:
            for opcode, payload, more in frames:
                await raw.put(opcode, payload, **more)
            await raw.ends(1002)
        except (Wrong, TimeoutError) as seen:
            wrong.append(f"{name}: {seen or 'nothing came'}")
        raw.stop()
    need(not wrong, "; ".join(wrong))


@case("a binary message is 1003, text that is not UTF-8 is 1007")
async def _():
    for frame, code in (((2, b"\x00\x01"), 1003), ((1, b"\xff\xfe{}"), 1007)):
        raw = await RawSocket.open(kit.full)
        await raw.event("session.created")
        await raw.put(*frame)
        await raw.ends(code)
        raw.stop()


@case("a message too big is 1009 by its head alone, and by the sum of its fragments")
async def _():
    raw = await RawSocket.open(kit.full)
    await raw.event("session.created")
    await raw.put(1, b"{", claim=1 << 33)
    await raw.ends(1009)
    raw.stop()
    raw = await RawSocket.open(kit.full)
    await raw.event("session.created")
    ends = asyncio.ensure_future(raw.ends(1009, 30))
    await raw.put(1, b"{", fin=False)
    for _ in range(40):  # 40 MiB at most, each waiting a moment for the answer
        if (await asyncio.wait([ends], timeout=0.1))[0]:
            break
        await raw.put(0, b" " * (1 << 20), fin=False)
    await asyncio.wait_for(ends, 10)
    raw.stop()


@case("the close handshake: our code comes back, then the end")
async def _():
    for payload, want in (
        (struct.pack(">H", 1000) + b"bye", 1000),
        (struct.pack(">H", 4321), 4321),
        (b"", None),
    ):
        raw = await RawSocket.open(kit.full)
        await raw.event("session.created")
        await raw.put(8, payload)
        start, code = time.time(), "none"
        while (f := await raw.get(5)) is not None:
            if f[0] == 8:
                code = struct.unpack(">H", f[1][:2])[0] if f[1] else None
        need(code == want or (want is None and code in (None, 1000, 1005)), f"{want}: {code}")
        need(time.time() - start < 3, "the stream was not ended within 3 s")
        raw.stop()


@case("a flood of pings is 1008 and disturbs nobody else")
async def _():
    async with Live(kit.full) as other:
        raw = await RawSocket.open(kit.full)
        await raw.event("session.created")
        code = None
        try:
            raw.writer.write(raw.frame(9, b"x") * 3000)
            await asyncio.wait_for(raw.writer.drain(), 5)
            while (f := await raw.get(5)) is not None:
                if f[0] == 8:
                    code = struct.unpack(">H", f[1][:2])[0]
        except (ConnectionError, TimeoutError):
            pass
        raw.stop()
        await other.alive()
        need(code == 1008, f"closed with {code}")


@case("a client that vanishes is forgotten within a second", alone=True)
async def _():
    name = "avatar_realtime_sessions"
    before = kit.full.metric(name)
    raws = [await RawSocket.open(kit.full) for _ in range(3)]
    for raw in raws:
        await raw.event("session.created")
    need(kit.full.metric(name) == before + 3, f"{name} does not count sessions")
    for raw in raws:
        raw.vanish()
    tag, instructions = kit.tagged("slowlong")
    live = await Live(kit.full).__aenter__()
    await live.update(instructions=instructions)
    await live.say("Hello?")
    await live.send(type="response.create")
    await live.until("response.output_audio.delta", 20)
    live.socket.transport.abort()
    await asyncio.sleep(1)
    need(kit.full.metric(name) == before, f"{name} is {kit.full.metric(name)}, was {before}")
    need(kit.chat.of(tag)[0].left is not None, "chat goes on for nobody")
    live.reader.cancel()
