"""What the scripts share: the server under test, HTTP, WAV, figures and checks.

Standard library only, so that any Python 3.11 runs it. Who runs a script of a folder below
`scripts` puts `scripts` on PYTHONPATH; the launchers do.
"""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEASE_PROGRAM = ROOT / ".build/release/avatar-backend"
# An English speech of 11 s, 16 kHz, one channel; and a portrait of 512 × 512.
CLIP = ROOT / ".deps/samples/jfk.wav"
CLIP_SECONDS = 11
PORTRAIT = ROOT / ".deps/samples/astronaut.png"
