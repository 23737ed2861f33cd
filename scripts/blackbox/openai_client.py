"""The real `openai` package against our server: every response format, streams, models, errors.

usage: openai_client.py BASE_URL     also reads AVATAR_KEYED_URL and AVATAR_KEY
"""

import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import openai
from openai_parameters import is_the_speech, try_parameters

from avatar_tools import CLIP as speech
from avatar_tools import PORTRAIT as portrait
from avatar_tools.checks import check, finish

speech_seconds = 11.0
sentence = "The quick brown fox jumps over the lazy dog."


def client(url, key="any"):
    return openai.OpenAI(base_url=url + "/v1", api_key=key, max_retries=0, timeout=120)


def probe(path):
    """ffprobe's seconds and codec of a sound file, as decoded to its end."""
    answer = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name,sample_rate",
         "-show_entries", "frame=nb_samples", "-select_streams", "a:0", "-of", "json", str(path)],
        capture_output=True, text=True, check=False)
    if answer.returncode or answer.stderr:
        return 0.0, answer.stderr
    facts = json.loads(answer.stdout)
    stream = facts["streams"][0]
    samples = sum(frame["nb_samples"] for frame in facts["frames"])
    return samples / int(stream["sample_rate"]), stream["codec_name"]


def try_transcriptions(ai):
    def ask(**fields):
        with open(speech, "rb") as file:
            return ai.audio.transcriptions.create(file=file, language="en", **fields)

    answer = ask(model="whisper-1")
    check("json: the words are the speech's", is_the_speech(answer.text), answer)
    check("json: the usage is the sound's length", answer.usage.seconds == speech_seconds, answer)
    text = ask(model="gpt-4o-transcribe", response_format="text")
    check("text: a plain string", isinstance(text, str) and is_the_speech(text), text)
    srt = ask(model="whisper-1", response_format="srt")
    check(
        "srt: numbered, with commas",
        srt.startswith("1\n00:00:0") and "," in srt.split("\n")[1],
        srt,
    )
    vtt = ask(model="whisper-1", response_format="vtt")
    check("vtt: with its first line", vtt.startswith("WEBVTT\n\n") and "-->" in vtt, vtt)
    verbose = ask(model="whisper-1", response_format="verbose_json",
                  timestamp_granularities=["word", "segment"])
    check("verbose_json: language and length",
          verbose.language == "english" and abs(verbose.duration - speech_seconds) < 0.1, verbose)
    check(
        "verbose_json: the segments lie in the sound, in order",
        verbose.segments
        and all(0 <= s.start < s.end <= speech_seconds + 0.1 for s in verbose.segments)
        and [s.id for s in verbose.segments] == list(range(len(verbose.segments))),
        verbose.segments,
    )
    spoken = "".join(word.word for word in verbose.words).lower()
    check(
        "words: each with its times, in order",
        len(verbose.words) > 15
        and "country" in spoken
        and all(w.start <= w.end for w in verbose.words)
        and all(a.start <= b.start for a, b in zip(verbose.words, verbose.words[1:])),
        verbose.words,
    )
    only = ask(model="whisper-1", response_format="verbose_json", timestamp_granularities=["word"])
    check("words alone: no segments", only.words and not only.segments, only)

    events = list(ask(model="gpt-4o-mini-transcribe", stream=True))
    deltas = "".join(e.delta for e in events if e.type == "transcript.text.delta")
    check("stream: the last event is done and has the whole",
          events[-1].type == "transcript.text.done" and is_the_speech(events[-1].text), events)
    check("stream: the deltas are the whole", deltas == events[-1].text, deltas)

    with open(speech, "rb") as file:
        whole = ai.audio.transcriptions.create(
            file=("talk.wav", file.read(), "audio/wav"), model="base"
        )
    check("a file from memory, its language found out", is_the_speech(whole.text), whole)


def try_translations(ai):
    with open(speech, "rb") as file:
        answer = ai.audio.translations.create(file=file, model="whisper-1")
    check("translation: json", is_the_speech(answer.text), answer)
    with open(speech, "rb") as file:
        verbose = ai.audio.translations.create(
            file=file, model="whisper-1", response_format="verbose_json"
        )
    check("translation: verbose_json is in English", verbose.language == "english", verbose)


def try_speech(ai, folder):
    seconds = {}
    codecs = {"mp3": "mp3", "opus": "opus", "aac": "aac", "flac": "flac", "wav": "pcm_s16le"}
    for name, codec in codecs.items():
        path = folder / f"said.{name}"
        ai.audio.speech.create(
            model="tts-1", voice="alloy", input=sentence, response_format=name).write_to_file(path)
        seconds[name], seen = probe(path)
        check(f"{name}: it decodes, as {codec}", seen == codec, seen)
    raw = ai.audio.speech.create(
        model="gpt-4o-mini-tts", voice="nova", input=sentence, response_format="pcm").read()
    seconds["pcm"] = len(raw) / 48_000
    check("pcm: 24 kHz, 16 bit", len(raw) % 2 == 0 and 2 < seconds["pcm"] < 5, len(raw))
    # MP3, AAC and Opus pad by a frame or two.
    check("every format has the same length",
          all(abs(s - seconds["pcm"]) < 0.15 for s in seconds.values()), seconds)
    fast = ai.audio.speech.create(
        model="tts-1", voice="alloy", input=sentence, response_format="pcm", speed=2).read()
    check("twice the speed is about half the length", 0.4 < len(fast) / len(raw) < 0.65, len(fast))

    with open(folder / "said.mp3", "rb") as file:
        heard = ai.audio.transcriptions.create(file=file, model="whisper-1", language="en").text
    check("what was said is heard", "quick brown fox" in heard.lower(), heard)

    pieces = []
    with ai.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input=f"{sentence} " * 4, response_format="wav"
    ) as answer:
        for piece in answer.iter_bytes(4096):
            pieces.append(piece)
    streamed = folder / "streamed.wav"
    streamed.write_bytes(b"".join(pieces))
    check(
        "a stream comes in pieces and plays",
        len(pieces) > 4 and probe(streamed)[0] > 3 * seconds["wav"],
        (len(pieces), probe(streamed)),
    )

    with ai.audio.speech.with_streaming_response.create(
            model="gpt-4o-mini-tts", voice="alloy", input=sentence, response_format="pcm",
            stream_format="sse") as answer:
        events = [
            json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: {")
        ]
    sound = b"".join(
        base64.b64decode(e["audio"]) for e in events if e["type"] == "speech.audio.delta")
    check("sse: audio deltas, then done",
          events[-1]["type"] == "speech.audio.done" and abs(len(sound) - len(raw)) < 9600,
          (events[-1]["type"], len(sound), len(raw)))


def try_models(ai):
    names = [model.id for model in ai.models.list()]
    check(
        "models: ours and OpenAI's", {"whisper-1", "tts-1", "base", "tiny.en"} <= set(names), names
    )
    check("one model", ai.models.retrieve("whisper-1").id == "whisper-1")


def try_errors(ai, keyed, key):
    def refuses(what, kind, call, code=None, status=None):
        try:
            call()
        except openai.APIStatusError as error:
            right = (type(error) is kind and error.message and code in (None, error.code)
                     and status in (None, error.status_code))
            check(f"{what}: {kind.__name__}", right,
                  (type(error).__name__, error.status_code, error.code, error.message))
        else:
            check(f"{what}: {kind.__name__}", False, "no error")

    def hear(name, content, ai=ai, **fields):
        fields = {"model": "whisper-1", **fields}
        return lambda: ai.audio.transcriptions.create(file=(name, content), **fields)

    def say(ai=ai, **fields):
        fields = {"model": "tts-1", "voice": "alloy", "input": "Hello.", **fields}
        return lambda: ai.audio.speech.create(**fields)

    sound = speech.read_bytes()
    refuses("no sound at all", openai.APIStatusError, hear("a.wav", b"This is no sound."),
            status=415)
    refuses("an image is no sound", openai.APIStatusError, hear("a.png", portrait.read_bytes()),
            status=415)
    refuses("a model that is not here", openai.NotFoundError, hear("a.wav", sound, model="none"),
            "model_not_found")
    refuses(
        "a format that is none", openai.BadRequestError, hear("a.wav", sound, response_format="doc")
    )
    refuses("more speakers than there may be", openai.UnprocessableEntityError,
            hear("a.wav", sound, response_format="diarized_json",
                 extra_body={"speakers": 3, "max_speakers": 2}))
    refuses("a known speaker's recording that is none", openai.APIStatusError,
            hear("a.wav", sound, response_format="diarized_json", known_speaker_names=["Ada"],
                 known_speaker_references=["data:audio/wav;base64,AAAA"]), status=415)
    refuses("a threshold over 1", openai.BadRequestError, hear(
        "a.wav", sound, chunking_strategy={"type": "server_vad", "threshold": 2}))
    refuses("a language that is none", openai.UnprocessableEntityError,
            hear("a.wav", sound, languages=["Klingon"]))
    refuses("a voice that is none", openai.BadRequestError, say(voice="nobody"))
    refuses("a speed out of range", openai.BadRequestError, say(speed=9))
    refuses("nothing to speak", openai.UnprocessableEntityError, say(input="🙂"))
    refuses("a model's name unknown", openai.NotFoundError, lambda: ai.models.retrieve("none"))

    refuses(
        "a bad key", openai.AuthenticationError, say(ai=client(keyed, "wrong")), "invalid_api_key"
    )
    refuses("a bad key, with a body of 32 MiB", openai.AuthenticationError,
            hear("a.wav", bytes(1 << 25), ai=client(keyed, "wrong")))
    check("the right key", len(say(ai=client(keyed, key))().read()) > 1000)
    refuses("a body over the limit", openai.APIStatusError, hear("a.wav", bytes(33 << 20)),
            status=413)
    nobody = client("http://127.0.0.1:9")
    try:
        nobody.models.list()
        check("nobody there: APIConnectionError", False)
    except openai.APIConnectionError as error:
        check("nobody there: APIConnectionError", True, error)


def main():
    url = sys.argv[1]
    ai = client(url)
    try_models(ai)
    try_transcriptions(ai)
    try_translations(ai)
    with tempfile.TemporaryDirectory() as folder:
        try_speech(ai, pathlib.Path(folder))
    try_parameters(
        ai, openai.AsyncOpenAI(base_url=url + "/v1", api_key="any", max_retries=0, timeout=240))
    try_errors(ai, os.environ["AVATAR_KEYED_URL"], os.environ["AVATAR_KEY"])
    finish()


main()
