"""Texts that were written to hurt: each is answered, its first sound long before its last, or
refused with a problem; memory stays bounded and the server goes on.

usage: robustness.py BASE_URL     starts a server of its own that takes a million characters
"""

import http.client
import json
import sys
import time

from avatar_tools.checks import check, finish, serving
from avatar_tools.process import resident_mib

# Generous: the machine may be busy. What grows with more than the text's length takes minutes.
FIRST_SECONDS_MAX = 20
# Sound beyond this is not waited for: the client leaves.
READ_BYTES_MAX = 3_000_000
RESIDENT_MIB_MAX = 500

WORDS = "the quick brown fox jumps over the lazy dog and "
ZALGO = "".join(letter + "".join(chr(0x300 + (index * 7 + at) % 0x6F) for at in range(30))
                for index, letter in enumerate("Hello there my friend"))
# What is said, the text, and the status that answers it.
TEXTS = [
    ("10,000 characters", "All work and no play makes a long text. " * 250, 200),
    ("5,000 characters without a mark", (WORDS * 110)[:5000], 200),
    ("5,000 letters without a space", "abcdefghij" * 500, 200),
    ("50,000 digits", "1234567890" * 5000, 200),
    ("50,000 digits with commas", ("1,234," * 9000)[:50_000], 200),
    ("a megabyte", "All work and no play makes a long text. " * 25_000, 200),
    ("a megabyte of one letter", "a" * 1_000_000, 200),
    ("a megabyte of openings", "<a" * 500_000, None),
    ("a megabyte of line ends", "\n" * 999_997 + "end", 200),
    ("emoji only", "🎉🚀👩‍👩‍👧‍👦🇩🇪" * 50, 422),
    ("a NUL in the middle", "Hello\0there", 200),
    ("NULs only", "\0" * 1000, 422),
    ("letters under heaps of marks", ZALGO, 200),
    ("mixed scripts", "Hello Привет 你好 مرحبا नमस्ते hello again my friend", 200),
    ("mostly another script", "你好世界" * 20 + " ok", 422),
    ("a private character and a lone mark", "\ue000\U000f0000\u0301 hello", 200),
    ("right to left marks", "\u202eHello\u202c \u2066there\u2069", 200),
    ("SSML of five thousand breaks", "<speak>" + "<break time='10ms'/>a " * 5000 + "</speak>", 200),
    (
        "SSML nested a thousand deep",
        "<speak>" + "<p>" * 1000 + "a" + "</p>" * 1000 + "</speak>",
        400,
    ),
    ("nothing but marks", "... --- !!! ???", 422),
]


def speak(port, text):
    """Status, seconds to the first byte of the body, bytes read, and the body's start."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    start = time.monotonic()
    link.request("POST", "/speak", json.dumps({"text": text, "response_format": "pcm"}))
    answer = link.getresponse()
    head = answer.read(1)
    first = time.monotonic() - start
    size = len(head)
    while size < READ_BYTES_MAX:
        piece = answer.read(65_536)
        if not piece:
            break
        size += len(piece)
        head = head if len(head) > 2000 else head + piece
    link.close()
    return answer.status, first, size, head


def main():
    with serving(AVATAR_MAX_TEXT="1000000") as (port, process):
        for name, text, wanted in TEXTS:
            status, first, size, head = speak(port, text)
            is_answer = status == 200 and size > 4800
            is_problem = 400 <= status < 500 and json.loads(head)["status"] == status
            check(f"{name}: {status}, first sound or refusal in time",
                  (is_answer or is_problem) and wanted in (None, status)
                  and first < FIRST_SECONDS_MAX, (status, first, size, head[:200]))
        used = resident_mib(process.pid)
        check(f"they leave {used} MiB", used < RESIDENT_MIB_MAX, used)
        status, _, size, _ = speak(port, "Hello there.")
        check("the server goes on", status == 200 and size > 24_000, (status, size))
        # By default a text has 20,000 characters.
        link = http.client.HTTPConnection(sys.argv[1].removeprefix("http://"), timeout=30)
        link.request("POST", "/speak", json.dumps({"text": "a" * 20_001}))
        answer = link.getresponse()
        problem = json.loads(answer.read())
        check("20,001 characters are one too many by default",
              answer.status == 413 and problem["field"] == "text", problem)
    finish()


main()
