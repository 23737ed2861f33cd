"""Every parameter of OpenAI's audio API, by both of its clients, streamed and not; the answers are
read into the client's own types, and every field of theirs is looked at.

Used by openai_client.py.
"""

import array
import asyncio
import base64
import io
import re
import wave

from avatar_tools import CLIP as speech
from avatar_tools.checks import check

models = [
    "whisper-1", "gpt-transcribe", "gpt-4o-transcribe", "gpt-4o-mini-transcribe",
    "gpt-4o-mini-transcribe-2025-12-15", "gpt-4o-mini-transcribe-2025-03-20",
    "gpt-4o-transcribe-diarize",
]
# One of each parameter that leaves a plain answer as it is.
plain = {
    "prompt": {"prompt": "A speech."},
    "prompt as a list": {"extra_body": {"prompt": ["Kennedy", "Americans"]}},
    "temperature": {"temperature": 0.2},
    "language": {"language": "en"},
    "languages": {"languages": ["en", "de"]},
    "one of languages": {"languages": ["en"]},
    "keywords": {"keywords": ["Americans", "country"]},
    "chunking_strategy auto": {"chunking_strategy": "auto"},
    "chunking_strategy server_vad": {
        "chunking_strategy": {
            "type": "server_vad", "threshold": 0.4, "prefix_padding_ms": 300,
            "silence_duration_ms": 400,
        }
    },
    "max_line_length": {"extra_body": {"max_line_length": 30}},
}


def is_the_speech(text):
    return "ask not what your country can do for you" in text.lower()


def is_the_excerpt(text):
    return "your country can do for you" in text.lower()


def is_typed(answer, *optional):
    """Whether each field of the client's type is there, read as what the type says."""
    names = set(type(answer).model_fields) - set(optional)
    missing = [name for name in names if getattr(answer, name) is None]
    again = type(answer).model_validate(answer.model_dump(exclude_none=True), strict=False)
    return not missing and again.model_dump(exclude_none=True).keys() >= names


def sound(channels, samples, rate=16_000):
    """A WAV file of 16 bit."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(samples))
    return out.getvalue()


def samples_of(start, end):
    """The speech from one second to another."""
    with wave.open(str(speech)) as file:
        file.setpos(int(start * file.getframerate()))
        return file.readframes(int((end - start) * file.getframerate()))


# "What your country can do for you": most parameters need no more.
excerpt = sound(1, samples_of(5.2, 8.0))


def two_channels():
    """The excerpt in one channel, and after it in the other."""
    said = samples_of(5.2, 8.0)
    left, right = said + bytes(len(said)), bytes(len(said)) + said
    both = bytearray(2 * len(left))
    both[0::4], both[1::4] = left[0::2], left[1::2]
    both[2::4], both[3::4] = right[0::2], right[1::2]
    return sound(2, both)


def ask(ai, **fields):
    return ai.audio.transcriptions.create(
        file=("talk.wav", fields.pop("audio", excerpt)),
        model=fields.pop("model", "gpt-4o-transcribe"), **fields)


def try_models(ai):
    for model in models:
        usage = ask(ai, model=model, language="en").usage
        kind = "duration" if model == "whisper-1" else "tokens"
        check(f"{model}: usage is a {kind}", usage.type == kind and is_typed(usage), usage)
        check(f"{model} is a model", ai.models.retrieve(model).id == model)
    heard = ask(ai, model="gpt-transcribe")
    check("gpt-transcribe tells the languages", [x.code for x in heard.languages] == ["en"], heard)


def try_plain(ai):
    for what, fields in plain.items():
        language = {} if "language" in what else {"language": "en"}
        answer = ask(ai, **language, **fields)
        check(f"{what}: taken", is_the_excerpt(answer.text), answer)
        events = list(ask(ai, stream=True, **language, **fields))
        check(f"{what}: taken, streamed", is_the_excerpt(events[-1].text), events[-1])


def try_logprobs(ai):
    answer = ask(ai, language="en", include=["logprobs"])
    tokens = answer.logprobs
    check("logprobs: tokens are the text", "".join(x.token for x in tokens) == answer.text, answer)
    check("logprobs: bytes are the tokens'",
          all(bytes(map(int, x.bytes)).decode() == x.token for x in tokens), tokens)
    check("logprobs: logarithms", all(-50 < x.logprob <= 0 for x in tokens), tokens)
    events = list(ask(ai, language="en", include=["logprobs"], stream=True))
    told = [token.token for event in events[:-1] for token in event.logprobs]
    check("logprobs: each event has its own",
          told == [x.token for x in events[-1].logprobs] and "".join(told) == events[-1].text, told)
    check("streamed: usage in tokens", events[-1].usage.type == "tokens" and
          is_typed(events[-1].usage) and events[-1].usage.output_tokens > 5, events[-1].usage)
    raw = ai.audio.transcriptions.with_raw_response.create(
        file=("a.wav", excerpt), model="whisper-1", language="en",
        include=["logprobs"], response_format="text")
    check("logprobs of another format are told", "logprobs" in raw.headers.get("warning", ""))


def try_verbose(ai):
    for wanted in (["word"], ["segment"], ["word", "segment"]):
        answer = ask(ai, model="whisper-1", language="en", response_format="verbose_json",
                     timestamp_granularities=wanted)
        absent = {"word": "words", "segment": "segments"}
        optional = [absent[name] for name in absent if name not in wanted]
        check(f"verbose_json with {wanted}: every field", is_typed(answer, *optional), answer)
        check(f"verbose_json with {wanted}: no others",
              all(not getattr(answer, name) for name in optional), answer)
        check("verbose_json: segments have every field",
              all(is_typed(x) for x in answer.segments or []), answer.segments)
        check("verbose_json: words have every field",
              all(is_typed(x) for x in answer.words or []), answer.words)


def try_speakers(ai):
    audio = two_channels()
    split = {"language": "en", "extra_body": {"channels": "split"}}
    answer = ask(ai, model="gpt-4o-transcribe-diarize", audio=audio,
                 response_format="diarized_json", chunking_strategy="auto", **split)
    check("diarized_json: every field", is_typed(answer)
          and all(is_typed(x) for x in answer.segments), answer)
    check("diarized_json: who speaks first is A, then B",
          "".join(dict.fromkeys(x.speaker for x in answer.segments)) == "AB", answer.segments)
    check("diarized_json: by time",
          all(a.start <= b.start for a, b in zip(answer.segments, answer.segments[1:])))
    events = list(ask(ai, model="gpt-4o-transcribe-diarize", audio=audio, stream=True,
                      response_format="diarized_json", known_speaker_names=["Ada", "Bob"], **split))
    segments = [x for x in events if x.type == "transcript.text.segment"]
    deltas = [x for x in events if x.type == "transcript.text.delta"]
    check("diarized_json streamed: segments have every field",
          segments and all(is_typed(x) for x in segments), segments)
    check("diarized_json streamed: names and ids",
          {x.speaker for x in segments} == {"Ada", "Bob"}
          and [x.segment_id for x in deltas] == [x.id for x in segments], events)
    check("diarized_json streamed: the end", events[-1].type == "transcript.text.done")


def two_voices(ai):
    """The speech, our own voice behind it, and the speech again, in one channel."""
    words = "Thank you very much. It is a great pleasure to be here with all of you tonight."
    said = ai.audio.speech.create(
        model="tts-1", voice="alloy", response_format="pcm", input=words).read()
    # From 24 to 16 kHz: of three samples the first, and the mean of the others.
    values = array.array("h", said[:len(said) // 6 * 6])
    ours = array.array("h", [
        value for index in range(0, len(values), 3)
        for value in (values[index], (values[index + 1] + values[index + 2]) // 2)]).tobytes()
    gap = bytes(8_000)
    return sound(1, samples_of(0, 4.5) + gap + ours + gap + samples_of(5.2, 11)), ours


def try_voices(ai):
    audio, ours = two_voices(ai)
    answer = ask(ai, model="gpt-4o-transcribe-diarize", audio=audio, language="en",
                 response_format="diarized_json", chunking_strategy="auto")
    check("voices: every field", is_typed(answer) and all(is_typed(x) for x in answer.segments),
          answer)
    check("voices: A, then B, then A",
          "".join(x.speaker for x in answer.segments).replace("AA", "A").replace("BB", "B")
          in ("ABA", "AABA", "ABAA"), answer.segments)
    check("voices: who says what", all(
        x.speaker == ("B" if re.search("pleasure|thank", x.text, re.I) else "A")
        for x in answer.segments), answer.segments)
    url = "data:audio/wav;base64," + base64.b64encode(sound(1, ours)).decode()
    answer = ask(ai, model="gpt-4o-transcribe-diarize", audio=audio, language="en",
                 response_format="diarized_json", known_speaker_names=["Ada"],
                 known_speaker_references=[url])
    check("voices: one is known by name",
          {x.speaker for x in answer.segments if "pleasure" in x.text} == {"Ada"}
          and {x.speaker for x in answer.segments} == {"Ada", "A"}, answer.segments)
    one = ask(ai, audio=speech.read_bytes(), language="en", response_format="diarized_json")
    check("voices: one stays one", {x.speaker for x in one.segments} == {"A"}, one.segments)
    vtt = ask(ai, model="whisper-1", audio=audio, language="en", response_format="vtt",
              extra_body={"diarize": True})
    check("voices: vtt names them", "<v A>" in vtt and "<v B>" in vtt, vtt)
    events = list(ask(ai, model="gpt-4o-transcribe-diarize", audio=audio, language="en",
                      stream=True, response_format="diarized_json"))
    segments = [x for x in events if x.type == "transcript.text.segment"]
    check("voices streamed: segments have every field",
          {x.speaker for x in segments} == {"A", "B"} and all(is_typed(x) for x in segments),
          events)


def cues(text):
    """Cues of an SRT file: start, end and lines."""
    found = []
    for block in text.strip().split("\n\n"):
        _, times, *lines = block.split("\n")
        start, end = (
            int(h) * 3600 + int(m) * 60 + int(s) + int(ms) / 1000
            for h, m, s, ms in re.findall(r"(\d+):(\d+):(\d+),(\d+)", times))
        found.append((start, end, lines))
    return found


def is_readable(cue, length=42, lines=2):
    start, end, text = cue
    letters = sum(map(len, text)) + len(text) - 1
    return (len(text) <= lines and all(0 < len(line) <= length for line in text)
            and 0.83 <= end - start <= 7.001 and letters <= 20 * (end - start))


def try_captions(ai):
    for length, lines in ((42, 2), (24, 1)):
        limits = {"max_line_length": length, "max_lines": lines}
        found = cues(ask(ai, model="whisper-1", audio=speech.read_bytes(), language="en",
                         response_format="srt", extra_body=limits))
        check(f"captions: {lines} lines of {length}",
              len(found) > 1 and all(is_readable(cue, length, lines) for cue in found), found)
    tsv = ask(ai, model="whisper-1", language="en", response_format="tsv")
    rows = [line.split("\t") for line in tsv.splitlines()]
    check("tsv: milliseconds and text", rows[0] == ["start", "end", "text"]
          and all(int(row[0]) < int(row[1]) and row[2] for row in rows[1:]), tsv)
    lrc = ask(ai, model="whisper-1", language="en", response_format="lrc")
    check("lrc: minutes and text",
          all(re.fullmatch(r"\[\d\d:\d\d\.\d\d\].+", line) for line in lrc.splitlines()), lrc)


def try_speaking(ai):
    known = {voice["id"] for voice in ai.get("/audio/voices", cast_to=object)["data"]}
    check("voices: listed", known, known)
    said = {"input": "Hello there.", "response_format": "wav"}
    for model in ("tts-1", "tts-1-hd", "tts-1-1106", "gpt-4o-mini-tts",
                  "gpt-4o-mini-tts-2025-12-15"):
        audio = ai.audio.speech.create(model=model, voice="alloy", **said).read()
        check(f"{model} speaks", audio[:4] == b"RIFF" and len(audio) > 10_000)
        check(f"{model} is a model", ai.models.retrieve(model).id == model)
    for voice in ("marin", "cedar", {"id": sorted(known)[0]}):
        audio = ai.audio.speech.create(model="tts-1", voice=voice, **said).read()
        check(f"voice {voice} speaks", len(audio) > 10_000)
    raw = ai.audio.speech.with_raw_response.create(
        model="gpt-4o-mini-tts", voice="alloy", instructions="Whisper.", **said)
    check("instructions: told to have no effect",
          "instructions" in raw.headers.get("warning", ""), dict(raw.headers))


async def try_async(ai):
    """The same calls by the client for asyncio, all at once, whole and streamed."""
    named = [(what, {"language": "en", **fields}) for what, fields in plain.items()
             if "language" not in what]

    async def whole(what, fields):
        answer = await ask(ai, **fields)
        check(f"async, {what}", is_the_excerpt(answer.text), answer)

    async def streamed(what, fields):
        events = [event async for event in await ask(ai, stream=True, **fields)]
        check(f"async and streamed, {what}", is_the_excerpt(events[-1].text), events[-1])

    for part in (whole, streamed):
        await asyncio.gather(*(part(what, dict(fields)) for what, fields in named))
    async with ai.audio.speech.with_streaming_response.create(
            model="tts-1", voice="alloy", input="Hello there.", response_format="pcm") as answer:
        size = sum([len(piece) async for piece in answer.iter_bytes()])
    check("async, speech streamed", size > 10_000, size)


def try_parameters(ai, asynchronous):
    try_models(ai)
    try_plain(ai)
    try_logprobs(ai)
    try_verbose(ai)
    try_speakers(ai)
    try_voices(ai)
    try_captions(ai)
    try_speaking(ai)
    asyncio.run(try_async(asynchronous))
