"""Checks of the conversation's face: its pictures, its clock, its lips, and what ends it."""

import asyncio
import json
import subprocess
import time

import numpy as np

from avatar_tools.realtime.cases import case, data_uri, face, kit, talk
from avatar_tools.realtime.chat_stub import REPLY
from avatar_tools.realtime.live import Live
from avatar_tools.realtime.sound import Wrong, need, quiet
from avatar_tools.realtime.video import FRAME_MS, Video, Voice, lips

# B, P and M close the lips, A opens them.
LIPS = REPLY + " Anna opened both big maps of Bombay, and Bob bumped a box."


def is_picture(event):
    return event["type"] == "response.video.delta" and not event["init"]


def check_pictures(video):
    """One video without holes, made as fast as it is shown; gives it."""
    shown = Video(video)
    need(shown.is_monotonic, "tfdt is not monotonic")
    need(shown.largest_hole_ms < 5, f"a hole of {shown.largest_hole_ms:.0f} ms")
    wall = (video[-1]["_at"] - video[1]["_at"]) * 1000
    length = shown.times[-1] - shown.times[0]
    need(abs(length - wall) < 700, f"{length:.0f} ms of video in {wall:.0f} ms")
    keys = [event["stream_ms"] for event in video if event.get("keyframe")]
    need(keys and max(np.diff([*keys, shown.times[-1]])) < 6500, f"keyframes at {keys}")
    return shown


def check_lips(shown, voice):
    """The listening face lives, and the lips go with the sound."""
    frames = shown.frames()
    need(len(frames) == sum(shown.counts), f"{len(frames)} frames decode of {sum(shown.counts)}")
    times = shown.frame_times
    during = (times >= voice.start_ms) & (times < voice.end_ms)
    rest = frames[times < voice.start_ms - 300]
    need(np.abs(np.diff(rest, axis=0)).mean() > 0.01, "the listening face is frozen")
    seen = lips(rest, frames[during], voice.loudness(times[during]))
    need(seen.in_speech > 3 * seen.at_rest + 0.3, seen)
    need(seen.correlation > 0.25 and abs(seen.lag) <= 2, seen)
    kit.note("face: lips after sound", seen.lag * FRAME_MS / 1000)


@case("a face: one endless stream that decodes, keeps time, breathes, and moves its lips to speak",
      alone=True)
async def _():
    async with Live(kit.full) as live:
        mark = live.mark()
        session = await live.update(avatar=face())
        need("base64" not in json.dumps(session), "the portrait is told back")
        first = await live.until("response.video.delta", 10, mark)
        need(first["init"] and first["codec"].startswith("avc1."), "the first begins no shown")
        await live.until(is_picture, 5)
        await asyncio.sleep(4)
        asked = time.time()
        await live.speak(LIPS, 40)
        await asyncio.sleep(1.5)

        video = live.all("response.video.delta")
        shown = check_pictures(video)
        spoken = live.all("response.output_audio.delta")
        need(all("stream_ms" in event for event in spoken), "sound without stream_ms")
        voice = Voice(spoken, shown.times[-1])
        kit.note("face: text to first sound sent", spoken[0]["_at"] - asked)
        due = next(
            event for event in video[1:]
            if event["stream_ms"] + event["duration_ms"] > voice.start_ms)
        kit.note("face: text to first speaking picture sent", due["_at"] - asked)
        apart = [
            abs(sound["_at"] - picture["_at"]) for sound in spoken for picture in video[1:]
            if 0 <= sound["stream_ms"] - picture["stream_ms"] < picture["duration_ms"]]
        need(apart and np.median(apart) < 0.4, "sound and its picture are sent far apart")
        check_lips(shown, voice)
        for name in ("speaking", "idle"):
            need(live.all(f"session.avatar.switch_to_{name}"), f"no switch_to_{name}")


@case("a face on barge-in: cleared, a keyframe, the item cut by the server's clock", alone=True)
async def _():
    _, instructions = kit.tagged("long")
    async with Live(kit.full) as live:
        await live.update(instructions=instructions, **talk(avatar=face()))
        await live.until("response.video.delta", 10)
        await live.say("Tell me a lot.")
        await live.send(type="response.create")
        first = await live.until("response.output_audio.delta", 20)
        await asyncio.sleep(2)
        mark = live.mark()
        await live.hear(np.concatenate([kit.short, quiet(0.1)]), 20)
        cleared = await live.until("output_audio_buffer.cleared", 5, mark)
        done = await live.until("response.done", 5, mark)
        need(done["response"]["status"] == "cancelled", done["response"]["status"])
        cut = await live.until("conversation.item.truncated", 5, mark)
        need(cut["item_id"] == done["response"]["output"][0]["id"], "another item")
        heard = cleared["stream_ms"] - first["stream_ms"]
        need(-450 < cut["audio_end_ms"] - heard < 50,
             f"cut at {cut['audio_end_ms']}, heard {heard:.0f}")
        need(Video(live.all("response.video.delta")).is_monotonic, "tfdt is not monotonic over it")
        after = live.all("response.video.delta", live.events.index(cleared))
        need(after and after[0]["keyframe"]
             and abs(after[0]["stream_ms"] - cleared["stream_ms"]) < 45,
             [{**event, "delta": ""} for event in after[:1]])
        before = [
            event["stream_ms"] for event in live.events[:live.events.index(cleared)]
            if event["type"] == "response.video.delta"]
        need(max(before) < cleared["stream_ms"] + 1,
             f"a picture of {max(before)} was sent before the moment {cleared['stream_ms']}")


@case("what is no face, no picture, or an address is refused; the session goes on by voice")
async def _():
    grey = subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=gray:s=256x256", "-frames:v", "1",
         "-f", "image2pipe", "-c:v", "png", "-"], capture_output=True, check=True).stdout
    wrong = []
    async with Live(kit.full) as live:
        for image, code in ((data_uri(grey), "no_face"),
                            ("data:image/png;base64,AAAA", "image_unreadable"),
                            ("http://127.0.0.1:1/a.png", "invalid_value")):
            try:
                await live.refused(code, type="session.update", session={
                    "type": "realtime", "avatar": face(image=image)})
            except Wrong as seen:
                wrong.append(f"{code}: {seen}")
        await live.alive()
    need(not wrong, "; ".join(wrong))


@case("a face is paused, and ended by null", alone=True)
async def _():
    async with Live(kit.full) as live:
        await live.update(avatar=face())
        await live.until(is_picture, 10)
        for change in ({"paused": True}, None):
            await live.update(avatar=change)
            await asyncio.sleep(0.5)
            mark = live.mark()
            await asyncio.sleep(1)
            need(not live.all("response.video.delta", mark), f"video goes on after {change}")
            if change:
                await live.update(avatar={"paused": False})
                event = await live.until("response.video.delta", 5, mark)
                need(event["init"] or event["keyframe"], "no keyframe after the pause")
