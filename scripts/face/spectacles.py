"""How far spectacles bend, in pixels of a video, measured with optical flow.

A frame is rigid, and seen from a distance what is rigid and nearly flat moves by an affine map. So
corners of dark lines around the eyes are followed from the first frame to every other one, and what
the best affine map of all of them does not explain is bending. Lenses and what is seen through them
are left out: eyes may move there.
"""

import cv2
import numpy as np

# Rims of both eyes, brows, and where a bridge lies.
EYES = (
    [33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7],
    [263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249],
)
BRIDGE = [168, 6, 197]
FLOW = {"winSize": (17, 17), "maxLevel": 3}
# Fewer corners than these say nothing of a frame.
CORNERS_MIN = 16
# A frame's line is darker than the skin around it by so much.
CONTRAST = 0.3


def around(points, shape):
    """Where rims lie: around the eyes, not in them, nor on their lids and lashes."""
    apart = np.linalg.norm(points[33, :2] - points[263, :2])
    mask = np.zeros(shape[:2], np.uint8)
    for ring in EYES:
        eye = points[ring, :2]
        middle = eye.mean(0)
        cv2.ellipse(mask, tuple(map(int, middle)), (int(0.36 * apart), int(0.30 * apart)),
                    0, 0, 360, 1, -1)
    for ring in EYES:
        eye = points[ring, :2]
        middle = eye.mean(0)
        cv2.ellipse(mask, tuple(map(int, middle)), (int(0.22 * apart), int(0.14 * apart)),
                    0, 0, 360, 0, -1)
    low, high = points[BRIDGE[0], :2], points[BRIDGE[2], :2]
    cv2.line(mask, tuple(map(int, low)), tuple(map(int, high)), 1, max(int(0.08 * apart), 3))
    return mask


def lines(grey, points):
    """Pixels of narrow lines that are much darker than what is around them."""
    apart = np.linalg.norm(points[33, :2] - points[263, :2])
    side = max(int(0.14 * apart) | 1, 5)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    closed = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, kernel)
    return (closed.astype(np.float32) - grey) > CONTRAST * np.maximum(closed, 40)


def corners(frame, points):
    """Corners of a frame's lines; None where there are too few, or none over the nose."""
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    apart = np.linalg.norm(points[33, :2] - points[263, :2])
    found = lines(grey, points) & (around(points, grey.shape) > 0)
    inner = np.array([points[133, :2], points[362, :2]])
    between = np.zeros(grey.shape, np.uint8)
    middle = points[BRIDGE, :2].mean(0)
    cv2.ellipse(between, tuple(map(int, middle)),
                (int(0.45 * np.linalg.norm(inner[0] - inner[1])), int(0.2 * apart)),
                0, 0, 360, 1, -1)
    if not columns_crossed(found & (between > 0), between) > 0.7:
        return None
    mask = cv2.dilate(found.astype(np.uint8), np.ones((3, 3), np.uint8))
    made = cv2.goodFeaturesToTrack(grey, 80, 0.03, max(0.035 * apart, 3), mask=mask, blockSize=5)
    return made if made is not None and len(made) >= CORNERS_MIN else None


def columns_crossed(found, between):
    """The share of the nose's columns that a line crosses: a bridge does, brows don't."""
    columns = np.flatnonzero(between.any(0))
    return float(np.mean(found[:, columns].any(0))) if len(columns) else 0.0


def bending(frames, points):
    """Pixels by which the corners leave an affine motion: the 95th percentile over all frames and
    corners; None without spectacles.

    - points: landmarks of the first frame.
    """
    start = corners(frames[0], points)
    if start is None:
        return None
    first = cv2.cvtColor(frames[0], cv2.COLOR_BGR2GRAY)
    before, guess, left = first, start.copy(), []
    for frame in frames[1:]:
        grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        # From the frame before, then against the first one, so that errors do not add up.
        guess, _, _ = cv2.calcOpticalFlowPyrLK(before, grey, guess, None, **FLOW)
        there, seen, _ = cv2.calcOpticalFlowPyrLK(
            first, grey, start, guess.copy(), flags=cv2.OPTFLOW_USE_INITIAL_FLOW, **FLOW)
        back, returned, _ = cv2.calcOpticalFlowPyrLK(
            grey, first, there, start.copy(), flags=cv2.OPTFLOW_USE_INITIAL_FLOW, **FLOW)
        sure = (seen & returned).ravel().astype(bool)
        sure &= np.linalg.norm((back - start)[:, 0], axis=1) < 0.7
        guess, before = np.where(sure[:, None, None], there, guess), grey
        if sure.sum() < CORNERS_MIN:
            continue
        left.append(residuals(start[sure, 0], there[sure, 0]))
    return float(np.percentile(np.concatenate(left), 95)) if left else None


def residuals(here, there):
    """What an affine map leaves, found again without the worst fifth."""
    design = np.c_[here, np.ones(len(here))]
    kept = np.ones(len(here), bool)
    for _ in range(3):
        way, *_ = np.linalg.lstsq(design[kept], there[kept], rcond=None)
        away = np.linalg.norm(design @ way - there, axis=1)
        kept = away <= np.quantile(away, 0.8)
    return away
