"""How our server behaves: what it makes of sounds that are no speech, and four requests at once.

Used by transcribe.py; `post` sends a WAV and returns the text.
"""
import statistics
import threading
import time
import urllib.request

import numpy as np

from avatar_tools.figures import percentile
from avatar_tools.process import cpu_seconds

RATE = 16000


def bark(noise, seconds):
    """A bark each second: a falling tone in noise that dies away in a fifth of a second."""
    sound, t = np.zeros(seconds * RATE), np.arange(RATE // 5) / RATE
    for start in range(RATE // 5, len(sound) - len(t), RATE):
        tone = np.sin(2 * np.pi * (500 - 900 * t) * t) + 0.3 * noise.standard_normal(len(t))
        sound[start:start + len(t)] += 0.7 * np.exp(-18 * t) * tone
    return sound


def no_speech():
    noise, count = np.random.default_rng(1), 10 * RATE
    t = np.arange(count) / RATE
    white = noise.standard_normal(count)
    pink = np.fft.irfft(np.fft.rfft(white) / np.sqrt(np.maximum(np.arange(count // 2 + 1), 1)))
    notes = np.array([262, 330, 392, 523])[(t * 4).astype(int) % 4]
    return {
        "silence": np.zeros(count), "white noise": 0.3 * white,
        "pink noise": 0.5 * pink / np.abs(pink).max(),
        "hum": 0.3 * sum(np.sin(2 * np.pi * 50 * k * t) / k for k in range(1, 6)),
        "chord": 0.2 * sum(np.sin(2 * np.pi * f * t) for f in (261.6, 329.6, 392)),
        "arpeggio": 0.3 * np.sin(2 * np.pi * notes * t), "barks": bark(noise, 10),
        "50 ms of silence": np.zeros(RATE // 20), "50 ms of noise": 0.3 * white[:RATE // 20],
        "50 ms of a tone": 0.3 * np.sin(2 * np.pi * 300 * t[:RATE // 20]),
    }


def hear_nothing(pid, post, as_wave):
    for name, sound in no_speech().items():
        data, costs = as_wave(np.clip(sound, -1, 1)), []
        for _ in range(5):
            before = cpu_seconds(pid)
            text = post(data)
            costs.append((cpu_seconds(pid) - before) * 1e3)
        print(f"{name:18} heard as {text!r}, {statistics.median(costs):.1f} CPU ms", flush=True)


def four_at_once(address, post, data, rounds):
    """Four one after another, then four at once, with /healthz asked all the while."""
    post(data)
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(4):
            post(data)
        alone, ends, waits = time.perf_counter() - start, [], []
        start = time.perf_counter()

        def one(start=start, ends=ends):
            post(data)
            ends.append(time.perf_counter() - start)

        threads = [threading.Thread(target=one) for _ in range(4)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            asked = time.perf_counter()
            urllib.request.urlopen(f"{address}/healthz").read()
            waits.append(time.perf_counter() - asked)
            time.sleep(0.005)
        together = max(ends)
        p99 = percentile(waits, 99) * 1000
        print(
            f"four one after another {alone:.2f} s, at once {together:.2f} s, "
            f"{together / alone:.2f}x, done after "
            f"{', '.join(f'{end:.2f}' for end in sorted(ends))} s; "
            f"/healthz meanwhile p99 {p99:.1f} ms",
            flush=True,
        )
