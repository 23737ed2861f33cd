"""Speaks sentences and transcribes what was spoken; see scripts/bench/speak_words.

usage: speak_words.py PORT MODEL VOICE
"""
import json
import re
import sys
import time

from whisper_normalizer.english import EnglishTextNormalizer

from avatar_tools import ROOT, client
from avatar_tools.figures import word_errors

PORT, MODEL, VOICE = sys.argv[1:4]
ERROR_MAX = 4.0
normalizer = EnglishTextNormalizer()

# What a listener may write in more than one way without having heard anything else.
SPELLINGS = [
    (r"\b(\d+) (?:hundred|00)\b", r"\g<1>00"),
    (r"\bo'?clock\b", ""),
    (r"\b00\b", ""),
    (r"\bcentimet(?:er|re)s?\b", "cm"),
    (r"\bkilomet(?:er|re)s?\b", "km"),
    (r"\bmet(?:er|re)s?\b", "m"),
    (r"\bmillilit(?:er|re)s?\b", "ml"),
    (r"\bkilograms?\b", "kg"),
    (r"\bgigabytes?\b", "gb"),
    (r"\bgigahertz\b", "ghz"),
    (r"\btablespoons?\b", "tbsp"),
    (r"\bteaspoons?\b", "tsp"),
    (r"\bminutes?\b", "min"),
    (r"\bpounds?\b", "lb"),
    (r"\blbs\b", "lb"),
    (r"\bounces?\b", "oz"),
    (r"\bfoot\b|\bfeet\b", "ft"),
    (r"\binches\b", "in"),
    (r"\bmiles per hour\b", "mph"),
    (r"\bhorsepower\b", "hp"),
    (r"\bdegrees? celsius\b", "c"),
    (r"\bdegrees? fahrenheit\b", "f"),
    (r"\bpercent\b", "%"),
    (r"\bversus\b", "vs"),
    (r"\bsaint\b|\bstreet\b", "st"),
    (r"\bavenue\b", "ave"),
    (r"\bdoctor\b", "dr"),
    (r"\bprofessor\b", "prof"),
    (r"\bmount\b", "mt"),
    (r"\blimited\b", "ltd"),
    (r"\bjunior\b", "jr"),
    (r"\bchapter\b", "ch"),
    (r"\bplus\b", "+"),
    (r"\bequals?\b", "="),
    (r"\btimes\b", "x"),
    (r"\bsquared\b", "2"),
    (r"\bminus\b", "-"),
    (r"\bgreater than\b", ">"),
    (r"\bdivided by\b", "/"),
    (r"\bdash\b", "-"),
    (r"\bdot\b", "."),
    (r"\bpoint\b", "."),
    (r"\bslash\b", "/"),
    (r"\bhashtag\b", "#"),
    (r"\bnumber\b", "no"),
    (r"\bout of\b", "/"),
    (r"\ban? half\b|\bone half\b|\b1 half\b", "1/2"),
    (r"\b1 third\b", "1/3"),
    (r"\bsept\b", "sep"),
]
MONTHS = (
    "january february march april may june july august september october november december".split()
)
ROMAN = {"ii": "2", "iv": "4", "viii": "8", "xii": "12", "1st": "1", "2nd": "2", "3rd": "3"}


def ask(path, body, kind):
    status, answer = client.ask(f"http://127.0.0.1:{PORT}{path}", body, {"Content-Type": kind})
    if status != 200:
        raise SystemExit(f"{path}: {status} {answer[:300]!r}")
    return answer


def sentences():
    """Pairs of a written and a spoken line of the tests' table."""
    source = (ROOT / "Tests/SpeechTests/SpokenFormTests.swift").read_text()
    table = source.split('table = """\n')[1].split('"""')[0].strip("\n").split("\n")
    lines = [re.sub(r"\[(\w)\]\(/\w+/\)", r"\1", line.strip()).replace("⏎", "\n") for line in table]
    return list(zip(lines[::2], lines[1::2]))


def plain(text):
    """Lower case, no punctuation, British spellings as American, number words as digits."""
    return normalizer(re.sub(r"\b([A-Z])\.(?=[A-Z]\.?\b|\s|$)", r"\1", text))


def equal(text):
    """The letters and digits that are left when every spelling of one thing is one spelling: a
    word for a sign goes, as the sign does, and so do gaps, which no one hears."""
    text = text.lower()
    for month in MONTHS:
        text = re.sub(rf"\b{month}\b", month[:3], text)
    for pattern, one in SPELLINGS:
        text = re.sub(pattern, one, text)
    words = [ROMAN.get(word, word) for word in re.findall(r"[a-z0-9']+", text)]
    words = [re.sub(r"^(\d+)(?:st|nd|rd|th|s)$", r"\1", word).replace("'", "") for word in words]
    return [word for word in words if word]


def errors(written, spoken, heard):
    """Wrong words: as heard, and with equal spellings; against the nearest way to write it."""
    count = len(plain(spoken).split())
    raw = word_errors(plain(written).split(), plain(heard).split())
    ways = [(equal(plain(way)), equal(plain(heard))) for way in (written, spoken)]
    ways += [(equal(way), equal(heard)) for way in (written, spoken)]
    # The same characters in another grouping are the same sounds ("24 90", "2490").
    least = min(0 if "".join(a) == "".join(b) else word_errors(a, b) for a, b in ways)
    return raw, least, count


def main():
    raw_sum = least_sum = word_sum = 0
    began = time.time()
    pairs = sentences()
    for written, spoken in pairs:
        sound = ask(
            "/speak", json.dumps({"text": written, "voice": VOICE}).encode(), "application/json"
        )
        answer = ask(f"/transcribe?language=en&model={MODEL}", sound, "audio/wav")
        heard = json.loads(answer)["text"]
        raw, least, count = errors(written, spoken, heard)
        raw_sum, least_sum, word_sum = raw_sum + raw, least_sum + least, word_sum + count
        if least:
            print(f"{least}  {written!r}\n   {heard!r}", flush=True)
    raw, least = 100 * raw_sum / word_sum, 100 * least_sum / word_sum
    print(
        f"{VOICE}, heard by {MODEL}: {len(pairs)} sentences, {word_sum} words, "
        f"word error {raw:.1f} % as heard, {least:.1f} % with equal spellings, "
        f"in {time.time() - began:.0f} s"
    )
    sys.exit(least > ERROR_MAX)


main()
