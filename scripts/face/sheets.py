"""Lays frames of videos side by side; see scripts/face/sheets.

usage: sheets.py ROOT OUT_FOLDER SOUND PORTRAIT...
"""
import pathlib
import subprocess
import sys

import cv2
import numpy as np

from avatar_tools.video import frames

COLUMNS, SIDE = 8, 240
# Parts of a crop's side: left, top, right, bottom. A crop is 2.1 faces wide around the face.
EYES, MOUTH = (0.30, 0.33, 0.70, 0.53), (0.34, 0.54, 0.66, 0.76)


def part(frame, box):
    height, width = frame.shape[:2]
    cut = frame[int(box[1] * height):int(box[3] * height), int(box[0] * width):int(box[2] * width)]
    scale = SIDE / cut.shape[1]
    return cv2.resize(cut, (SIDE, round(cut.shape[0] * scale)), interpolation=cv2.INTER_AREA)


def sheet(shown):
    """Rows of whole frames, eyes and mouths, twice: even times, then where the image moves most
    around the eyes (blinks)."""
    even = [round(index) for index in np.linspace(0, len(shown) - 1, COLUMNS)]
    first = part(shown[0], EYES).astype(int)
    motion = [np.abs(part(frame, EYES).astype(int) - first).mean() for frame in shown]
    top = int(np.argmax(motion))
    begin = max(0, min(top - COLUMNS // 2, len(shown) - COLUMNS))
    rows = []
    for chosen in (even, range(begin, begin + COLUMNS)):
        images = [shown[index] for index in chosen]
        rows += [np.hstack([cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
                            for image in images])]
        rows += [np.hstack([part(image, box) for image in images]) for box in (EYES, MOUTH)]
    return np.vstack(rows)


def main():
    root, out, sound = (pathlib.Path(argument) for argument in sys.argv[1:4])
    out.mkdir(parents=True, exist_ok=True)
    for portrait in map(pathlib.Path, sys.argv[4:]):
        video = out / f"{portrait.stem}.mp4"
        subprocess.run(
            [root / ".build/release/avatar-backend", "animate", portrait, "--audio", sound,
             "--preprocess", "crop", "-o", video], check=True, cwd=root, stdout=subprocess.DEVNULL)
        cv2.imwrite(str(out / f"{portrait.stem}.png"), sheet(frames(video)))
        print(out / f"{portrait.stem}.png")


main()
