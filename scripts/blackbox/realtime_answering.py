"""Checks of how a conversation answers: by voice, by text, by tools, and when chat fails."""

import asyncio
import base64
import json
import time

import numpy as np

from avatar_tools.realtime.cases import SHORT, case, kit, talk
from avatar_tools.realtime.chat_stub import REPLY, text_of
from avatar_tools.realtime.live import TRANSCRIPT, Live
from avatar_tools.realtime.sound import (
    RATE_HZ,
    fits,
    need,
    pcm,
    quiet,
    wav_seconds,
    word_error,
)

FULL_ORDER = [
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "response.output_audio_transcript.delta",
    "response.output_audio.delta",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
]


def first_seen(live, mark):
    order = []
    for event in live.events[mark:]:
        if event["type"] in FULL_ORDER and event["type"] not in order:
            order.append(event["type"])
    return order


# A picture of one pixel.
DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ"
    "/pLvAAAAAElFTkSuQmCC"
)


@case("a spoken turn is heard, asked and answered aloud, in order", alone=True)
async def _():
    tag, instructions = kit.tagged()
    async with Live(kit.full) as live:
        await live.update(instructions=instructions, **talk())
        await live.hear(kit.short, 40, True)
        spoken = time.time() - kit.tail
        tail = asyncio.ensure_future(live.hear(quiet(2), 40, True))
        sound = await live.until("response.output_audio.delta", 30)
        kit.note("end of speech to first sound", sound["_at"] - spoken)
        done = (await live.until("response.done", 40))["response"]
        await tail
        need(done["status"] == "completed", str(done["status_details"]))
        created = live.events.index(live.all("response.created")[0])
        need(
            live.events.index(live.all(TRANSCRIPT + "completed")[0]) < created,
            "answered before it was heard",
        )
        order = first_seen(live, created)
        need(order == FULL_ORDER, f"order {order}")
        text = live.spoken(done["id"])
        need(word_error(REPLY, text) == 0, f"transcript {text!r}")
        item = done["output"][0]
        need(
            item["content"][0]["transcript"] == text and item["status"] == "completed",
            str(item)[:200],
        )
        data = live.sound(done["id"])
        seconds = wav_seconds(data)
        need(len(data) % 2 == 0 and fits(seconds, text), f"{seconds:.2f} s for {text!r}")
        need(np.abs(np.frombuffer(data, "<i2")).max() > 1000, "silence was said")
        need(
            max(
                len(base64.b64decode(event["delta"]))
                for event in live.all("response.output_audio.delta")
            )
            <= RATE_HZ * 2 // 10,
            "a delta over 100 ms",
        )
        error = word_error(text, kit.full.transcribe(data))
        need(error <= 0.3, f"said aloud it is not what it should be: word error {error:.2f}")
    asks = kit.chat.of(tag)
    need(len(asks) == 1, f"asked {len(asks)} times")
    last = asks[0].messages[-1]
    need(
        last["role"] == "user" and word_error(SHORT, text_of(last["content"])) <= 0.21,
        str(last),
    )
    need(asks[0].body.get("stream") is True, "not streamed")


@case("the first sound comes before chat has ended")
async def _():
    _, instructions = kit.tagged("slow")
    async with Live(kit.full) as live:
        await live.update(instructions=instructions)
        await live.say("Hello?")
        start = time.time()
        await live.send(type="response.create")
        created = await live.until("response.created", 5)
        need(created["_at"] - start < 1, "response.created waits for chat")
        sound = await live.until("response.output_audio.delta", 20)
        text = await live.until("response.output_audio_transcript.done", 20)
        need(text["_at"] - sound["_at"] > 0.4, "nothing was said before the whole was there")
        await live.until("response.done", 20)


@case("text only: no sound, text's own events")
async def _():
    _, instructions = kit.tagged()
    async with Live(kit.full) as live:
        await live.update(instructions=instructions)
        await live.say("Hello?")
        made = await live.respond(output_modalities=["text"], metadata={"mine": "42"})
        need(
            made["status"] == "completed" and made["output_modalities"] == ["text"], str(made)[:200]
        )
        need((made.get("metadata") or {}).get("mine") == "42", "metadata is lost")
        need(live.all("response.created")[0]["response"]["metadata"]["mine"] == "42", "in created")
        need(not live.all("response.output_audio.delta"), "sound came")
        text = live.all("response.output_text.done")[0]["text"]
        need(
            text == "".join(event["delta"] for event in live.all("response.output_text.delta")),
            "deltas",
        )
        need(made["output"][0]["content"][0]["type"] == "output_text", str(made["output"][0]))
        need((made.get("usage") or {}).get("output_tokens") == 7, f"usage {made.get('usage')}")


@case("the history is told to chat, out-of-band responses stay out of it")
async def _():
    tag, instructions = kit.tagged()
    async with Live(kit.full) as live:
        await live.update(instructions=instructions, output_modalities=["text"])
        await live.say("My name is Ada.")
        await live.respond()
        made = await live.respond(
            conversation="none",
            input=[
                {
                    "type": "message",
                    "role": "user",
                    "content": [{"type": "input_text", "text": "Aside."}],
                }
            ],
        )
        need(made.get("conversation_id") is None, "conversation_id of an aside")
        await live.say("What is my name?")
        await live.respond()
        _, aside, last = kit.chat.of(tag)
        said = [text_of(m["content"]) for m in aside.messages if m["role"] != "system"]
        need(said == ["Aside."], f"aside {said}")
        turns = [(m["role"], text_of(m["content"])) for m in last.messages if m["role"] != "system"]
        need([t[0] for t in turns] == ["user", "assistant", "user"], str(turns))
        need(turns[0][1] == "My name is Ada." and word_error(REPLY, turns[1][1]) == 0, str(turns))


@case("a function call goes out as an item, its output comes back into the answer")
async def _():
    tag, instructions = kit.tagged("tool")
    tool = {
        "type": "function",
        "name": "get_weather",
        "description": "d",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    }
    async with Live(kit.full) as live:
        await live.update(instructions=instructions, tools=[tool], tool_choice="auto")
        await live.say("Weather in Paris?")
        made = await live.respond()
        need(made["status"] == "completed", str(made["status_details"]))
        call = next(o for o in made["output"] if o["type"] == "function_call")
        need(
            call["name"] == "get_weather" and json.loads(call["arguments"]) == {"city": "Paris"},
            str(call),
        )
        done = live.all("response.function_call_arguments.done")[0]
        need(done["call_id"] == call["call_id"] and done.get("name") == "get_weather", str(done))
        parts = "".join(
            event["delta"] for event in live.all("response.function_call_arguments.delta")
        )
        need(parts == call["arguments"], f"deltas {parts!r}")
        need(
            kit.chat.of(tag)[0].body["tools"][0]["function"]["name"] == "get_weather",
            "tools' shape",
        )
        await live.send(
            type="conversation.item.create",
            item={"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"},
        )
        made = await live.respond()
        need("sunny" in live.spoken(made["id"]), live.spoken(made["id"]))
        m = kit.chat.of(tag)[1].messages
        need(
            m[-1]["role"] == "tool"
            and m[-1]["content"] == "sunny"
            and m[-2]["tool_calls"][0]["id"] == m[-1]["tool_call_id"],
            str(m[-2:]),
        )


@case(
    "chat that fails, refuses, limits or breaks off is one failed response, and the session goes on"
)
async def _():
    wrong = []
    for script, code in (
        ("fail500", "chat_unavailable"),
        ("refuse401", "chat_refused"),
        ("rate429", "chat_rate_limited"),
        ("cut", "chat_unavailable"),
    ):
        _, instructions = kit.tagged(script)
        async with Live(kit.full) as live:
            await live.update(instructions=instructions)
            await live.say("Hello?")
            made = await live.respond()
            got = ((made.get("status_details") or {}).get("error") or {}).get("code")
            if made["status"] != "failed" or got != code:
                wrong.append(f"{script}: {made['status']} {got}")
            if live.all("error"):
                wrong.append(f"{script}: an error event beside it")
            await live.alive()
            live.verdict()
    need(not wrong, "; ".join(wrong))


@case("chat that never answers is a failed response after its ten seconds")
async def _():
    _, instructions = kit.tagged("hang")
    async with Live(kit.full) as live:
        await live.update(instructions=instructions)
        await live.say("Hello?")
        start = time.time()
        made = await live.respond(wait=20)
        error = (made["status_details"] or {}).get("error") or {}
        need(
            made["status"] == "failed" and error.get("code") == "chat_timeout",
            f"{made['status']} {error}",
        )
        need(8 < time.time() - start < 14, f"after {time.time() - start:.1f} s")
        await live.alive()


@case("sound as an item is heard before it is told to chat, a picture is told as one")
async def _():
    tag, instructions = kit.tagged()
    async with Live(kit.full) as live:
        await live.update(instructions=instructions, output_modalities=["text"], **talk())
        mark = live.mark()
        await live.send(
            type="conversation.item.create",
            item={
                "type": "message",
                "role": "user",
                "content": [
                    {"type": "input_audio", "audio": base64.b64encode(pcm(kit.short)).decode()}
                ],
            },
        )
        await live.until("conversation.item.done", 20, mark)
        await live.send(
            type="conversation.item.create",
            item={
                "type": "message",
                "role": "user",
                "content": [
                    {"type": "input_image", "image_url": DOT},
                    {"type": "input_text", "text": "And this?"},
                ],
            },
        )
        await live.respond()
        told = [m["content"] for m in kit.chat.of(tag)[-1].messages if m["role"] == "user"]
        need(
            len(told) == 2 and word_error(SHORT, text_of(told[0])) <= 0.21,
            str(told)[:300],
        )
        pictures = [p for p in told[1] if isinstance(p, dict) and p.get("type") == "image_url"]
        need(pictures and pictures[0]["image_url"]["url"] == DOT, str(told[1])[:200])


@case("thoughts and marks are neither spoken nor shown; a cut answer is incomplete")
async def _():
    for script, absent in (
        ("think", ("Secret", "think", "plans")),
        ("marks", ("*", "`", "http", "😀")),
    ):
        _, instructions = kit.tagged(script)
        async with Live(kit.full) as live:
            await live.update(instructions=instructions)
            await live.say("Hello?")
            made = await live.respond()
            text = live.spoken(made["id"])
            need(text and not any(a in text for a in absent), f"{script}: {text!r}")
    _, instructions = kit.tagged("length")
    async with Live(kit.full) as live:
        await live.update(instructions=instructions)
        await live.say("Hello?")
        made = await live.respond()
        need(
            made["status"] == "incomplete"
            and made["status_details"]["reason"] == "max_output_tokens",
            f"{made['status']} {made['status_details']}",
        )
