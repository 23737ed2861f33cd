"""Sound and words of the checks: samples in and out, and how far two texts are apart."""

import pathlib
import re
import wave
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from avatar_tools.figures import word_errors

# What a conversation hears and says where nothing else is agreed on.
RATE_HZ = 24_000

Samples = npt.NDArray[np.float64]


class Wrong(AssertionError):
    """A check does not hold; its text says what was seen."""


def need(holds: object, seen: object) -> None:
    """Raises `Wrong` unless something holds."""
    if not holds:
        raise Wrong(str(seen))


def read_wav(path: pathlib.Path | str) -> Samples:
    """One channel at `RATE_HZ`, of a WAV file of 16 bits."""
    with wave.open(str(path)) as file:
        need(file.getsampwidth() == 2, f"{path} has no samples of 16 bits")
        values = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32_768
        mono: Samples = values.reshape(-1, file.getnchannels()).mean(1)
        return resample(mono, file.getframerate(), RATE_HZ)


def resample(samples: Samples, old_hz: int, new_hz: int) -> Samples:
    """By its spectrum; silence behind it keeps its end from its beginning."""
    if old_hz == new_hz:
        return samples
    wanted = int(len(samples) * new_hz / old_hz)
    padded = np.concatenate([samples, np.zeros(old_hz // 4)])
    size = round(len(padded) * new_hz / old_hz)
    spectrum = np.fft.rfft(padded)
    kept = min(size // 2 + 1, len(spectrum))
    made = np.zeros(size // 2 + 1, complex)
    made[:kept] = spectrum[:kept]
    result: Samples = (np.fft.irfft(made, size) * (new_hz / old_hz))[:wanted]
    return result


def quiet(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE_HZ))


def pcm(samples: Samples) -> bytes:
    """Little-endian, 16 bits."""
    return (np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes()


def values(data: bytes) -> Samples:
    """The samples of `pcm`."""
    return np.frombuffer(data, "<i2") / 32_768


def mu_law(samples: Samples) -> bytes:
    """G.711, 8 bits a sample."""
    bounded = np.clip(samples, -1, 1)
    size = (np.abs(bounded) * 32_635).astype(int) + 132
    exponent = np.clip(np.floor(np.log2(size)).astype(int) - 7, 0, 7)
    mantissa = (size >> (exponent + 3)) & 15
    sign = (bounded < 0).astype(int) << 7
    code = ~(sign | (exponent << 4) | mantissa) & 255
    return bytes(code.astype(np.uint8))


def wav_seconds(data: bytes) -> float:
    """Of `pcm` at `RATE_HZ`."""
    return len(data) / 2 / RATE_HZ


def words(text: str) -> list[str]:
    return re.sub(r"[^a-z0-9' ]", " ", text.lower().replace("-", " ")).split()


def word_error(wanted: str | Sequence[str], got: str | Sequence[str]) -> float:
    """The share of the wanted words that must be changed, left out or put in."""
    first = words(wanted) if isinstance(wanted, str) else wanted
    second = words(got) if isinstance(got, str) else got
    return word_errors(first, second) / max(1, len(first))


def fits(seconds: float, text: str) -> bool:
    """Whether a text may take that long to be said."""
    count = len(words(text))
    return 0.15 * count < seconds < 0.75 * count + 1.2
