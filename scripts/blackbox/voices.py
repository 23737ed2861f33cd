"""Voices of other families, on real weights: a Piper voice, the same told to read German, and
Kokoro; speeds of each; what the program hears in what it says itself.

usage: voices.py BASE_URL     starts a server of its own with the voices of scripts/setup --tests
"""

import base64
import io
import json
import os
import re
import sys
import tempfile
import wave

from avatar_tools import PORTRAIT, client
from avatar_tools import ROOT as root
from avatar_tools.checks import check, finish, serving
from avatar_tools.figures import word_errors
from avatar_tools.process import resident_mib

TEXT = "Please send the invoice to the office before Friday, and call me on Monday morning."
# Networks that are kept, the default voice, and room to run: 256 MiB and as much again.
RESIDENT_MIB_MAX = 640


def ask(url, path, body=None, kind="application/json", method=None):
    return client.ask(url + path, body, {"Content-Type": kind}, method=method, timeout=200)


def speak(url, **order):
    return ask(url, "/speak", json.dumps(order).encode())


def words(text):
    return re.sub(r"[^a-z ]", "", text.lower()).split()


def wrong(url, sound):
    """Words of TEXT that are not heard in their order."""
    status, answer = ask(url, "/transcribe?language=en&model=base", sound, "audio/wav")
    heard = words(json.loads(answer)["text"]) if status == 200 else []
    return word_errors(words(TEXT), heard)


def try_voice(url, base, voice):
    status, answer = speak(url, text=TEXT, voice=voice, timestamps=True)
    check(f"{voice} speaks", status == 200, answer[:200])
    if status != 200:
        return
    timed = json.loads(answer)
    sound, plain = base64.b64decode(timed["audio"]), timed["duration"]
    errors = wrong(base, sound)
    check(f"{voice} is understood: {errors} of {len(words(TEXT))} words wrong", errors <= 1, errors)
    check(f"{voice} tells when it says each word",
          [words(word["text"]) for word in timed["words"]] == [[word] for word in words(TEXT)],
          [word["text"] for word in timed["words"]])
    check(f"{voice}'s last word ends with its sound",
          plain - 0.6 < timed["words"][-1]["end"] <= plain, timed["words"][-1])
    check(f"{voice}'s mouth shapes cover its sound",
          timed["visemes"][0]["start"] == 0 and abs(timed["visemes"][-1]["end"] - plain) < 0.01)
    for speed in (0.5, 2):
        made = json.loads(speak(url, text=TEXT, voice=voice, timestamps=True, speed=speed)[1])
        check(f"{voice} at speed {speed} is as long as is due",
              abs(made["duration"] * speed / plain - 1) < 0.03, made["duration"] * speed / plain)
    status, answer = ask(url, "/v1/audio/speech", json.dumps(
        dict(input="Hello.", voice=voice, model="tts-1", response_format="wav")).encode())
    check(f"OpenAI's route takes {voice}", status == 200 and answer[:4] == b"RIFF", answer[:200])


def try_lengths(base):
    """A sentence leaves before all of it is made, and its head knows how long it will be."""
    text = "The quick brown fox jumps over the lazy dog by the river."
    status, sound = speak(base, text=text)
    check("a sentence is spoken", status == 200, sound[:200])
    with wave.open(io.BytesIO(sound)) as told:
        check("the head of a sentence's WAV tells its true length",
              told.getnframes() * 2 == len(told.readframes(told.getnframes()))
              and 60_000 < told.getnframes() < 120_000, told.getnframes())
    timed = json.loads(speak(base, text=text, timestamps=True)[1])
    check("the same sentence with times has the same sound",
          base64.b64decode(timed["audio"])[-1000:] == sound[-1000:]
          and abs(timed["duration"] - told.getnframes() / 24_000) < 0.001, timed["duration"])


def main():
    base = sys.argv[1]
    try_lengths(base)
    with tempfile.TemporaryDirectory() as models:
        os.mkdir(f"{models}/hibari")
        for folder in (root / ".deps/models/hibari", root / ".deps/voices/hibari"):
            for file in folder.iterdir():
                os.symlink(file, f"{models}/hibari/{file.name}")
        for name in ("face", "vad", "whisper"):
            os.symlink(root / ".deps/models" / name, f"{models}/{name}")
        for name in ("piper", "kokoro"):
            os.symlink(root / ".deps/voices" / name, f"{models}/{name}")
        with serving(AVATAR_MODELS=models) as (port, process):
            url = f"http://127.0.0.1:{port}"
            listed = {voice["id"]: voice for voice in json.loads(ask(url, "/voices")[1])["voices"]}
            wanted = {"hibari", "en_US-joe-medium", "de_DE-joe-medium", "jf_alpha", "jm_kumo"}
            check("/voices lists what the models folder has", wanted <= set(listed), sorted(listed))
            check(
                "/voices tells languages and rates",
                (listed["de_DE-joe-medium"]["language"], listed["en_US-joe-medium"]["sample_rate"])
                == ("de-DE", 22050),
                listed["de_DE-joe-medium"],
            )
            for voice in ("hibari", "en_US-joe-medium", "jf_alpha", "lark", "jf_alpha(2)+jm_kumo"):
                try_voice(url, base, voice)
            check(
                "hibari's family is listed by its files' names",
                [listed.get(v, {}).get(k) for v in ("lark", "wren") for k in ("language", "gender")]
                == ["en-US", "male", "en-GB", "female"],
                sorted(listed),
            )
            phonemes = {
                v: "".join(
                    p["text"]
                    for p in json.loads(speak(url, text="Hot water.", voice=v, timestamps=True)[1])[
                        "phonemes"
                    ]
                )
                for v in ("lark", "wren")
            }
            check("a British voice says British words", phonemes["wren"] != phonemes["lark"]
                  and "ɒ" in phonemes["wren"], phonemes)
            check(
                "a man's stock name is a man's voice",
                speak(url, text="Hello.", voice="onyx")[1]
                == speak(url, text="Hello.", voice="lark")[1],
            )
            status, answer = speak(url, text="Hello.", voice="lark+jf_alpha")
            check("voices of two networks are not mixed", status == 400, answer[:200])
            dialogue = (
                "<speak><voice name='en_US-joe-medium'>One day.</voice> "
                "<voice name='lark'>Good.</voice></speak>"
            )
            status, answer = speak(url, text=dialogue, timestamps=True)
            check("a dialogue has the default voice's rate",
                  status == 200 and json.loads(answer)["sample_rate"] == 24_000, answer[:200])
            status, answer = speak(
                url, text="Guten Tag, wie geht es Ihnen?", voice="de_DE-joe-medium", timestamps=True
            )
            spoken = [word["text"] for word in json.loads(answer).get("words", [])]
            check(
                "a German voice reads by espeak-ng",
                [words(w) for w in spoken] == [[w] for w in "guten tag wie geht es ihnen".split()],
                answer[:300] if status != 200 else spoken,
            )
            same = {speak(url, text=TEXT, voice="en_US-joe-medium", seed=7)[1] for _ in range(2)}
            check("a seed makes a Piper voice's noise the same", len(same) == 1)
            body, fields = client.multipart(
                image=PORTRAIT.read_bytes(), text="Hello.", size=256, voice="jf_alpha")
            status, answer = client.ask(f"{url}/animate", body, fields)
            check("/animate speaks with a brought voice", status == 200 and answer[4:8] == b"ftyp",
                  answer[:200])
            status, answer = speak(url, text=TEXT, voice="nobody")
            check(
                "an unknown voice is refused with those that are here",
                status == 400 and all(v in json.loads(answer)["limit"] for v in wanted),
                answer[:300],
            )
            for voice in ("jm_kumo", "en_US-joe-medium", "de_DE-joe-medium", "hibari"):
                speak(url, text=TEXT, voice=voice)
            used = resident_mib(process.pid)
            check(f"voices take turns in {used} MiB", used < RESIDENT_MIB_MAX, used)
    finish()


main()
