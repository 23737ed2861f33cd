"""Checks of how a conversation hears: turns, words, formats, silence."""

import asyncio
import base64
import time

import numpy as np

from avatar_tools.realtime.cases import SHORT, SPEECH, case, kit, talk
from avatar_tools.realtime.live import TRANSCRIPT, Live
from avatar_tools.realtime.sound import (
    RATE_HZ,
    mu_law,
    need,
    pcm,
    quiet,
    resample,
    word_error,
    words,
)


async def one_turn(samples, reference, chunk, paced, limit, silence=500):
    """A transcription session with server VAD; returns its facts after checking the order."""
    async with Live(kit.full, "intent=transcription") as live:
        await live.update(
            **talk(input={"turn_detection": {"type": "server_vad", "silence_duration_ms": silence}})
        )
        await live.hear(samples, chunk, paced)
        spoken = time.time()
        tail = asyncio.ensure_future(live.hear(quiet(silence / 1000 + 1), chunk, paced))
        done = await live.until(TRANSCRIPT + "completed", 40)
        tail.cancel()
        order = [event["type"] for event in live.events]
        item = done["item_id"]
        wanted = [
            "session.created",
            "session.updated",
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
            TRANSCRIPT + "completed",
        ]
        have = [k for k in order if k in wanted]
        need(have == wanted, f"order {have}")
        for event in live.events:
            if event["type"].startswith(
                ("input_audio_buffer.speech", "input_audio_buffer.comm", TRANSCRIPT)
            ):
                need(event["item_id"] == item, f"{event['type']} of another item")
        need(live.all("conversation.item.added")[0]["item"]["id"] == item, "another item was added")
        start, stop = (
            live.all("input_audio_buffer.speech_" + k)[0] for k in ("started", "stopped")
        )
        need(
            0
            <= start["audio_start_ms"]
            < stop["audio_end_ms"]
            <= len(samples) / RATE_HZ * 1000 + silence + 1100,
            f"{start['audio_start_ms']} … {stop['audio_end_ms']} ms",
        )
        error = word_error(reference, done["transcript"])
        need(error <= limit, f"word error {error:.2f}: {done['transcript']!r}")
        need(
            done["usage"]["type"] == "duration" and done["usage"]["seconds"] > 0, str(done["usage"])
        )
        return {
            "text": done["transcript"],
            "spoken": spoken,
            "done": done["_at"],
            "stop": stop["_at"],
            "deltas": live.all(TRANSCRIPT + "delta"),
            "stopped": stop["_at"],
            "languages": done.get("languages"),
        }


@case(
    "server VAD in real time, 20 ms chunks: order, ids, words; partial text while the person talks",
    alone=True,
)
async def _():
    f = await one_turn(kit.speech, SPEECH, 20, True, 0.1, silence=2500)
    early = [d for d in f["deltas"] if d["_at"] < f["spoken"] - 0.5]
    need(early, f"no partial text before the end of speech ({len(f['deltas'])} deltas in all)")
    joined = words("".join(d["delta"] for d in f["deltas"]))
    need(
        joined == words(f["text"])[: len(joined)],
        f"deltas are no prefix: {' '.join(joined)!r} of {f['text']!r}",
    )
    need(f["languages"] is None or f["languages"][0]["code"] == "en", f"languages {f['languages']}")


@case("40 ms and 100 ms chunks give the same words")
async def _():
    for chunk in (40, 100):
        await one_turn(kit.short, SHORT, chunk, True, 0.21)


@case("a file sent at once gives the same words as in real time")
async def _():
    f = await one_turn(kit.speech, SPEECH, 100, False, 0.1, silence=2500)
    await one_turn(kit.speech, f["text"], 20, False, 0.05, silence=2500)


@case("16 kHz, 48 kHz, 8 kHz μ-law and chunks of odd bytes are heard")
async def _():
    for kind, rate, encode, width in (
        ("audio/pcm", 16000, pcm, 2),
        ("audio/pcm", 48000, pcm, 2),
        ("audio/pcmu", 8000, mu_law, 1),
    ):
        x = resample(np.concatenate([kit.short, quiet(1.2)]), RATE_HZ, rate)
        async with Live(kit.full, "intent=transcription") as live:
            form = {"type": kind, **({"rate": rate} if kind == "audio/pcm" else {})}
            await live.update(**talk(input={"format": form}))
            data, step = encode(x), rate * width // 20 + (1 if width == 2 else 0)
            for o in range(0, len(data), step):
                await live.send(
                    type="input_audio_buffer.append",
                    audio=base64.b64encode(data[o : o + step]).decode(),
                )
            done = await live.until(TRANSCRIPT + "completed", 30)
            error = word_error(SHORT, done["transcript"])
            need(error <= 0.4, f"{kind} {rate}: {done['transcript']!r}")


@case("two turns are two items, in a chain")
async def _():
    async with Live(kit.full, "intent=transcription") as live:
        await live.update(**talk())
        await live.hear(np.concatenate([kit.short, quiet(1.2), kit.short, quiet(1.2)]), 100, True)
        await live.until(lambda event: len(live.all(TRANSCRIPT + "completed")) == 2, 30)
        first, second = live.all("input_audio_buffer.committed")
        need(
            first["item_id"] != second["item_id"]
            and second["previous_item_id"] == first["item_id"],
            f"{first} {second}",
        )


@case("without VAD the client commits; less than 100 ms is refused; deltas carry the id to come")
async def _():
    async with Live(kit.full, "intent=transcription") as live:
        await live.update(**talk(input={"turn_detection": None}))
        await live.hear(kit.short, 100, True)
        await live.send(type="input_audio_buffer.commit")
        item = (await live.until("input_audio_buffer.committed", 10))["item_id"]
        done = await live.until(TRANSCRIPT + "completed", 30)
        need(done["item_id"] == item, "another id")
        need(
            all(d["item_id"] == item for d in live.all(TRANSCRIPT + "delta")), "delta of another id"
        )
        need(word_error(SHORT, done["transcript"]) <= 0.21, done["transcript"])
        need(not live.all("input_audio_buffer.speech_started"), "speech_started without VAD")
        await live.hear(quiet(0.05), 50, False)
        await live.refused(
            "input_audio_buffer_commit_empty", None, type="input_audio_buffer.commit"
        )
        await live.hear(kit.short, 100, False)
        mark = live.mark()
        await live.send(type="input_audio_buffer.clear")
        await live.until("input_audio_buffer.cleared", 5, mark)
        await live.refused(
            "input_audio_buffer_commit_empty", None, type="input_audio_buffer.commit"
        )


@case("a commit by hand ends a turn that VAD had begun")
async def _():
    async with Live(kit.full, "intent=transcription") as live:
        await live.update(
            **talk(input={"turn_detection": {"type": "server_vad", "silence_duration_ms": 4000}})
        )
        await live.hear(kit.short, 100, True)
        started = await live.until("input_audio_buffer.speech_started", 10)
        await live.send(type="input_audio_buffer.commit")
        done = await live.until(TRANSCRIPT + "completed", 30)
        need(done["item_id"] == started["item_id"], "another item")
        need(word_error(SHORT, done["transcript"]) <= 0.21, done["transcript"])


@case("silence and noise make no words and no answer")
async def _():
    tag, instructions = kit.tagged()
    noise = np.random.default_rng(1).standard_normal(3 * RATE_HZ) * 0.02
    async with Live(kit.full) as live:
        await live.update(instructions=instructions, **talk())
        await live.hear(np.concatenate([quiet(2), noise, quiet(1.2)]), 100, False)
        await asyncio.sleep(3)
        need(
            all(not event["transcript"].strip() for event in live.all(TRANSCRIPT + "completed")),
            f"invented {[event['transcript'] for event in live.all(TRANSCRIPT + 'completed')]}",
        )
        need(not live.all("response.created") and not kit.chat.of(tag), "it answered noise")


@case("a pause within a sentence does not end the turn")
async def _():
    async with Live(kit.full, "intent=transcription") as live:
        await live.update(
            **talk(input={"turn_detection": {"type": "server_vad", "silence_duration_ms": 2000}})
        )
        await live.hear(np.concatenate([kit.short, quiet(0.8), kit.short, quiet(3)]), 100, False)
        await live.until(TRANSCRIPT + "completed", 30)
        await asyncio.sleep(1)
        need(len(live.all("input_audio_buffer.committed")) == 1, "it was cut")
