"""Checks of how a conversation speaks: cut short, cut back, in pieces, with times."""

import asyncio
import re
import time

import numpy as np

from avatar_tools.realtime.cases import case, kit, talk
from avatar_tools.realtime.chat_stub import REPLY, text_of
from avatar_tools.realtime.live import Live
from avatar_tools.realtime.sound import (
    fits,
    need,
    quiet,
    wav_seconds,
    word_error,
    words,
)


@case("a second response.create while one is active is refused and disturbs nothing")
async def _():
    _, instructions = kit.tagged("slow")
    async with Live(kit.full) as live:
        await live.update(instructions=instructions)
        await live.say("Hello?")
        await live.send(type="response.create")
        await live.until("response.created", 5)
        await live.refused("conversation_already_has_active_response", None, type="response.create")
        need(
            (await live.until("response.done", 30))["response"]["status"] == "completed",
            "disturbed",
        )


@case("cancel: quick, complete, nothing after it, chat is left")
async def _():
    tag, instructions = kit.tagged("slowlong")
    async with Live(kit.full) as live:
        await live.update(instructions=instructions)
        await live.say("Hello?")
        await live.send(type="response.create")
        await live.until("response.output_audio.delta", 20)
        sent = time.time()
        await live.send(type="response.cancel")
        done = await live.until("response.done", 10)
        kit.note("cancel to response.done", done["_at"] - sent)
        made = done["response"]
        need(
            made["status"] == "cancelled"
            and made["status_details"]["reason"] == "client_cancelled",
            f"{made['status']} {made['status_details']}",
        )
        need(made["output"][0]["status"] == "incomplete", str(made["output"][0])[:100])
        need(
            live.all("response.content_part.done")
            and live.all("response.output_item.done")
            and len(live.invariants.done_items) == 2,
            "a done is missing",
        )
        await asyncio.sleep(1)
        need(kit.chat.of(tag)[0].left is not None, "chat still runs")
        event = await live.refused("response_cancel_not_active", None, type="response.cancel")
        need(event["message"].startswith("Cancellation failed"), event["message"])
        await live.alive()


@case("barge-in: the voice stops within a second, the new turn is answered", alone=True)
async def _():
    _, instructions = kit.tagged("slowlong")
    async with Live(kit.full) as live:
        await live.update(instructions=instructions, **talk())
        await live.say("Tell me a lot.")
        await live.send(type="response.create")
        await live.until("response.output_audio.delta", 20)
        mark, began = live.mark(), time.time()
        voice = asyncio.ensure_future(live.hear(np.concatenate([kit.short, quiet(1.5)]), 20, True))
        started = await live.until("input_audio_buffer.speech_started", 5, mark)
        done = await live.until("response.done", 5, mark)
        kit.note("barge-in: speech to speech_started", started["_at"] - began)
        kit.note("barge-in: speech_started to response.done", done["_at"] - started["_at"])
        made = done["response"]
        need(
            made["status"] == "cancelled" and made["status_details"]["reason"] == "turn_detected",
            f"{made['status']} {made['status_details']}",
        )
        need(live.events.index(started) < live.events.index(done), "done before speech_started")
        need(done["_at"] - started["_at"] < 1, "slow")
        await voice
        second = await live.until("response.created", 20, live.events.index(done))
        await live.until("response.output_audio.delta", 20, live.events.index(second))
        await live.send(type="response.cancel")
        await live.until("response.done", 10, live.events.index(second))


@case("with interrupt_response false the voice goes on and the turn is answered after it")
async def _():
    _, instructions = kit.tagged("slow")
    async with Live(kit.full) as live:
        await live.update(
            instructions=instructions,
            **talk(input={"turn_detection": {"type": "server_vad", "interrupt_response": False}}),
        )
        await live.say("Hello?")
        await live.send(type="response.create")
        await live.until("response.output_audio_transcript.delta", 20)
        await live.hear(np.concatenate([kit.short, quiet(1.2)]), 100, False)
        done = await live.until("response.done", 30)
        need(done["response"]["status"] == "completed", done["response"]["status"])
        again = await live.until("response.done", 40, live.events.index(done) + 1)
        need(again["response"]["status"] == "completed", again["response"]["status"])


@case("truncation: chat is told only what was heard; beyond the end is no error")
async def _():
    tag, instructions = kit.tagged("long")
    async with Live(kit.full) as live:
        await live.update(instructions=instructions)
        await live.say("Tell me a lot.")
        made = await live.respond(wait=60)
        item = made["output"][0]["id"]
        whole = live.spoken(made["id"])
        seconds = wav_seconds(live.sound(made["id"]))
        for ms in (10_000_000, 4000):
            mark = live.mark()
            await live.send(
                type="conversation.item.truncate", item_id=item, content_index=0, audio_end_ms=ms
            )
            event = await live.until(
                lambda event: event["type"] in ("conversation.item.truncated", "error"), 5, mark
            )
            need(event["type"] == "conversation.item.truncated", f"{ms}: {event.get('error')}")
            want = min(ms, seconds * 1000)
            need(
                abs(event["audio_end_ms"] - want) <= 60,
                f"{ms}: {event['audio_end_ms']} not {want:.0f}",
            )
        mark = live.mark()
        await live.send(type="conversation.item.retrieve", item_id=item)
        kept = (await live.until("conversation.item.retrieved", 5, mark))["item"]["content"][0][
            "transcript"
        ]
        share = len(words(kept)) / len(words(whole))
        expected = 4 / seconds
        need(words(whole)[: len(words(kept))] == words(kept), f"no prefix: {kept!r}")
        need(
            abs(share - expected) < 0.12,
            f"kept {share:.2f} of the words, {expected:.2f} were heard",
        )
        await live.update(instructions=instructions.replace("long", "reply"))
        await live.say("And?")
        await live.respond(output_modalities=["text"])
        said = [
            text_of(m["content"]) for m in kit.chat.of(tag)[-1].messages if m["role"] == "assistant"
        ]
        need(said and words(said[0]) == words(kept), f"chat was told {said}")


@case("text in pieces is spoken while it comes, and is one item")
async def _():
    pieces = re.findall(r"\s*\S+", REPLY)
    async with Live(kit.full) as live:
        await live.until("session.created")
        await live.send(type="input_text_buffer.append", text=pieces[0])
        await live.until("response.created", 5)
        for p in pieces[1:]:
            await live.send(type="input_text_buffer.append", text=p)
            await asyncio.sleep(0.15)
        early = live.all("response.output_audio.delta")
        await live.send(type="input_text_buffer.commit")
        committed = await live.until("input_text_buffer.committed", 5)
        done = (await live.until("response.done", 20))["response"]
        need(early, "nothing was said before the commit")
        need(
            done["status"] == "completed"
            and done["id"] == committed["response_id"]
            and done["output"][0]["id"] == committed["item_id"],
            str(done)[:200],
        )
        need(word_error(REPLY, live.spoken(done["id"])) == 0, live.spoken(done["id"]))
        need(fits(wav_seconds(live.sound(done["id"])), REPLY), "length")


@case("words and visemes have times that grow and fit the sound")
async def _():
    async with Live(kit.full) as live:
        await live.update(
            animation={"outputs": ["viseme_id"]}, output_audio_timestamp_types=["word"]
        )
        done = await live.speak(REPLY)
        ms = wav_seconds(live.sound(done["id"])) * 1000
        spoken = live.all("response.audio_timestamp.delta")
        need(
            [w for event in spoken for w in words(event["text"])] == words(REPLY),
            f"words {[event['text'] for event in spoken]}",
        )
        for events in (spoken, live.all("response.animation_viseme.delta")):
            at = [event["audio_offset_ms"] for event in events]
            need(
                at and at == sorted(at) and at[0] >= 0 and at[-1] <= ms + 50,
                f"times {at[:5]} … {at[-3:]}",
            )
        ids = {event["viseme_id"] for event in live.all("response.animation_viseme.delta")}
        need(ids <= set(range(22)) and len(ids) > 4, f"visemes {ids}")
        need(len(live.all("response.audio_timestamp.done")) == 1, "timestamp.done")


@case("voice and speed: twice as fast is about half as long")
async def _():
    length = []
    for speed in (1, 2):
        async with Live(kit.full) as live:
            await live.update(**talk(output={"voice": "alloy", "speed": speed}))
            made = await live.speak(REPLY)
            length.append(len(live.sound(made["id"])))
    need(0.35 < length[1] / length[0] < 0.75, f"ratio {length[1] / length[0]:.2f}")


@case("sound out at 8 kHz μ-law has the same length")
async def _():
    async with Live(kit.full) as live:
        await live.update(audio={"output": {"format": {"type": "audio/pcmu"}}})
        made = await live.speak(REPLY)
        need(
            fits(len(live.sound(made["id"])) / 8000, REPLY), f"{len(live.sound(made['id']))} bytes"
        )
