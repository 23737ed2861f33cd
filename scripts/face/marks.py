"""Marks videos objectively; see scripts/face/marks.

usage: marks.py OUT_FOLDER PORTRAIT...
"""

import base64
import json
import os
import pathlib
import sys

import cv2
import mediapipe
import numpy as np
import spectacles

from avatar_tools import client, video
from avatar_tools.server import Server

TEXT = (
    "Maybe my brother Bob bought a simple map from the pub. People hope to keep the peace, "
    "but Pam remembers the problem: the lamp became dim before we put up the big blue umbrella. "
    "Five very fine views of the valley followed. Please show me where the bees sleep."
)
RATE = 25
# A gap between the lips that nobody sees, in distances between the outer corners of the eyes.
SHUT = 0.02
# How far from a phone's own time a closure is looked for.
AROUND_SECONDS = 0.04

# Landmarks of MediaPipe's face mesh: an eye's rim, its lids' middles, and the skin below it.
EYES = (
    ([33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7], 159, 145,
     [228, 229, 230, 231, 118, 119, 120]),
    ([263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249], 386, 374,
     [448, 449, 450, 451, 347, 348, 349]),
)
# Points that neither speech nor a blink moves.
STEADY = [168, 6, 197, 195, 5, 4, 33, 133, 362, 263, 10, 127, 356]
CHEEKS = [50, 280, 205, 425, 101, 330]
INNER_LIPS = [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178]
INNER_LIPS += [88, 95]
GAPS = ((82, 87), (13, 14), (312, 317))


class Landmarker:
    """MediaPipe's, each frame by itself."""

    def __init__(self):
        self.mesh = mediapipe.solutions.face_mesh.FaceMesh(
            static_image_mode=True, max_num_faces=1, refine_landmarks=True,
            min_detection_confidence=0.3,
        )

    def __call__(self, frame):
        found = self.mesh.process(np.ascontiguousarray(frame[..., ::-1])).multi_face_landmarks
        if not found:
            return None
        height, width = frame.shape[:2]
        scale = np.array([width, height, width])
        return np.array([(p.x, p.y, p.z) for p in found[0].landmark]) * scale


def luminance(image):
    return image.astype(np.float32) @ np.array([0.114, 0.587, 0.299], np.float32)


def inside(points, ids, share, shape):
    """Pixels inside a polygon of landmarks, drawn in towards its middle."""
    ring = points[ids, :2]
    ring = ring.mean(0) + (ring - ring.mean(0)) * share
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(ring).astype(np.int32)], 1)
    return mask > 0


def patches(light, points, ids, radius=2):
    """Median of small squares around landmarks."""
    found = []
    for x, y in points[ids, :2].round().astype(int):
        cut = light[max(y - radius, 0):y + radius + 1, max(x - radius, 0):x + radius + 1]
        if cut.size:
            found.append(np.median(cut))
    return float(np.median(found)) if found else float("nan")


def opening(points):
    """How far the eyes are open, in eye widths."""
    shares = []
    for ring, upper, lower, _ in EYES:
        width = np.linalg.norm(points[ring[0], :2] - points[ring[8], :2])
        shares.append(np.linalg.norm(points[upper, :2] - points[lower, :2]) / max(width, 1))
    return float(np.mean(shares))


def gap(points):
    distances = [np.linalg.norm(points[a, :2] - points[b, :2]) for a, b in GAPS]
    return float(np.mean(distances) / np.linalg.norm(points[33, :2] - points[263, :2]))


def yaw(points):
    """Degrees, by the nose between the ears."""
    ears = (points[234] + points[454]) / 2
    half = np.linalg.norm(points[234, :2] - points[454, :2]) / 2
    return float(np.degrees(np.arctan2(points[1, 0] - ears[0], half)))


def way(before, after):
    """How the head has gone from one frame to another, from what no expression moves: a shift, a
    turn and a scale, as OpenCV has them."""
    here, there = before[STEADY, :2], after[STEADY, :2]
    a, b = here - here.mean(0), there - there.mean(0)
    size = max((a * a).sum(), 1e-6)
    along, across = (a * b).sum() / size, (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / size
    turn = np.array([[along, -across], [across, along]])
    return np.c_[turn, there.mean(0) - turn @ here.mean(0)]


def lid_area(points, ring, shape):
    """Pixels of a lid that has shut: between the open eye's lids, but for a sixth below the upper
    one, where the fold is, a third above the lower one, where the lashes come to lie, and the
    corners."""
    upper, lower = points[ring[1:8], :2], points[ring[:8:-1], :2]
    top, bottom = upper + (lower - upper) / 6, lower - (lower - upper) / 3
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(np.r_[top[1:-1], bottom[-2:0:-1]]).astype(np.int32)], 1)
    return mask > 0


def blinks(open_):
    """Each blink's first frame and the one after its last, a frame wider than the landmarks say."""
    usual = np.median([value for value in open_ if np.isfinite(value)])
    is_shut = [False, *(np.array(open_) < 0.6 * usual), False]
    edges = np.flatnonzero(np.diff(np.array(is_shut, int)))
    return [(max(start - 1, 0), min(end + 1, len(open_)))
            for start, end in zip(edges[::2], edges[1::2])]


def lids(frames, faces):
    """Light of each shut lid over that of the skin below the same eye, the median over all blinks.

    Counted is the skin that comes down over iris and white (see lid_area), so neither lashes nor a
    brow's shadow, in the frame of a blink that differs most from the open eye: landmarks of shut
    eyes are not sure enough to tell which it is. Each eye has its own skin below, from the lower
    lid's fold to the cheekbone: light comes from one side, and a lid in the shade with its cheek is
    no bruise. Both are where an open eye's frame has them, some frames away, moved as the head is
    since. A lid that is darker by a third reads a third less.
    """
    open_ = [opening(face) if face is not None else np.inf for face in faces]
    usual = np.median([value for value in open_ if np.isfinite(value)])
    found = ([], [])
    for start, end in blinks(open_):
        near = [i for i in range(max(start - 8, 0), min(end + 12, len(frames)))
                if faces[i] is not None and 0.93 * usual < open_[i] < np.inf]
        if not near:
            continue
        other = min(near, key=lambda i: abs(i - (start + end) / 2))
        before = luminance(frames[other])
        for side, (ring, _, _, skin) in enumerate(EYES):
            shut = shut_most(frames, faces, range(start, end), other, ring)
            if shut is None:
                continue
            light, points = shut
            mask = lid_area(points, ring, light.shape)
            if mask.sum() >= 8:
                below = patches(before, faces[other], skin)
                found[side].append(float(np.median(light[mask]) / max(below, 1)))
    return [float(np.median(side)) for side in found if side] or None


def shut_most(frames, faces, blink, other, ring):
    """Of a blink the light of the frame that differs most from an open eye's, and where the open
    eye's landmarks have gone there."""
    before, best = luminance(frames[other]), None
    for i in blink:
        if faces[i] is None:
            continue
        light, by = luminance(frames[i]), way(faces[other], faces[i])
        points = faces[other].copy()
        points[:, :2] = points[:, :2] @ by[:, :2].T + by[:, 2]
        rim = inside(points, ring, 1, light.shape)
        if not rim.any():
            continue
        gone = cv2.warpAffine(before, by, light.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
        change = np.abs(light - gone)[rim].mean()
        if best is None or change > best[0]:
            best = (change, light, points)
    return None if best is None else best[1:]


def teeth(frame, points):
    """Colour of the brightest fifth between the inner lips, and how pale it is."""
    mask = inside(points, INNER_LIPS, 0.92, frame.shape)
    if mask.sum() < 25:
        return None
    pixels = frame[mask].astype(np.float32)
    light = luminance(pixels)
    return pixels[light >= np.percentile(light, 80)].mean(0)


def closures(faces, visemes):
    """The smallest gap around each p, b and m."""
    found = []
    for viseme in visemes:
        if viseme["text"] != "PP":
            continue
        first = max(int(np.ceil((viseme["start"] - AROUND_SECONDS) * RATE)), 0)
        last = min(int((viseme["end"] + AROUND_SECONDS) * RATE), len(faces) - 1)
        gaps = [gap(faces[i]) for i in range(first, last + 1) if faces[i] is not None]
        if gaps:
            found.append(min(gaps))
    return found


def delay(faces, visemes):
    """Milliseconds that the mouth is late, by where open vowels are widest."""
    wanted = np.zeros(len(faces) * 4)
    for viseme in visemes:
        share = {"aa": 1.0, "E": 0.6, "oh": 0.6, "PP": -0.6, "FF": -0.2}.get(viseme["text"], 0.0)
        first, last = (int(viseme[end] * RATE * 4) for end in ("start", "end"))
        wanted[first:last] = share
    wanted = np.convolve(wanted, np.hanning(17) / np.hanning(17).sum(), "same")
    gaps = np.array([np.nan if face is None else gap(face) for face in faces])
    known = np.flatnonzero(~np.isnan(gaps))
    if len(known) < 50:
        return None
    # A quarter of a frame a step.
    shown = np.interp(np.arange(len(wanted)) / 4, known, gaps[known])
    best = max(range(-24, 25), key=lambda lag: np.corrcoef(
        shown[40:-40], np.roll(wanted, lag)[40:-40])[0, 1])
    return best * 10.0


def sheet(frames, faces):
    """Eight frames, and below them eyes and mouths of a blink and of closures."""
    def crop(frame, points, ids, wide):
        middle = points[ids, :2].mean(0)
        half = np.linalg.norm(points[33, :2] - points[263, :2]) * wide
        left, top = (np.maximum(middle - [half, half * 0.6], 0)).astype(int)
        cut = frame[top:top + int(half * 1.2), left:left + int(half * 2)]
        return cv2.resize(cut, (240, 144)) if cut.size else np.zeros((144, 240, 3), np.uint8)

    chosen = np.linspace(0, len(frames) - 1, 8).round().astype(int)
    known = [i for i in range(len(frames)) if faces[i] is not None]
    if not known:
        return np.hstack([cv2.resize(frames[i], (240, 240)) for i in chosen])
    shut = min(known, key=lambda i: opening(faces[i]))
    blink = [min(max(shut + step, 0), len(frames) - 1) for step in range(-3, 5)]
    mouths = sorted(known, key=lambda i: gap(faces[i]))
    talk = [mouths[int(share * (len(mouths) - 1))] for share in np.linspace(0, 1, 8)]
    last = faces[known[0]]
    rows = [np.hstack([cv2.resize(frames[i], (240, 240)) for i in chosen])]
    for picked, ids in ((blink, [33, 263]), (talk, [13, 14])):
        tiles = []
        for i in picked:
            points = faces[i] if faces[i] is not None else last
            tiles.append(crop(frames[i], points, ids, 0.75))
        rows.append(np.hstack(tiles))
    return np.vstack(rows)


def measure(url, portrait, out, visemes, find):
    body, fields = client.multipart(
        image=portrait.read_bytes(), text=TEXT, seed=5, fps=RATE, preprocess="crop", size=512
    )
    status, answer = client.ask(url + "/animate", body, fields)
    if status != 200:
        return {"refused": json.loads(answer).get("detail", str(status))}
    path = out / f"{portrait.stem}.mp4"
    path.write_bytes(answer)
    frames = video.frames(path)
    faces = [find(frame) for frame in frames]
    cv2.imwrite(str(out / f"{portrait.stem}.png"), sheet(frames, faces))
    if faces[0] is None:
        return {"lost": "no face on the first frame"}
    made = {"rest": gap(faces[0]), "lid": lids(frames, faces), "gaps": closures(faces, visemes)}
    turns = [yaw(face) for face in faces if face is not None]
    made["yaw"] = float(np.ptp(turns))
    made["late"] = delay(faces, visemes)
    made["bends"] = spectacles.bending(frames, faces[0])
    skin = patches(luminance(frames[0]), faces[0], CHEEKS)
    wide = sorted((i for i in range(len(faces)) if faces[i] is not None),
                  key=lambda i: -gap(faces[i]))[:8]
    found = [c for c in (teeth(frames[i], faces[i]) for i in wide) if c is not None]
    if found:
        colour = np.median(found, axis=0)
        made["teeth"] = float(luminance(colour) / max(skin, 1))
        own = teeth(frames[0], faces[0]) if gap(faces[0]) > 0.06 else None
        if own is not None and luminance(own) > 0.7 * skin:
            made["teeth_of_own"] = float(luminance(colour) / max(luminance(own), 1))
    return made


def table(marks):
    shown = {name: mark for name, mark in marks.items() if "gaps" in mark}
    for name, mark in marks.items():
        if name not in shown:
            print(f"{name:28} {next(iter(mark.values()))}")
            continue
        shut = sum(value < SHUT for value in mark["gaps"])
        values = [f"{name:28} p b m {shut:2}/{len(mark['gaps'])}", f"yaw {mark['yaw']:4.1f}"]
        if mark["lid"]:
            values.append("lids " + " ".join(f"{share:.2f}" for share in mark["lid"]))
        if mark.get("bends") is not None:
            values.append(f"spectacles bend {mark['bends']:.1f} px")
        for key in ("teeth", "teeth_of_own", "late"):
            value = mark.get(key)
            if value is not None:
                values.append(f"{key} {value:.2f}" if key != "late" else f"late {value:+.0f} ms")
        print("  ".join(values))
    lights = [float(np.mean(mark["lid"])) for mark in shown.values() if mark["lid"]]
    if lights:
        good = sum(0.82 <= value <= 0.97 for value in lights)
        print(f"lids: median {np.median(lights):.2f}, {good} of {len(lights)} within .82 to .97")
    for label, parted in (("closed", False), ("parted", True)):
        some = [mark["gaps"] for mark in shown.values() if (mark["rest"] > SHUT * 1.5) == parted]
        gaps = [value for one in some for value in one]
        if gaps:
            share = sum(value < SHUT for value in gaps) / len(gaps)
            print(f"p b m, lips {label} at rest: {share:.1%} of {len(gaps)}, {len(some)} portraits")
    turns = [mark["yaw"] for mark in shown.values()]
    late = [mark["late"] for mark in shown.values() if mark["late"] is not None]
    if turns:
        print(f"yaw: median range {np.median(turns):.1f} degrees, least {min(turns):.1f}")
    bends = [mark["bends"] for mark in shown.values() if mark.get("bends") is not None]
    if bends:
        print(f"spectacles bend by {np.median(bends):.1f} px, {max(bends):.1f} at most")
    if late:
        print(f"mouth late by {np.mean(late):+.0f} ms in the mean")


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    find = Landmarker()
    marks = {}
    with Server(os.environ["AVATAR_PROGRAM"]) as server:
        order = {"text": TEXT, "seed": 5, "timestamps": True}
        status, answer = client.ask(server.url + "/speak", json.dumps(order))
        if status != 200:
            raise SystemExit(f"/speak: {status} {answer[:200]!r}")
        speech = json.loads(answer)
        (out / "speech.wav").write_bytes(base64.b64decode(speech["audio"]))
        for portrait in map(pathlib.Path, sys.argv[2:]):
            marks[portrait.stem] = measure(server.url, portrait, out, speech["visemes"], find)
            print(f"{portrait.stem} done", file=sys.stderr)
    (out / "marks.json").write_text(json.dumps(marks, indent=1))
    table(marks)


if __name__ == "__main__":
    main()
