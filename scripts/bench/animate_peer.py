"""The peer of scripts/bench/animate: a talking head in Python. Landmarks by onnxruntime, a smooth
field that opens the mouth with the voice's loudness and sways the head, cv2.remap, and libx264 in
ffmpeg.

Reads [portrait, clip, side] as JSON lines and writes {"bytes": of the video}.
"""
import json
import os
import subprocess
import sys
import tempfile
import wave

import cv2
import numpy as np
import onnxruntime

FPS = 25
MODELS = ".deps/models/face/"


def session(name):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    return onnxruntime.InferenceSession(MODELS + name, options, providers=["CPUExecutionProvider"])


DETECTOR, MESH = session("face_detection.onnx"), session("face_landmarks.onnx")
ANCHORS = np.array(
    [
        ((x + 0.5) / cells, (y + 0.5) / cells)
        for cells, each in ((16, 2), (8, 6))
        for y in range(cells)
        for x in range(cells)
        for _ in range(each)
    ]
)


def landmarks(image):
    """[468, 2] in pixels."""
    height, width = image.shape[:2]
    longer = max(height, width)
    square = np.zeros((longer, longer, 3), np.uint8)
    square[:height, :width] = image
    small = (
        cv2.resize(square, (128, 128), interpolation=cv2.INTER_AREA).astype(np.float32) / 127.5 - 1
    )
    boxes, scores = DETECTOR.run(["regressors", "classificators"], {"input": small[None]})
    best = int(np.argmax(scores[0, :, 0]))
    centre = (ANCHORS[best] + boxes[0, best, :2] / 128) * longer
    side = float(boxes[0, best, 2:4].max()) / 128 * longer * 1.5
    for _ in range(2):
        to_crop = np.float32([[192 / side, 0, 96 - centre[0] * 192 / side],
                              [0, 192 / side, 96 - centre[1] * 192 / side]])
        crop = cv2.warpAffine(image, to_crop, (192, 192)).astype(np.float32) / 255
        points = MESH.run(["output_mesh_identity"], {"input_1": crop[None]})[0].reshape(-1, 3)[
            :468, :2
        ]
        points = (points - 96) * side / 192 + centre
        low, high = points.min(0), points.max(0)
        centre, side = (low + high) / 2, float((high - low).max()) * 1.5
    return points


def jaw_curve(path):
    """How far the mouth is open at each frame, 0…1, from the sound's loudness."""
    with wave.open(path) as sound:
        rate = sound.getframerate()
        samples = (
            np.frombuffer(sound.readframes(sound.getnframes()), np.int16).astype(np.float32) / 32768
        )
    count = int(np.ceil(len(samples) / rate * FPS))
    step = rate / FPS
    loud = np.array(
        [
            np.sqrt(np.mean(samples[int(i * step) : int((i + 1) * step) + 1] ** 2))
            for i in range(count)
        ]
    )
    loud = np.convolve(loud / max(np.percentile(loud, 95), 1e-6), [.25, .5, .25], "same")
    return np.clip(loud, 0, 1)


def video(portrait, clip, side):
    image = cv2.imread(portrait)
    scale = side / max(image.shape[:2])
    image = cv2.resize(
        image,
        None,
        fx=scale,
        fy=scale,
        interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC,
    )
    points = landmarks(image)
    height, width = image.shape[:2]
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    mouth, chin, brow = points[14], points[152], points[10]
    size = float(np.linalg.norm(chin - brow))
    # Below the mouth goes down with the jaw; the field fades to nothing outside of the face.
    fade = np.exp(
        -(((xs - mouth[0]) / (0.33 * size)) ** 2)
        - ((ys - mouth[1] - 0.15 * size) / (0.3 * size)) ** 2
    )
    jaw = (fade * np.clip((ys - mouth[1]) / (.04 * size) + .5, 0, 1)).astype(np.float32)
    middle = (chin + brow) / 2
    head = np.exp(
        -((((xs - middle[0]) ** 2 + (ys - middle[1]) ** 2) / (0.9 * size) ** 2) ** 2)
    ).astype(np.float32)
    ring = [
        78,
        191,
        80,
        81,
        82,
        13,
        312,
        311,
        310,
        415,
        308,
        324,
        318,
        402,
        317,
        14,
        87,
        178,
        88,
        95,
    ]
    out = tempfile.mktemp(suffix=".mp4")
    encoder = subprocess.Popen(
        [
            "ffmpeg",
            "-v",
            "error",
            "-y",
            "-f",
            "rawvideo",
            "-pix_fmt",
            "bgr24",
            "-s",
            f"{width}x{height}",
            "-r",
            str(FPS),
            "-i",
            "-",
            "-i",
            clip,
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-pix_fmt",
            "yuv420p",
            "-c:a",
            "aac",
            "-shortest",
            "-movflags",
            "+faststart",
            out,
        ],
        stdin=subprocess.PIPE,
    )
    for index, opened in enumerate(jaw_curve(clip)):
        drop = .07 * size * float(opened)
        sway = .012 * size * np.sin(index / FPS * 1.3), .008 * size * np.sin(index / FPS * 1.9)
        frame = cv2.remap(
            image,
            xs - head * np.float32(sway[0]),
            ys - jaw * np.float32(drop) - head * np.float32(sway[1]),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        lips = points[ring] + sway
        lips[11:, 1] += drop
        cavity = frame.copy()
        cv2.fillPoly(cavity, [np.round(lips * 8).astype(np.int32)], (30, 20, 60), cv2.LINE_AA, 3)
        frame = cv2.addWeighted(frame, 1 - min(drop / 4, 1), cavity, min(drop / 4, 1), 0)
        encoder.stdin.write(frame.tobytes())
    encoder.stdin.close()
    encoder.wait()
    size = os.path.getsize(out)
    os.unlink(out)
    return size


for line in sys.stdin:
    print(json.dumps({"bytes": video(*json.loads(line))}), flush=True)
