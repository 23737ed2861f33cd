"""Runs the server on the processor and on CUDA in turn; see scripts/bench/gpu.

Neither library is linked: the program is laid into a folder of its own beside them, as an operator
would. What fails is told and the rest goes on; the exit status is 1 where anything did.
"""
import argparse
import http.client
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Callable

from avatar_tools import CLIP, PORTRAIT, RELEASE_PROGRAM, ROOT, client, server

# Of the whole run; what has not begun by then is left out, and told.
SECONDS = 600
# The newest on PyPI. It needs no ONNX Runtime of the same version beside it: all of its libraries
# are of this wheel, and the program asks for the table of functions of 1.21.
WHEEL = "onnxruntime-gpu==1.31.1"
TEXT = "Hello, I am your avatar, and I am glad to see you here today."
BEGAN = time.monotonic()
FAILURES: list[str] = []


def left() -> float:
    return SECONDS - (time.monotonic() - BEGAN)


def fail(what: str) -> None:
    FAILURES.append(what)
    print("FAILED", what, flush=True)


def run(*command: str | pathlib.Path, cwd: pathlib.Path | None = None) -> None:
    """Within what is left of the time."""
    subprocess.run(command, cwd=cwd, check=True, timeout=max(left(), 1), stdout=subprocess.DEVNULL)


def lay(folder: pathlib.Path) -> None:
    """The program and its libraries, as the image has them."""
    (folder / "bin").mkdir()
    shutil.copy(RELEASE_PROGRAM, folder / "bin")
    shutil.copytree(ROOT / ".deps/lib", folder / "lib", symlinks=True,
                    ignore=shutil.ignore_patterns("*.a"))


def add_onnxruntime(folder: pathlib.Path, wheel: str | None) -> None:
    """ONNX Runtime of the wheel, with its CUDA provider, in place of our own."""
    if wheel is None:
        run("python3", "-m", "pip", "download", "-q", "--no-deps", "-d", folder / "wheel", WHEEL)
        wheel = str(next((folder / "wheel").iterdir()))
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            found = re.fullmatch(r"onnxruntime/capi/(libonnxruntime[\w.]*\.so[\d.]*)", name)
            if not found:
                continue
            target = found[1]
            if re.fullmatch(r"libonnxruntime\.so\.[\d.]+", target):
                target = "libonnxruntime.so.1"
            (folder / "lib" / target).unlink(missing_ok=True)
            (folder / "lib" / target).write_bytes(archive.read(name))


def add_whisper(folder: pathlib.Path, library: str | None) -> None:
    """whisper.cpp's CUDA backend, of the same source as the libraries beside it."""
    target = folder / "lib/ggml/libggml-cuda.so"
    if library is not None:
        shutil.copy(library, target)
        return
    pin = next(line.split()[0] for line in (ROOT / "scripts/lib/pins.txt").read_text().splitlines()
               if line.startswith("pywhispercpp=="))
    source = folder / "whisper"
    run("python3", "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:",
        "--no-build-isolation", "-d", source, pin)
    run("tar", "-xf", next(source.glob("*.tar.gz")), "-C", source)
    tree = next(source.glob("pywhispercpp-*/whisper.cpp"))
    for patch in sorted((ROOT / "scripts/native/patches/whisper.cpp").glob("*.patch")):
        run("patch", "-s", "-p1", "-i", patch, cwd=tree)
    run("cmake", "-S", tree, "-B", source / "build", "-DCMAKE_BUILD_TYPE=Release",
        "-DBUILD_SHARED_LIBS=ON", "-DGGML_NATIVE=OFF", "-DGGML_BACKEND_DL=ON", "-DGGML_CUDA=ON",
        "-DCMAKE_CUDA_ARCHITECTURES=native", "-DGGML_OPENMP=OFF", "-DWHISPER_BUILD_TESTS=OFF",
        "-DWHISPER_BUILD_EXAMPLES=OFF", "-DWHISPER_BUILD_SERVER=OFF")
    run("cmake", "--build", source / "build", "--target", "ggml-cuda", "-j", str(os.cpu_count()))
    shutil.copy(next((source / "build").rglob("libggml-cuda.so")), target)


class Server(server.Server):
    """The program on one backend."""

    def __init__(self, folder: pathlib.Path, models: pathlib.Path, backend: str, port: int) -> None:
        self.backend = backend
        super().__init__(folder / "bin/avatar-backend", port=port, variables={
            "AVATAR_BACKEND": backend, "AVATAR_MODELS": str(models), "LOG_LEVEL": "INFO"})

    def backends(self, engines: list[str]) -> dict[str, str]:
        """Where each engine runs, once it is loaded: for SadTalker every file was opened there."""
        warm = json.loads(self.post("/warmup", json.dumps({"engines": engines})))
        return {name: facts.get("backend", facts.get("state", "?"))
                for name, facts in warm["engines"].items()}

    def seconds(self, path: str, **fields: bytes | str | int) -> float:
        start = time.perf_counter()
        self.form(path, timeout=max(left(), 1), **fields)
        return time.perf_counter() - start

    def frame_seconds(self, **fields: bytes | str | int) -> float:
        """Of a video's frames, the time that drawing each took."""
        body, headers = client.multipart(image=PORTRAIT.read_bytes(), **fields)
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=max(left(), 1))
        link.request("POST", "/animate", body, headers)
        answer = link.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {text[:300]!r}")
        drawn = re.search(r"render;dur=([\d.]+)", answer.headers["Server-Timing"])
        return float(drawn[1]) / 1000 / int(answer.headers["X-Video-Frames"]) if drawn else 0.0


Job = Callable[[Server], float]


def jobs(has_sadtalker: bool) -> dict[str, tuple[int, Job]]:
    """What is measured: how often, and how."""
    sound = CLIP.read_bytes()
    made: dict[str, tuple[int, Job]] = {
        "transcript of 11 s, base": (
            5, lambda s: s.seconds("/transcribe", file=sound, model="base")),
        "speech of one sentence": (5, lambda s: s.seconds("/speak", text=TEXT)),
        "mesh video of 11 s": (
            3, lambda s: s.seconds("/animate", image=PORTRAIT.read_bytes(), audio=sound))}
    if has_sadtalker:
        made["SadTalker, a frame at 256"] = (2, lambda s: s.frame_seconds(
            text="Yes.", engine="sadtalker", preprocess="crop", size=256, fps=12))
    return made


def measure(folder: pathlib.Path, models: pathlib.Path, port: int, has_sadtalker: bool) -> None:
    engines = ["transcribe", "speak", "animate"] + ["sadtalker"] * has_sadtalker
    figures: dict[str, dict[str, float]] = {}
    for backend in ("cpu", "cuda"):
        try:
            running = Server(folder, models, backend, port)
        except RuntimeError as error:
            fail(f"AVATAR_BACKEND={backend} does not start: {error}")
            continue
        with running:
            where = running.backends(engines)
            print(f"{backend}: " + ", ".join(f"{k} on {v}" for k, v in where.items()), flush=True)
            for engine, found in where.items():
                if found != backend:
                    fail(f"{engine} runs on {found}, not on {backend}")
            for name, (rounds, job) in jobs(has_sadtalker).items():
                if left() < 30:
                    fail(f"{name} on {backend}: no time was left")
                    continue
                try:
                    runs = [job(running) for _ in range(rounds + 1)]
                    # The first one also loads what the others have.
                    figures.setdefault(name, {})[backend] = statistics.median(runs[1:])
                except (RuntimeError, OSError) as error:
                    fail(f"{name} on {backend}: {error}")
    for name, times in figures.items():
        if len(times) == 2:
            print(f"{name:28} cpu {times['cpu']:8.3f} s  cuda {times['cuda']:8.3f} s  "
                  f"{times['cpu'] / times['cuda']:6.2f} times as fast")


def main() -> None:
    parser = argparse.ArgumentParser(description="see scripts/bench/gpu")
    parser.add_argument("--wheel")
    parser.add_argument("--cuda-library")
    parser.add_argument("--sadtalker", type=pathlib.Path)
    parser.add_argument("--port", type=int, default=18407)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="avatar-gpu-") as scratch:
        folder = pathlib.Path(scratch)
        lay(folder)
        for what, add, given in (("ONNX Runtime for CUDA", add_onnxruntime, wanted.wheel),
                                 ("whisper.cpp for CUDA", add_whisper, wanted.cuda_library)):
            try:
                add(folder, given)
            except (OSError, StopIteration, subprocess.SubprocessError) as error:
                fail(f"{what} could not be had: {error}")
        models = folder / "models"
        models.mkdir()
        for entry in (ROOT / ".deps/models").iterdir():
            (models / entry.name).symlink_to(entry)
        if wanted.sadtalker:
            (models / "sadtalker").symlink_to(wanted.sadtalker.resolve())
        measure(folder, models, wanted.port, wanted.sadtalker is not None)
    print(f"{time.monotonic() - BEGAN:.0f} s in all; "
          + (f"{len(FAILURES)} failed" if FAILURES else "all of it worked"))
    raise SystemExit(1 if FAILURES else 0)


if __name__ == "__main__":
    main()
