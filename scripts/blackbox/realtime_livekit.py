"""Checks of realtime_clients.py with LiveKit's plugin for OpenAI."""

import asyncio
import json
import logging
import time

import numpy as np
from livekit import rtc
from livekit.agents import Agent, AgentSession, llm
from livekit.agents import stt as hearing
from livekit.agents.utils import http_context
from livekit.plugins import openai as plugin

from avatar_tools.realtime.cases import SHORT, SPEECH, case, kit
from avatar_tools.realtime.chat_stub import LONG, REPLY
from avatar_tools.realtime.sound import (
    RATE_HZ,
    fits,
    need,
    pcm,
    quiet,
    wav_seconds,
    word_error,
    words,
)

logging.getLogger("livekit").setLevel(logging.CRITICAL)
FRAME_SECONDS = 0.04
# LiveKit gives up where its response has not begun by then.
REPLY_SECONDS = 11


async def push(into, samples):
    """Sends sound as it is spoken."""
    data = pcm(samples)
    count = int(RATE_HZ * FRAME_SECONDS)
    began = time.time()
    for index, offset in enumerate(range(0, len(data) - 2 * count + 1, 2 * count)):
        into(rtc.AudioFrame(
            data=data[offset:offset + 2 * count], sample_rate=RATE_HZ, num_channels=1,
            samples_per_channel=count))
        await asyncio.sleep(max(0, began + (index + 1) * FRAME_SECONDS - time.time()))


async def comes(test, what, seconds=30):
    end = time.time() + seconds
    while not test():
        need(time.time() < end, f"no {what}")
        await asyncio.sleep(0.02)


def model():
    return plugin.realtime.RealtimeModel(
        base_url=kit.full.url + "/v1", api_key=kit.full.key, model="gpt-realtime", voice="alloy")


class Talk:
    """A RealtimeModel's session and what it told."""

    def __init__(self, instructions):
        self.instructions = instructions
        self.generations, self.transcripts, self.started, self.errors = [], [], [], []

    async def __aenter__(self):
        self.http = http_context.open()
        await self.http.__aenter__()
        self.model = model()
        self.session = self.model.session()
        for name, place in {
            "generation_created": self.generations,
            "input_audio_transcription_completed": self.transcripts,
            "input_speech_started": self.started,
            "error": self.errors,
        }.items():
            self.session.on(name, place.append)
        await self.session.update_instructions(self.instructions)
        return self

    async def __aexit__(self, *_):
        await self.session.aclose()
        await self.model.aclose()
        await self.http.__aexit__(None, None, None)

    async def ask(self, text):
        context = llm.ChatContext.empty()
        context.add_message(role="user", content=text)
        await self.session.update_chat_ctx(context)

    async def reply(self, **more):
        return await asyncio.wait_for(self.session.generate_reply(**more), REPLY_SECONDS)


class Taken:
    """What one generation gave."""

    def __init__(self):
        self.text, self.sound, self.ids, self.calls = "", b"", [], []


async def take(generation, seconds=30):
    taken = Taken()

    async def read_calls():
        async for call in generation.function_stream:
            taken.calls.append(call)

    async def read_text(stream):
        async for piece in stream:
            taken.text += piece

    async def read():
        calls = asyncio.ensure_future(read_calls())
        async for message in generation.message_stream:
            taken.ids.append(message.message_id)
            text = asyncio.ensure_future(read_text(message.text_stream))
            async for frame in message.audio_stream:
                taken.sound += bytes(frame.data)
            await text
        await calls

    await asyncio.wait_for(read(), seconds)
    return taken


@case("LiveKit openai.STT(use_realtime=True): start, interim, final, end")
async def _():
    async with http_context.open():
        ear = plugin.STT(
            base_url=kit.full.url + "/v1", api_key=kit.full.key, use_realtime=True,
            model="whisper-1", language="en",
            turn_detection={"type": "server_vad", "silence_duration_ms": 2500})
        stream, seen = ear.stream(), []

        async def read():
            async for event in stream:
                seen.append(event)

        reader = asyncio.ensure_future(read())
        await push(stream.push_frame, np.concatenate([kit.speech, quiet(3.5)]))
        kinds = hearing.SpeechEventType
        await comes(lambda: any(event.type == kinds.FINAL_TRANSCRIPT for event in seen), "final")
        await asyncio.sleep(0.3)
        types = [event.type for event in seen]
        final = seen[types.index(kinds.FINAL_TRANSCRIPT)].alternatives[0]
        need(word_error(SPEECH, final.text) <= 0.1, final.text)
        need(types[0] == kinds.START_OF_SPEECH, types)
        for kind in (kinds.END_OF_SPEECH, kinds.INTERIM_TRANSCRIPT, kinds.RECOGNITION_USAGE):
            need(kind in types, f"no {kind}: {types}")
        await stream.aclose()
        reader.cancel()
        await ear.aclose()


@case("LiveKit RealtimeModel: generate_reply gives text and sound, and finds its own response")
async def _():
    _, instructions = kit.tagged()
    async with Talk(instructions) as talk:
        await talk.ask("Hello there.")
        generation = await talk.reply()
        need(generation.user_initiated, "the response was not recognised as its own")
        taken = await take(generation)
        need(word_error(REPLY, taken.text) == 0, taken.text)
        need(fits(wav_seconds(taken.sound), REPLY), f"{wav_seconds(taken.sound):.1f} s")
        need(not talk.errors, talk.errors)


@case("LiveKit RealtimeModel with its defaults (semantic_vad): a spoken turn is heard and answered")
async def _():
    _, instructions = kit.tagged()
    async with Talk(instructions) as talk:
        await push(talk.session.push_audio, np.concatenate([kit.short, quiet(3)]))
        await comes(lambda: talk.generations, "generation")
        taken = await take(talk.generations[0])
        need(talk.started, "no input_speech_started")
        final = [one.transcript for one in talk.transcripts if one.is_final]
        need(final and word_error(SHORT, final[-1]) <= 0.4, talk.transcripts)
        need(word_error(REPLY, taken.text) == 0 and taken.sound, taken.text)


@case("LiveKit RealtimeModel: interrupt and truncate, then another answer")
async def _():
    _, instructions = kit.tagged("slowlong")
    async with Talk(instructions) as talk:
        generation = await talk.reply(instructions="Talk.")
        taking = asyncio.ensure_future(take(generation))
        await asyncio.sleep(3)
        talk.session.interrupt()
        taken = await asyncio.wait_for(taking, 10)
        need(0 < len(words(taken.text)) < len(words(LONG)), "it was not interrupted")
        talk.session.truncate(
            message_id=taken.ids[0], modalities=["audio"], audio_end_ms=1000)
        await asyncio.sleep(0.3)
        await talk.session.update_instructions(instructions.replace("slowlong", "reply"))
        taken = await take(await talk.reply())
        need(word_error(REPLY, taken.text) == 0, taken.text)
        need(not talk.errors, talk.errors)


@case("LiveKit RealtimeModel: a tool is called and its output answered")
async def _():
    _, instructions = kit.tagged("tool")

    @llm.function_tool
    async def get_weather(city: str) -> str:
        """The weather of a city."""
        return "sunny"

    async with Talk(instructions) as talk:
        await talk.session.update_tools([get_weather])
        await talk.ask("Weather in Paris?")
        calls = (await take(await talk.reply())).calls
        need(len(calls) == 1 and json.loads(calls[0].arguments) == {"city": "Paris"}, calls)
        context = talk.session.chat_ctx.copy()
        context.items.append(llm.FunctionCallOutput(
            call_id=calls[0].call_id, name="get_weather", output="sunny", is_error=False))
        await talk.session.update_chat_ctx(context)
        taken = await take(await talk.reply())
        need("sunny" in taken.text, taken.text)


@case("LiveKit AgentSession on the RealtimeModel runs a turn by text")
async def _():
    _, instructions = kit.tagged()
    async with http_context.open(), AgentSession(llm=model()) as session:
        await session.start(Agent(instructions=instructions))
        result = await asyncio.wait_for(session.run(user_input="Hello there."), 40)
        said = [
            event.item.text_content for event in result.events
            if getattr(event, "type", "") == "message" and event.item.role == "assistant"]
        need(said and word_error(REPLY, said[-1] or "") == 0, result.events)
