"""Frames of videos, for scripts that have OpenCV."""

import pathlib
from typing import Any

import cv2


def frames(video: pathlib.Path) -> list[Any]:
    """Every frame, decoded: height × width × blue, green, red."""
    source = cv2.VideoCapture(str(video))
    shown: list[Any] = []
    while True:
        read, frame = source.read()
        if not read:
            return shown
        shown.append(frame)
