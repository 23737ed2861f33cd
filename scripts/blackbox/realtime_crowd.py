"""Checks of many conversations, of clients that misbehave, of the bounds, and of the end."""

import asyncio
import json
import time

import numpy as np
import websockets

from avatar_tools.realtime.cases import SHORT, Case, case, kit, talk
from avatar_tools.realtime.chat_stub import LONG
from avatar_tools.realtime.endpoint import RawSocket
from avatar_tools.realtime.live import TRANSCRIPT, Live
from avatar_tools.realtime.sound import need, quiet, word_error

AT_ONCE = 20
MEMORY = "process_resident_memory_bytes"
SESSIONS = "avatar_realtime_sessions"
MEMORY_GROWTH_MIB_MAX = 20


@case("many sessions at once lose no turn", alone=True)
async def _():
    async def one(index):
        await asyncio.sleep(index * 0.1)
        async with Live(kit.full, "intent=transcription") as live:
            await live.update(**talk())
            end = await live.hear(kit.short)
            tail = asyncio.ensure_future(live.hear(quiet(3)))
            done = await live.until(TRANSCRIPT + "completed", 90)
            tail.cancel()
            return word_error(SHORT, done["transcript"]), done["_at"] - end

    results = await asyncio.gather(*(one(index) for index in range(AT_ONCE)))
    for _, seconds in results:
        kit.note(f"{AT_ONCE} at once: end of speech to transcript", seconds)
    misheard = [error for error, _ in results if error > 0.4]
    need(not misheard, f"{len(misheard)} of {AT_ONCE} were misheard")


async def all_gone(seconds=3):
    end = time.time() + seconds
    while kit.full.metric(SESSIONS) > 0:
        need(time.time() < end, f"{kit.full.metric(SESSIONS)} sessions after {seconds} s")
        await asyncio.sleep(0.05)


@case("two hundred sessions come and go and leave no memory behind", alone=True)
async def _():
    async def one():
        async with Live(kit.full) as live:
            await live.update(instructions="x" * 2000)
            await live.hear(quiet(2), 100, False)

    async def hundred():
        await all_gone()
        for _ in range(4):
            await asyncio.gather(*(one() for _ in range(25)))
            await all_gone()

    await hundred()
    before = kit.full.metric(MEMORY)
    need(before > 0, f"/metrics has no {MEMORY}")
    await hundred()
    await asyncio.sleep(1)
    grown = (kit.full.metric(MEMORY) - before) / 2**20
    need(grown < MEMORY_GROWTH_MIB_MAX, f"{grown:.0f} MiB more after a hundred sessions")


@case("a client that does not read slows nobody", alone=True)
async def _():
    await all_gone()
    _, instructions = kit.tagged("long")
    raw = await RawSocket.open(kit.full)
    await raw.event("session.created")
    session = {"type": "realtime", "instructions": instructions}
    for event in ({"type": "session.update", "session": session},
                  {"type": "input_text_buffer.append", "text": LONG * 8},
                  {"type": "input_text_buffer.commit"}):
        await raw.put(1, json.dumps(event).encode())
    await asyncio.sleep(1)
    async with Live(kit.full) as live:
        _, instructions = kit.tagged()
        await live.update(instructions=instructions)
        await live.say("Hello?")
        began = time.time()
        await live.send(type="response.create")
        sound = await live.until("response.output_audio.delta", 10)
        kit.note("beside a client that does not read: text to first sound", sound["_at"] - began)
        need(sound["_at"] - began < 3, "slow")
        await live.until("response.done", 30)
    raw.vanish()


@case("six turns in one conversation, each answered within five seconds", alone=True)
async def _():
    waits = []
    async with Live(kit.full) as live:
        _, instructions = kit.tagged()
        await live.update(instructions=instructions, **talk())
        for _ in range(6):
            mark = live.mark()
            spoken = await live.hear(kit.short) - kit.tail
            tail = asyncio.ensure_future(live.hear(quiet(30)))
            sound = await live.until("response.output_audio.delta", 30, mark)
            heard = await live.until(TRANSCRIPT + "completed", 30, mark)
            waits.append(sound["_at"] - spoken)
            kit.note("end of speech to first sound", waits[-1])
            kit.note("end of speech to transcript", heard["_at"] - spoken)
            await live.until("response.done", 30, mark)
            tail.cancel()
    # A quiet machine takes 0.7 s; what a busy one may take still is a conversation.
    need(np.median(waits) < 5, waits)


def message(text):
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


@case("without chat: response.create says what it is given")
async def _():
    async with Live(kit.bare) as live:
        session = (await live.until("session.created", 5))["session"]
        need(session["audio"]["input"]["turn_detection"]["create_response"] is False, session)
        await live.refused("chat_not_configured", type="response.create")

        async def says(text, **response):
            made = await live.respond(**response)
            need(word_error(text, live.spoken(made["id"])) == 0, live.spoken(made["id"]))

        await says("Good morning to you.", instructions="Good morning to you.")
        await says("Second of all.", input=[message("Second of all.")])
        await live.say("Third of all.")
        await says("Third of all.")


@case("one session over the bound is 429 with Retry-After, and its place comes back", alone=True)
async def _():
    await asyncio.sleep(1)
    held = [await RawSocket.open(kit.bare) for _ in range(2)]
    need([raw.status for raw in held] == [101, 101], [raw.status for raw in held])
    raw = await RawSocket.open(kit.bare)
    need(raw.status == 429 and "retry-after" in raw.fields, f"{raw.status} {raw.fields}")
    raw.stop()
    for raw in held:
        raw.vanish()
    await asyncio.sleep(1)
    raw = await RawSocket.open(kit.bare)
    need(raw.status == 101, f"afterwards {raw.status}")
    raw.vanish()


@case("an idle session and an old one are ended with a word and 1000", alone=True)
async def _():
    for is_busy, code in ((False, "session_idle"), (True, "session_expired")):
        async with Live(kit.bare) as live:
            await live.until("session.created", 5)
            end = time.time() + 14
            while live.closed is None and time.time() < end:
                await asyncio.sleep(0.5)
                if is_busy and live.closed is None:
                    try:
                        await live.hear(quiet(0.1), 100, False)
                    except websockets.ConnectionClosed:
                        break
            await asyncio.sleep(0.3)
            need(live.closed and live.closed[0] == 1000, f"{code}: {live.closed}")
            errors = [event["error"]["code"] for event in live.all("error")]
            need(errors[-1:] == [code], f"{code}: {errors}")


async def stopping():
    """SIGTERM while one conversation is quiet and another speaks. Ends `kit.full`."""
    _, instructions = kit.tagged("slowlong")
    process = kit.full.process
    async with Live(kit.full) as idle, Live(kit.full) as busy:
        await busy.update(instructions=instructions)
        await busy.say("Hello?")
        await busy.send(type="response.create")
        await busy.until("response.output_audio.delta", 20)
        began = time.time()
        process.terminate()
        while time.time() - began < 13 and not (idle.closed and busy.closed):
            await asyncio.sleep(0.1)
        need(idle.closed and idle.closed[0] == 1001, f"the quiet one: {idle.closed}")
        need(busy.closed and busy.closed[0] == 1001, f"the one that speaks: {busy.closed}")
    status = await asyncio.to_thread(process.wait, 5)
    need(status == 0, f"exit status {status}")


STOPPING = Case("SIGTERM ends every session with 1001 within ten seconds, exit 0", stopping, True)
