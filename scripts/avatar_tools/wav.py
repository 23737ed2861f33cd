"""WAV files, sound and unsound."""

import struct

PCM, FLOAT = 1, 3


def wav_bytes(
    data: bytes,
    rate_hz: int = 16_000,
    *,
    kind: int = PCM,
    claimed_bytes: int | None = None,
) -> bytes:
    """One channel; PCM of 16 bits or floats of 32. The head may claim another length than is."""
    width = 2 if kind == PCM else 4
    claimed = len(data) if claimed_bytes is None else claimed_bytes
    form = struct.pack("<HHIIHH", kind, 1, rate_hz, rate_hz * width, width, 8 * width)
    return (
        b"RIFF" + struct.pack("<I", min(36 + claimed, 0xFFFFFFFF))
        + b"WAVEfmt " + struct.pack("<I", len(form)) + form
        + b"data" + struct.pack("<I", claimed) + data)
