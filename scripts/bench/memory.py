"""Resident memory after each kind of work; see scripts/bench/memory.

usage: memory.py [HOURS of the longest clip, default 2]
"""
import os
import pathlib
import subprocess
import sys
import tempfile

from avatar_tools import CLIP, CLIP_SECONDS, PORTRAIT
from avatar_tools.process import children, kibibytes
from avatar_tools.server import Server


def repeated(seconds, folder):
    """The sample, over and over, as Opus: two hours of WAV are larger than a body may be."""
    path = os.path.join(folder, f"{seconds}.ogg")
    subprocess.run(
        ["ffmpeg", "-v", "error", "-stream_loop", str(seconds // CLIP_SECONDS - 1), "-i", CLIP,
         "-c:a", "libopus", "-b:a", "20k", path], check=True)
    return pathlib.Path(path).read_bytes()


def tell(what, server):
    now, most = server.resident_mb()
    # The private memory of each of its decoder processes.
    own = [kibibytes(child, "RssAnon") * 1024 / 1e6 for child in children(server.pid)]
    decoders = ", ".join(f"{each:.1f}" for each in own)
    print(f"{what:<44} {now:8.1f} {most:8.1f}   {decoders}", flush=True)


def main():
    hours = float(sys.argv[1]) if len(sys.argv) > 1 else 2
    print(f"{'MB':<44} {'now':>8} {'most':>8}   decoders' own")
    with tempfile.TemporaryDirectory() as folder:
        for seconds in (CLIP_SECONDS, 66, int(hours * 3600)):
            if not seconds:
                continue
            with Server() as server:
                if seconds == CLIP_SECONDS:
                    tell("listening", server)
                server.form("/transcribe", 3600, file=repeated(seconds, folder), language="en")
                tell(f"a fresh process, {seconds} s heard by tiny.en", server)
        with Server() as server:
            server.form("/speak", text="Nice to meet you. " * 20)
            tell("a fresh process, 20 sentences said", server)
            for size in ("512", "1024"):
                server.form(
                    "/animate", image=PORTRAIT.read_bytes(), audio=CLIP.read_bytes(), size=size)
                tell(f"then a video of {CLIP_SECONDS} s at {size}", server)
            server.post("/warmup")
            tell("then all engines loaded", server)


if __name__ == "__main__":
    main()
