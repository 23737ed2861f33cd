"""The live conversation, tried from outside over one WebSocket.

usage: realtime.py BASE_URL [PATTERN]     the server is not asked: it starts two of its own

Beside what each check is about, every event of every conversation is held against OpenAI's own
types and against avatar_tools/realtime/invariants.py. The chat endpoint is a stub in this process.
With a pattern only the checks whose name has it are run. The latencies at the end are for reading:
on a machine that does other work they say little, and no check is about them but loosely.
"""

import asyncio
import os
import secrets
import sys

import realtime_answering  # noqa: F401
import realtime_crowd
import realtime_door  # noqa: F401
import realtime_events  # noqa: F401
import realtime_face  # noqa: F401
import realtime_hearing  # noqa: F401
import realtime_speaking  # noqa: F401

from avatar_tools.checks import finish, serving
from avatar_tools.realtime.cases import kit, run_case, run_cases
from avatar_tools.realtime.endpoint import Endpoint
from avatar_tools.server import Server


async def main():
    pattern = sys.argv[2] if len(sys.argv) > 2 else ""
    kit.load()
    await kit.chat.start()
    key = secrets.token_hex(12)
    full = Server(os.environ["AVATAR_PROGRAM"], variables={
        "AVATAR_API_KEY": key, "AVATAR_PRELOAD": "all", "AVATAR_CHAT_URL": kit.chat.url,
        "AVATAR_CHAT_MODEL": "stub", "AVATAR_CHAT_KEY": "stub-key",
        "AVATAR_REALTIME_SESSIONS": "64", "AVATAR_REALTIME_FACES": "4"})
    kit.full = Endpoint(full.url, key, full.process)
    try:
        with serving(AVATAR_REALTIME_SESSIONS="2", AVATAR_REALTIME_IDLE_SECONDS="2",
                     AVATAR_REALTIME_SECONDS="8") as (port, _):
            kit.bare = Endpoint(f"http://127.0.0.1:{port}")
            await run_cases(pattern)
            if not pattern:
                await run_case(realtime_crowd.STOPPING)
    finally:
        full.stop()
    kit.tell_latencies()
    finish()


asyncio.run(main())
