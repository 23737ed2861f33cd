"""Checks of realtime_clients.py with Pipecat's services, each in a pipeline of its own."""

import asyncio
import os
import time

import numpy as np
from loguru import logger

os.environ.setdefault("PIPECAT_TELEMETRY", "0")
from pipecat.frames import frames as pf
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import WorkerRunner
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.openai.realtime import events
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.services.openai.stt import OpenAIRealtimeSTTService

from avatar_tools.realtime.cases import SHORT, case, kit
from avatar_tools.realtime.chat_stub import REPLY
from avatar_tools.realtime.sound import (
    RATE_HZ,
    fits,
    need,
    pcm,
    quiet,
    resample,
    wav_seconds,
    word_error,
)

logger.remove()
HEARING_HZ = 16_000


class Ear(FrameProcessor):
    """Keeps what passes."""

    def __init__(self, kept):
        super().__init__()
        self.kept = kept

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        self.kept.append(frame)
        await self.push_frame(frame, direction)


class Run:
    """A pipeline with one service, and every frame that came by."""

    def __init__(self, service):
        self.kept = []
        self.worker = PipelineWorker(
            Pipeline([Ear(self.kept), service, Ear(self.kept)]),
            params=PipelineParams(audio_in_sample_rate=HEARING_HZ, audio_out_sample_rate=RATE_HZ),
            enable_rtvi=False, idle_timeout_secs=None)

    async def __aenter__(self):
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(self.worker)
        self.running = asyncio.ensure_future(runner.run())
        await asyncio.sleep(0.5)
        return self

    async def __aexit__(self, *_):
        await self.worker.cancel()
        await asyncio.wait([self.running], timeout=10)
        self.running.cancel()

    async def put(self, *frames):
        await self.worker.queue_frames(frames)

    async def hear(self, samples):
        data = pcm(resample(samples, RATE_HZ, HEARING_HZ))
        step = HEARING_HZ // 25 * 2
        began = time.time()
        for offset in range(0, len(data), step):
            await self.put(pf.InputAudioRawFrame(
                audio=data[offset:offset + step], sample_rate=HEARING_HZ, num_channels=1))
            due = began + (offset + step) / 2 / HEARING_HZ
            await asyncio.sleep(max(0, due - time.time()))

    def all(self, kind, after=0):
        return [frame for frame in self.kept[after:] if isinstance(frame, kind)]

    async def until(self, kind, seconds=30, count=1, after=0):
        end = time.time() + seconds
        while len(self.all(kind, after)) < count:
            errors = self.all(pf.ErrorFrame)
            need(not errors, f"ErrorFrame: {errors[:1]}")
            came = sorted({type(frame).__name__ for frame in self.kept[after:]})
            need(time.time() < end, f"no {kind.__name__}; came {came}")
            await asyncio.sleep(0.02)
        return self.all(kind, after)[-1]


def address():
    return kit.full.socket_url + "/v1/realtime"


def model(instructions):
    hearing = events.AudioInput(
        transcription=events.InputAudioTranscription(model="whisper-1", language="en"))
    return OpenAIRealtimeLLMService(
        api_key=kit.full.key, base_url=address(),
        settings=OpenAIRealtimeLLMService.Settings(
            model="gpt-realtime", system_instruction=instructions,
            session_properties=events.SessionProperties(
                audio=events.AudioConfiguration(input=hearing))))


def user_says(text):
    return pf.LLMContextFrame(context=LLMContext([{"role": "user", "content": text}]))


def spoken_turn():
    return np.concatenate([kit.short, quiet(1.5)])


def check_heard(frame):
    need(word_error(SHORT, frame.text) <= 0.21, frame.text)


@case("Pipecat OpenAIRealtimeSTTService, turns by the server's VAD")
async def _():
    ear = OpenAIRealtimeSTTService(
        api_key=kit.full.key, base_url=address(), turn_detection={"type": "server_vad"},
        settings=OpenAIRealtimeSTTService.Settings(model="gpt-transcribe"))
    async with Run(ear) as run:
        await run.hear(spoken_turn())
        check_heard(await run.until(pf.TranscriptionFrame))
        await run.until(pf.ProposedUserStartedSpeakingFrame, 2)
        await run.until(pf.ProposedUserStoppedSpeakingFrame, 2)
        need(not run.all(pf.ErrorFrame), "an ErrorFrame")


@case("Pipecat OpenAIRealtimeSTTService with its defaults: the pipeline's VAD commits")
async def _():
    ear = OpenAIRealtimeSTTService(api_key=kit.full.key, base_url=address())
    async with Run(ear) as run:
        await run.put(pf.VADUserStartedSpeakingFrame())
        await run.hear(kit.short)
        await run.put(pf.VADUserStoppedSpeakingFrame())
        check_heard(await run.until(pf.TranscriptionFrame))


@case("Pipecat OpenAIRealtimeLLMService: greets from its context, then answers a spoken turn")
async def _():
    tag, instructions = kit.tagged()
    async with Run(model(instructions)) as run:
        await run.put(user_says("Greet me."))
        await run.until(pf.LLMFullResponseEndFrame)
        sound = b"".join(frame.audio for frame in run.all(pf.TTSAudioRawFrame))
        need(fits(wav_seconds(sound), REPLY), f"{wav_seconds(sound):.1f} s of sound")
        text = "".join(frame.text for frame in run.all(pf.TTSTextFrame))
        need(word_error(REPLY, text) == 0, text)
        await run.hear(spoken_turn())
        check_heard(await run.until(pf.TranscriptionFrame))
        await run.until(pf.LLMFullResponseEndFrame, count=2)
        need(len(kit.chat.of(tag)) >= 2, "chat was not asked again")


@case("Pipecat OpenAIRealtimeLLMService: an interruption, and the session is not silent after it")
async def _():
    _, instructions = kit.tagged("long")
    async with Run(model(instructions)) as run:
        await run.put(user_says("Talk."))
        await run.until(pf.TTSAudioRawFrame, 20)
        await asyncio.sleep(1)
        await run.hear(spoken_turn())
        heard = await run.until(pf.TranscriptionFrame)
        check_heard(heard)
        # The answer may have come whole while the silence behind the turn was still being sent.
        await run.until(pf.TTSAudioRawFrame, after=run.kept.index(heard))
        need(not run.all(pf.ErrorFrame), f"{run.all(pf.ErrorFrame)[:1]}")
