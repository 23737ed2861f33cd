"""Live conversations, timed; see scripts/bench/realtime.

usage: realtime.py [latency] [many] [faces] [idle] [hour]
"""

import array
import asyncio
import base64
import contextlib
import json
import statistics
import sys
import threading
import time
import wave
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from websockets.asyncio.client import connect

from avatar_tools import CLIP, PORTRAIT
from avatar_tools.server import Server

RATE = 16_000
SPEECH_SECONDS = 2.1  # of the sample: "And so my fellow Americans"
REPLY = "I heard you very well. The sky is blue today, and the water is warm."
LONG = " ".join(f"This is sentence number {n}, and it goes on for a while." for n in range(1, 9))


class Chat(BaseHTTPRequestHandler):
    """A chat endpoint that answers at once."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        ask = json.loads(self.rfile.read(int(self.headers["content-length"])))
        text = LONG if "long" in json.dumps(ask["messages"][:1]) else REPLY
        events = [{"choices": [{"delta": {"content": word + " "}}]} for word in text.split()]
        events.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
        body = b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in events)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

    def handle(self):
        # Whoever is cut short hangs up.
        with contextlib.suppress(ConnectionError):
            super().handle()


def speech():
    """The sample's first words as 16-bit PCM, and where in them the last one ends, seconds."""
    with wave.open(str(CLIP)) as file:
        frames = file.readframes(int(SPEECH_SECONDS * file.getframerate()))
    samples = array.array("h", frames)
    loud = max(n for n in range(0, len(samples), 160)
               if max(map(abs, samples[n:n + 160])) > 600)
    return frames, loud / RATE


SOUND, SPOKEN = speech()


class Talk:
    """One conversation, with its events and when they came."""

    def __init__(self, server, query="model=bench"):
        self.address = server.url.replace("http", "ws") + "/v1/realtime?" + query
        self.events = []
        self.news = asyncio.Event()

    async def __aenter__(self):
        self.socket = await connect(
            self.address, compression=None, max_size=None, ping_interval=None)
        self.reader = asyncio.ensure_future(self.read())
        return self

    async def __aexit__(self, *_):
        await self.socket.close()
        self.reader.cancel()

    async def read(self):
        async for message in self.socket:
            event = json.loads(message)
            event["at"] = time.perf_counter()
            self.events.append(event)
            self.news.set()

    async def send(self, kind, **fields):
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def until(self, kind, after=0, seconds=60):
        end = time.perf_counter() + seconds
        while True:
            for event in self.events[after:]:
                if event["type"] == kind:
                    return event
                # A voice may have ended before it was told to.
                if event["type"] == "error" and "cancel" not in event["error"]["code"]:
                    raise RuntimeError(str(event["error"]))
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), max(0.01, end - time.perf_counter()))

    async def setup(self, silence=500, language="en", face=0, instructions=""):
        transcription = {"model": "whisper-1"} | ({"language": language} if language else {})
        session = {"instructions": instructions, "audio": {"input": {
            "format": {"type": "audio/pcm", "rate": RATE}, "transcription": transcription,
            "turn_detection": {"type": "server_vad", "silence_duration_ms": silence}}}}
        if face:
            image = base64.b64encode(PORTRAIT.read_bytes()).decode()
            session["avatar"] = {
                "type": "photo-avatar", "image": "data:image/png;base64," + image,
                "video": {"resolution": {"width": face, "height": face}, "fps": 25}}
        mark = len(self.events)
        await self.send("session.update", session=session)
        await self.until("session.updated", mark)

    async def hear(self, sound, chunk=40):
        """Sends sound as it is spoken; returns when its first sample was."""
        began = time.perf_counter()
        step = RATE * 2 * chunk // 1000
        for n, start in enumerate(range(0, len(sound), step)):
            piece = base64.b64encode(sound[start:start + step]).decode()
            await self.send("input_audio_buffer.append", audio=piece)
            await asyncio.sleep(max(0, began + (n + 1) * chunk / 1000 - time.perf_counter()))
        return began


def silence(seconds):
    return bytes(int(seconds * RATE) * 2)


def tell(name, values):
    """Milliseconds: median, 95th percentile, most."""
    if not values:
        return print(f"{name:<58}   none")
    ordered = sorted(1000 * value for value in values)
    late = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    print(f"{name:<58} {statistics.median(ordered):7.0f} {late:7.0f} {ordered[-1]:7.0f}",
          flush=True)


async def latency(server):
    for name, wait, language, face in (
            ("500 ms of silence, English told", 500, "en", 0),
            ("200 ms of silence, English told", 200, "en", 0),
            ("500 ms of silence, language found out", 500, "", 0),
            ("500 ms of silence, English told, with a face", 500, "en", 512)):
        sounds, pictures = [], []
        async with Talk(server) as talk:
            await talk.setup(wait, language, face)
            for _ in range(6):
                mark = len(talk.events)
                began = await talk.hear(SOUND)
                tail = asyncio.ensure_future(talk.hear(silence(20)))
                sound = await talk.until("response.output_audio.delta", mark)
                sounds.append(sound["at"] - began - SPOKEN)
                await talk.until("response.done", mark)
                tail.cancel()
                if face:
                    due = next(e for e in talk.events[mark:]
                               if e["type"] == "response.video.delta"
                               and e["stream_ms"] + e["duration_ms"] > sound["stream_ms"])
                    pictures.append(due["at"] - sound["at"])
        tell(f"end of speech to first sound, {name}", sounds)
        if pictures:
            tell("first sound to its first picture", pictures)
    began, stopped = [], []
    async with Talk(server) as talk:
        await talk.setup(instructions="long")
        for _ in range(5):
            mark = len(talk.events)
            await talk.send("response.create")
            await talk.until("response.output_audio.delta", mark)
            mark = len(talk.events)
            loud = SOUND[int(0.4 * RATE) * 2:]  # speech from its first sample on
            speaking = asyncio.ensure_future(talk.hear(loud + silence(1), 20))
            at = time.perf_counter()
            started = await talk.until("input_audio_buffer.speech_started", mark)
            done = await talk.until("response.done", mark)
            began.append(started["at"] - at)
            stopped.append(done["at"] - started["at"])
            await speaking
            again = talk.events.index(done) + 1
            await talk.until("response.created", again)
            await talk.send("response.cancel")
            await talk.until("response.done", again)
    tell("barge-in: speech to speech_started", began)
    tell("barge-in: speech_started to response.done", stopped)


async def many(server, count=20):
    async def one(n):
        await asyncio.sleep(n * 0.1)
        async with Talk(server) as talk:
            await talk.setup()
            began = await talk.hear(SOUND)
            tail = asyncio.ensure_future(talk.hear(silence(20)))
            heard = await talk.until("conversation.item.input_audio_transcription.completed")
            sound = await talk.until("response.output_audio.delta")
            await talk.until("response.done")
            tail.cancel()
            return heard["at"] - began - SPOKEN, sound["at"] - began - SPOKEN, gaps(talk)

    results = await asyncio.gather(*(one(n) for n in range(count)))
    tell(f"{count} at once: end of speech to transcript", [each[0] for each in results])
    tell(f"{count} at once: end of speech to first sound", [each[1] for each in results])
    late = sum(each[2] for each in results)
    print(f"{count} at once: pieces of sound that came after they were due: {late}")


def gaps(talk):
    """Pieces of sound that came later than the sound before them lasted."""
    late, due = 0, None
    for event in talk.events:
        if event["type"] == "response.created":
            due = None
        if event["type"] != "response.output_audio.delta":
            continue
        seconds = len(base64.b64decode(event["delta"])) / 2 / 24_000
        if due is not None and event["at"] > due:
            late += 1
        due = max(due or event["at"] + 0.1, event["at"]) + seconds
    return late


async def faces(server, count=8):
    async def one(n):
        await asyncio.sleep(n * 0.2)
        async with Talk(server) as talk:
            await talk.setup(face=512, instructions="long")
            begun = len(talk.events)
            for _ in range(2):
                mark = len(talk.events)
                await talk.send("response.create")
                await talk.until("response.done", mark, seconds=90)
            video = [e for e in talk.events[begun:] if e["type"] == "response.video.delta"]
            sound = [e for e in talk.events[begun:] if e["type"] == "response.output_audio.delta"]
            # The stream's clock, from outside: the earliest that anything came against its time.
            zero = min(e["at"] - e["stream_ms"] / 1000 for e in video)
            span = (video[-1]["stream_ms"] - video[0]["stream_ms"]) / 1000
            return (len(video) / span,
                    [e["at"] - zero - e["stream_ms"] / 1000 for e in sound])

    cpu, began = server.cpu_seconds(), time.perf_counter()
    results = await asyncio.gather(*(one(n) for n in range(count)))
    share = (server.cpu_seconds() - cpu) / (time.perf_counter() - began)
    rates = [each[0] for each in results]
    print(f"{count} faces at 512², all speaking: {min(rates):.1f} to {max(rates):.1f} frames a "
          f"second, {share:.2f} cores")
    # Sent 200 ms before it is due: more than that is late.
    tell(f"{count} faces: sound behind the stream's clock", [x for each in results
                                                             for x in each[1]])


async def idle(server, count=1000):
    before = server.resident_mb()[0]
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(count // 50):
            await asyncio.gather(
                *(stack.enter_async_context(Talk(server)) for _ in range(50)))
        await asyncio.sleep(2)
        print(f"{count} idle sessions: {server.resident_mb()[0] - before:.1f} MB")


async def hour(server, seconds=3_300):
    """A face that speaks now and then, for as long as a session may last."""
    async with Talk(server) as talk:
        await talk.setup(face=512)
        began, memory = time.perf_counter(), []
        while time.perf_counter() - began < seconds:
            mark = len(talk.events)
            await talk.send("response.create")
            await talk.until("response.done", mark)
            await asyncio.sleep(20)
            del talk.events[:-200]
            memory.append(server.resident_mb()[0])
        mark = len(talk.events)
        await talk.send("response.create")
        await talk.until("response.done", mark)
        sound = [e for e in talk.events[mark:] if e["type"] == "response.output_audio.delta"]
        video = {e["stream_ms"]: e["at"] for e in talk.events[mark:]
                 if e["type"] == "response.video.delta"}
        off = [min(abs(e["at"] - video[t]) for t in video if abs(t - e["stream_ms"]) <= 40)
               for e in sound]
        print(f"after {seconds} s: {memory[0]:.1f} MB at first, {memory[-1]:.1f} MB at the end")
        tell("sound and its picture are sent apart by", off)


async def main():
    parts = sys.argv[1:] or ["latency", "many", "faces", "idle"]
    chat = ThreadingHTTPServer(("127.0.0.1", 0), Chat)
    threading.Thread(target=chat.serve_forever, daemon=True).start()
    variables = {
        "AVATAR_CHAT_URL": f"http://127.0.0.1:{chat.server_port}/v1", "AVATAR_PRELOAD": "all",
        "AVATAR_REALTIME_SESSIONS": "2000", "LOG_LEVEL": "ERROR"}
    print(f"{'milliseconds':<58} {'median':>7} {'p95':>7} {'most':>7}")
    for name in parts:
        with Server(variables=variables) as server:
            await asyncio.sleep(3)
            await {"latency": latency, "many": many, "faces": faces, "idle": idle,
                   "hour": hour}[name](server)


asyncio.run(main())
