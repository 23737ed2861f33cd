"""Writes the mesh's tables as Swift: triangles from the wheel, a mean face from portraits.

  face_tables.py SOURCES_DIR MEDIAPIPE_WHEEL MODELS_DIR PICTURE:x,y,side ...

Made once, its output is committed. The mean face is the net's own output on public-domain portraits
(NASA's portrait of Eileen Collins as in scikit-image, Leonardo's Mona Lisa), laid over each other,
made symmetric and scaled. `x,y,side` is the square around the face, in the image's pixels.
Needs numpy, opencv-python-headless, onnxruntime, scipy.
"""

import os
import re
import sys
import zipfile

import cv2
import numpy as np
import onnxruntime
from scipy.optimize import linear_sum_assignment

FOREHEAD, CHIN, EYES = 10, 152, (33, 263)
# Distance of the outer corners of the eyes, centimetres: the middle of adults'.
EYES_APART = 8.9


def triangles(wheel):
    """FACEMESH_TESSELATION lists three edges a triangle, in order, each from its first corner."""
    with zipfile.ZipFile(wheel) as archive:
        source = archive.read("mediapipe/python/solutions/face_mesh_connections.py").decode()
    source = source[source.index("FACEMESH_TESSELATION") :]
    edges = [tuple(map(int, edge)) for edge in re.findall(r"\((\d+), (\d+)\)", source)]
    found = []
    for (a, b), (c, d), (e, f) in zip(edges[0::3], edges[1::3], edges[2::3]):
        assert b == c and d == e and f == a
        found.append((a, c, e))
    return found


def mirror_of(faces):
    """Which landmark is whose mirror image: the cheapest pairing of the face and its reflection."""
    mean = np.mean(faces, 0)
    line = list(range(3)) + [4, 5, 6, 8, 9, FOREHEAD, CHIN, 13, 14, 17, 151, 164, 168, 195, 197]
    known = line + list(EYES), line + list(EYES[::-1])
    turned = align(mean * [-1, 1, 1], mean, *known)
    for _ in range(10):
        gaps = np.linalg.norm(turned[:, None] - mean[None], axis=2)
        pairs = linear_sum_assignment(gaps + gaps.T)[1]
        turned = align(mean * [-1, 1, 1], mean, np.arange(len(mean)), pairs)
    assert (pairs[pairs] == np.arange(len(pairs))).all(), "not a pairing"
    return pairs


def align(points, onto, chosen=slice(None), partners=slice(None)):
    """The points under the similarity that lays the chosen over their partners (Umeyama 1991)."""
    middle, aim = points[chosen].mean(0), onto[partners].mean(0)
    a, b = points[chosen] - middle, onto[partners] - aim
    u, s, vt = np.linalg.svd(b.T @ a)
    sign = np.diag([1, 1, np.sign(np.linalg.det(u @ vt))])
    scale = np.trace(np.diag(s) @ sign) / (a**2).sum()
    return scale * (points - middle) @ (u @ sign @ vt).T + aim


def landmarks(session, image, x, y, side):
    """Two passes; the second crop is the box of the first's points, half as large again."""
    centre, angle = np.array([x + side / 2, y + side / 2]), 0.0
    for _ in range(2):
        k, c, s = side / 192, np.cos(angle), np.sin(angle)
        turn = np.array([[c, -s], [s, c]]) * k
        to_image = np.c_[turn, centre - turn @ [96, 96]]
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        crop = cv2.warpAffine(image, to_image, (192, 192), flags=flags)
        feed = {"input_1": crop[None].astype(np.float32) / 255}
        mesh = session.run(["output_mesh_identity"], feed)[0].reshape(468, 3)
        found = np.c_[mesh[:, :2] @ turn.T + to_image[:, 2], mesh[:, 2] * k]
        angle = np.arctan2(*(found[EYES[1]] - found[EYES[0]])[[1, 0]])
        c, s = np.cos(angle), np.sin(angle)
        upright = found[:, :2] @ np.array([[c, -s], [s, c]])
        low, high = upright.min(0), upright.max(0)
        centre, side = np.array([[c, -s], [s, c]]) @ ((low + high) / 2), (high - low).max() * 1.5
    return found


def mean_face(session, images):
    faces = []
    for name in images:
        path, box = name.rsplit(":", 1)
        image = cv2.imread(path)[..., ::-1]
        faces.append(landmarks(session, image, *map(float, box.split(","))))
    for _ in range(10):
        mean = np.mean([face - face.mean(0) for face in faces], 0)
        faces = [align(face, mean) for face in faces]
    mean = np.mean(faces, 0)
    pairs = mirror_of(faces)
    flipped = align((mean * [-1, 1, 1])[pairs], mean)
    mean = (mean + flipped) / 2
    # x across the eyes and the pairs, forehead above chin, z away from the viewer.
    across = (mean - mean[pairs])[mean[:, 0] > mean[pairs][:, 0] + 1e-9].sum(0)
    across /= np.linalg.norm(across)
    down = mean[CHIN] - mean[FOREHEAD]
    down -= down @ across * across
    down /= np.linalg.norm(down)
    axes = np.stack([across, down, np.cross(across, down)])
    mean = (mean - mean[list(EYES)].mean(0)) @ axes.T
    mean *= EYES_APART / (mean[EYES[1], 0] - mean[EYES[0], 0])
    mirrored = mean[pairs] * [-1, 1, 1]
    return (mean + mirrored) / 2


def wrapped(values):
    lines, line = [], ""
    for value in values:
        if len(line) + len(f"{value},") + 9 > 100:
            lines.append(line.rstrip())
            line = ""
        line += f"{value}, "
    return "\n".join("        " + text for text in lines + [line.rstrip()])


def write(path, documentation, kind, name, element, values):
    text = f"""{documentation}
enum {kind} {{
    static let {name}: [{element}] = [
{wrapped(values)}
    ]
}}
"""
    with open(path, "w") as file:
        file.write(text)


def main():
    out, wheel, models, *images = sys.argv[1:]
    corners = [corner for triangle in triangles(wheel) for corner in triangle]
    write(
        os.path.join(out, "FaceTriangles.swift"),
        "/// The face's surface without the holes of eyes and mouth: 852 triangles, three\n"
        "/// landmarks each. Source: FACEMESH_TESSELATION of mediapipe 0.10.14 (Apache-2.0),\n"
        "/// written by scripts/models/face_tables.py.",
        "FaceTriangles", "corners", "UInt16", corners,
    )  # fmt: skip
    session = onnxruntime.InferenceSession(os.path.join(models, "face_landmarks.onnx"))
    mean = np.round(mean_face(session, images) * 100).astype(int)
    write(
        os.path.join(out, "MeanFace.swift"),
        "/// A mean face: x, y, z of 468 landmarks in hundredths of a centimetre; x to the\n"
        "/// image's right, y down, z away; the origin lies between the outer corners of the\n"
        "/// eyes. Written by scripts/models/face_tables.py from public-domain portraits.",
        "MeanFace", "hundredths", "Int16", mean.ravel().tolist(),
    )  # fmt: skip


if __name__ == "__main__":
    main()
