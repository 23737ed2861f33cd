"""The live conversation as Pipecat's and LiveKit's own classes use it, without their clouds.

usage: realtime_clients.py [PATTERN]     with AVATAR_PROGRAM; scripts on PYTHONPATH

Both are in the environment `.deps/clients`, which scripts/setup --tests makes; elsewhere whatever
is installed is tried.

What really runs: Pipecat's OpenAIRealtimeSTTService and OpenAIRealtimeLLMService in a pipeline;
LiveKit's openai.STT stream, openai.realtime.RealtimeModel's session, and an AgentSession on it by
text. What does not: their transports (rooms, WebRTC), their clouds, their voice detectors.
"""

import asyncio
import os
import sys

from avatar_tools import ROOT
from avatar_tools.checks import finish
from avatar_tools.markdown import blocks
from avatar_tools.realtime.cases import CASES, case, kit, run_cases
from avatar_tools.realtime.endpoint import Endpoint
from avatar_tools.server import Server

KEY = "a-key-of-the-checks"
KINDS = {"pipecat": "realtime_pipecat", "livekit": "realtime_livekit"}


def add_recipe(package):
    """README's lines for a package make what they say."""
    content = next(
        content for mark, _, content in blocks((ROOT / "README.md").read_text())
        if mark == f"python {package}")

    @case(f"README's recipe for {package}")
    async def _():
        exec(compile(content, "README.md", "exec"), {})


def load():
    for package, module in KINDS.items():
        try:
            __import__(package)
        except ImportError:
            print(f"{package} is not installed and not tried")
            continue
        __import__(module)
        add_recipe(package)
    if not CASES:
        sys.exit("neither is installed: the head of this file says how")


async def main():
    load()
    kit.load()
    await kit.chat.start()
    with Server(os.environ["AVATAR_PROGRAM"], variables={
            "AVATAR_API_KEY": KEY, "AVATAR_PRELOAD": "all", "AVATAR_CHAT_URL": kit.chat.url,
            "AVATAR_CHAT_MODEL": "stub"}) as server:
        kit.full = Endpoint(server.url, KEY, server.process)
        await run_cases(sys.argv[1] if len(sys.argv) > 1 else "", beside=1)
    finish()


asyncio.run(main())
