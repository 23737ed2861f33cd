#!/usr/bin/env python3
"""Talks to the server once: speech from a WAV file goes in, the answer's WAV and words come out.

Needs `pip install openai websockets`, and ffmpeg for --video.

    scripts/realtime_demo.py question.wav --out answer.wav
    scripts/realtime_demo.py --say 'Hello, I am your avatar.' --out hello.wav \\
        --face portrait.png --video hello.mp4
"""

import argparse
import array
import asyncio
import base64
import mimetypes
import pathlib
import shutil
import subprocess
import sys
import tempfile
import wave

import openai
import websockets

RATE_HZ, RATES_HZ = 24_000, (8_000, 16_000, 24_000, 48_000)


class Trouble(Exception):
    """Why there is no answer, for whoever asked."""


def read_speech(path):
    """The rate and the samples, 16 bits each, of one channel."""
    with wave.open(path) as file:
        if file.getsampwidth() != 2 or file.getframerate() not in RATES_HZ:
            raise Trouble(f"{path} must have 16 bits at one of {RATES_HZ} Hz. This makes it so:\n"
                          f"ffmpeg -i {path} -ar {RATE_HZ} -c:a pcm_s16le speech.wav")
        samples = array.array("h", file.readframes(file.getnframes()))
        return file.getframerate(), samples[::file.getnchannels()].tobytes()


def session_of(options, rate_hz):
    """Turns are ended by this program, not by silence."""
    session = {
        "type": "realtime", "instructions": options.instructions,
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": rate_hz}, "turn_detection": None,
                "transcription": {"model": "whisper-1"}},
            "output": {"format": {"type": "audio/pcm", "rate": RATE_HZ}}}}
    if options.face:
        kind = mimetypes.guess_type(options.face)[0] or "image/png"
        image = base64.b64encode(pathlib.Path(options.face).read_bytes()).decode()
        session["avatar"] = {
            "type": "photo-avatar", "output_protocol": "websocket",
            "image": f"data:{kind};base64,{image}"}
    return session


async def ask(connection, options):
    """For the text that was given, or else for an answer of the chat endpoint's."""
    if not options.say:
        return await connection.response.create()
    await connection.send({"type": "input_text_buffer.append", "text": options.say})
    await connection.send({"type": "input_text_buffer.commit"})


async def talk(connection, options):
    """The answer's sound, the pictures, and when of their time the sound begins, in seconds."""
    rate_hz, speech = read_speech(options.wav) if options.wav else (RATE_HZ, b"")
    sound, pictures, begins = b"", b"", 0.0
    await connection.session.update(session=session_of(options, rate_hz))
    for offset in range(0, len(speech), RATE_HZ):
        piece = base64.b64encode(speech[offset:offset + RATE_HZ]).decode()
        await connection.input_audio_buffer.append(audio=piece)
    await (connection.input_audio_buffer.commit() if speech else ask(connection, options))
    async for event in connection:
        match event.type:
            case "conversation.item.input_audio_transcription.completed":
                print(f"You: {event.transcript}")
                await ask(connection, options)
            case "response.output_audio.delta":
                if not sound:
                    begins = getattr(event, "stream_ms", 0) / 1000
                sound += base64.b64decode(event.delta)
            case "response.output_audio_transcript.done":
                print(f"It: {event.transcript}")
            case "response.video.delta":
                pictures += base64.b64decode(event.delta)
            case "response.done":
                if event.response.status == "failed":
                    raise Trouble(f"No answer: {event.response.status_details.error}")
                return sound, pictures, begins
            case "error":
                raise Trouble(f"{event.error.message} ({event.error.code})")
    raise Trouble("The server ended the conversation.")


def save_video(options, pictures, begins):
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        pathlib.Path(file.name).write_bytes(pictures)
        subprocess.run(
            ["ffmpeg", "-v", "error", "-y", "-i", file.name, "-itsoffset", str(begins),
             "-i", options.out, "-c:v", "copy", "-c:a", "aac", options.video], check=True)


async def converse(options):
    client = openai.AsyncOpenAI(base_url=options.url.rstrip("/") + "/v1", api_key=options.key)
    async with client.realtime.connect(model="gpt-realtime") as connection:
        sound, pictures, begins = await asyncio.wait_for(talk(connection, options), 120)
    with wave.open(options.out, "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(sound)
    print(f"{options.out} has {len(sound) / 2 / RATE_HZ:.1f} s.")
    if options.video:
        save_video(options, pictures, begins)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wav", nargs="?", help="what you say")
    parser.add_argument("--url", default="http://localhost:8080")
    parser.add_argument("--key", default="none")
    parser.add_argument("--out", default="answer.wav")
    parser.add_argument("--say", help="what it says; without a chat endpoint it needs to be told")
    parser.add_argument("--instructions", default="Answer in one or two sentences.")
    parser.add_argument("--face", help="a portrait that looks at you")
    parser.add_argument("--video", help="where that is written, an MP4")
    options = parser.parse_args()
    if not (options.wav or options.say):
        parser.error("a WAV file, --say, or both")
    if options.video and not shutil.which("ffmpeg"):
        parser.error("--video needs ffmpeg")
    if bool(options.face) != bool(options.video):
        parser.error("--face and --video go together")
    try:
        asyncio.run(converse(options))
    except websockets.InvalidStatus as refusal:
        words = {401: "It asks for the right --key.", 429: "It has no room now."}
        status = refusal.response.status_code
        sys.exit(words.get(status, f"The server answers {status} instead of a conversation."))
    except (Trouble, OSError, EOFError, wave.Error, websockets.ConnectionClosed) as error:
        sys.exit(f"It did not work: {error or 'no answer within two minutes'}")


if __name__ == "__main__":
    main()
