"""SadTalker's way from a portrait and a voice to frames, restated in numpy over ONNX Runtime.

usage: pipeline.py MODELS portrait.png voice.wav OUT.npz [--full] [--still] [--seconds 1] …

What `Sources/TalkingHead/SadTalker` does in Swift, for comparing: `parity.py` holds each function
against the original, and `tiny.py` writes what the tests hold Swift against. Coefficients of a
frame, 73: expression 64, angles 3, translation 3, placement 3.
Needs numpy and onnxruntime; Pillow to read a picture.
"""

import argparse
import wave

import numpy as np

RATE, FPS, MELS, MEL_WIDTH = 16_000, 25, 80, 16
RADIUS, STRETCH = 13, 32
# dlib's 68 points: both eyes' corners, nose tip, mouth corners, of the standard face of
# Deep3DFaceRecon (similarity_Lm3D_all.mat), x right, y up, z towards the camera.
STANDARD = np.array([
    [-0.31148657, 0.29036078, 0.13377953], [0.30979887, 0.28972036, 0.13179526],
    [0.0032535, -0.04617932, 0.55244243], [-0.25216928, -0.38133916, 0.22405732],
    [0.2484662, -0.38128236, 0.22235769]])
# The same five of MediaPipe's 478: eye corners are averaged in pairs.
MESH_FIVE = ((33, 133), (362, 263), (4,), (61,), (291,))
MESH_EYES = ((33, 160, 158, 133, 153, 144), (362, 385, 387, 263, 373, 380))
MESH_MOUTH = (61, 291)


# ---------------------------------------------------------------- sound

def mel_bank():
    """Slaney's triangles, 80 from 55 to 7 600 Hz, over 401 bins of 20 Hz: [80, 401]."""
    def to_mel(hertz):
        hertz = np.asarray(hertz, float)
        return np.where(hertz < 1000, hertz * 3 / 200,
                        15 + np.log(np.maximum(hertz, 1e-9) / 1000) / (np.log(6.4) / 27))

    def to_hertz(mel):
        return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))

    edges = to_hertz(np.linspace(to_mel(55.0), to_mel(7600.0), MELS + 2))
    bins = np.arange(401) * 20.0
    rise = (bins[None] - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - bins[None]) / np.diff(edges)[1:, None]
    return np.maximum(0, np.minimum(rise, fall)) * (2 / (edges[2:] - edges[:-2]))[:, None]


def mel_spectrogram(samples):
    """Samples -1…1 at 16 kHz -> [frames, 80], one each 12.5 ms, -4…4.

    The sound's first difference (0.97), windows of 800 samples each 200 around their centres,
    silence beyond both ends, magnitudes, 100 dB below 20 dB spread over eight units.
    """
    sharp = np.append(samples[:1], samples[1:] - 0.97 * samples[:-1]).astype(np.float64)
    padded = np.pad(sharp, 400)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(800) / 800)
    count = 1 + len(sharp) // 200
    pieces = np.stack([padded[i * 200:i * 200 + 800] for i in range(count)]) * window
    energy = np.abs(np.fft.rfft(pieces, axis=1)) @ mel_bank().T
    decibels = 20 * np.log10(np.maximum(1e-5, energy)) - 20
    return np.clip(8 * (decibels + 100) / 100 - 4, -4, 4)


def frame_count(samples):
    return len(samples) * FPS // RATE


def mel_windows(samples):
    """[frames, 80, 16]: a fifth of a second of mel around each frame; ends are held."""
    frames = frame_count(samples)
    mel = mel_spectrogram(samples[:frames * RATE // FPS])
    windows = np.empty((frames, MELS, MEL_WIDTH), np.float32)
    for i in range(frames):
        # Towards zero, as the original's int(): frames 0 and 1 begin at -6 and -3.
        start = int(80.0 * ((i - 2) / 25.0))
        rows = np.clip(np.arange(start, start + MEL_WIDTH), 0, len(mel) - 1)
        windows[i] = mel[rows].T
    return windows


# ---------------------------------------------------------------- randomness

class Noise:
    """SplitMix64, and normal numbers from pairs of it: the same in Swift."""

    def __init__(self, seed):
        self.state = seed & (1 << 64) - 1

    def word(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & (1 << 64) - 1
        z = self.state
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & (1 << 64) - 1
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & (1 << 64) - 1
        return z ^ z >> 31

    def unit(self):
        return (self.word() >> 11) / (1 << 53)

    def below(self, bound):
        return int(self.unit() * bound)

    def normals(self, count):
        out = []
        while len(out) < count:
            radius, turn = np.sqrt(-2 * np.log(1 - self.unit())), 2 * np.pi * self.unit()
            out += [radius * np.cos(turn), radius * np.sin(turn)]
        return np.array(out[:count], np.float32)


def blink_track(frames, noise):
    """How far the eyes are closed, 0…1: five frames after each pause of ten to seventy."""
    track = np.zeros(frames, np.float32)
    longest = min(frames // 2, 70)
    at = 0
    while frames > 20 and longest > 10:
        at += 10 + noise.below(longest - 10)
        if at + 5 > frames - 1:
            break
        track[at:at + 5] = 0.5, 0.9, 1.0, 0.9, 0.5
        at += 5
    return track


# ---------------------------------------------------------------- coefficients

def smooth(track, window=13):
    """Savitzky-Golay, second degree, along the first axis; parabolas through the ends."""
    count = len(track)
    if count < window:
        window = (count - 1) // 2 * 2 + 1
    if window < 3:
        return track
    half = window // 2
    x = np.arange(-half, half + 1.0)
    basis = np.stack([np.ones(window), x, x * x], axis=1)
    hat = basis @ np.linalg.pinv(basis)
    out = np.empty_like(track, dtype=np.float64)
    for i in range(half, count - half):
        out[i] = hat[half] @ track[i - half:i + half + 1]
    out[:half] = (hat @ track[:window])[:half]
    out[count - half:] = (hat @ track[count - window:])[window - half:]
    return out


def looped(track, frames):
    """A reference shorter than the film is repeated."""
    return track[np.arange(frames) % len(track)]


def expressions(nets, mels, source, blink, eyes=None):
    """[frames, 64]; `eyes` [n, 64] of a reference film takes the place of portrait and blink."""
    frames = len(mels)
    reference = np.repeat(source[None, :64], frames, 0)
    if eyes is not None:
        reference, blink = looped(eyes, frames), np.zeros(frames)
    # Frames do not see each other: any number a run.
    return np.concatenate([
        nets["audio2exp"].run(None, {
            "mel": mels[i:i + 50, None], "reference": reference[i:i + 50].astype(np.float32),
            "blink": blink[i:i + 50, None].astype(np.float32)})[0]
        for i in range(0, frames, 50)])


def stretches(frames):
    """How the frames behind the first are cut: (first mel row, rows to drop in front), 32 each."""
    rest = frames - 1
    whole = [(1 + i * STRETCH, 0) for i in range(rest // STRETCH)]
    left = rest % STRETCH
    return whole + ([(frames - STRETCH, STRETCH - left)] if left else [])


def head_motion(nets, mels, source, style, draw):
    """[frames, 6]; `draw(i)` gives the 64 normal numbers of stretch i."""
    motion = [np.zeros((1, 6), np.float32)]
    for i, (first, drop) in enumerate(stretches(len(mels))):
        # Shorter films repeat the mel of their second frame in front; the first is never heard.
        rows = np.clip(np.arange(first, first + STRETCH), 1, len(mels) - 1)
        made = nets["audio2pose"].run(None, {
            "mel": mels[rows][None, :, None], "noise": draw(i)[None],
            "style": np.array([style], np.int64),
            "reference": source[None, 64:70].astype(np.float32)})[0][0]
        motion.append(made[drop:])
    return smooth(source[64:70] + np.concatenate(motion))


def semantics(track, source, still=False, scale=1.0, full=False):
    """Coefficients of the film as the mapping net reads them: [frames, 70 or 73, 27]."""
    track = np.array(track, np.float64)
    track[:, :64] *= scale
    if full:
        track = np.concatenate([track, np.repeat(source[None, 70:73], len(track), 0)], 1)
    if still:
        track[:, 64:] = source[64:track.shape[1]]
    return windows_of(track, np.arange(len(track)))


def windows_of(track, times):
    """27 coefficients around each time, a 25th of a second apart, ends held; [n, c, 27].

    Times are in 25ths; between two frames the track is a straight line, so that a film of any
    rate is made from the same track.
    """
    at = np.clip(np.asarray(times)[:, None] + np.arange(-RADIUS, RADIUS + 1), 0, len(track) - 1)
    low = np.floor(at).astype(int)
    part = (at - low)[..., None]
    mixed = track[low] * (1 - part) + track[np.minimum(low + 1, len(track) - 1)] * part
    return mixed.transpose(0, 2, 1).astype(np.float32)


def turning(degrees, frames):
    """Head angles through the given stations at an even pace; one value a frame."""
    if len(degrees) == 1:
        return np.full(frames, float(degrees[0]))
    legs = np.abs(np.diff(degrees))
    pace = legs.sum() / max(frames - 1, 1)
    way = np.concatenate([[0], np.cumsum(legs)])
    return np.interp(np.arange(frames) * pace, way, degrees)


# ---------------------------------------------------------------- key points

def degrees(logits):
    """66 bins of three degrees from -99: their expectation."""
    odds = np.exp(logits - logits.max(1, keepdims=True))
    return (odds / odds.sum(1, keepdims=True)) @ np.arange(66) * 3 - 99


def rotation(yaw, pitch, roll):
    """[n,3,3]: pitch about x, then yaw about y, then roll about z. 3.14 is the training's π."""
    a, b, c = (np.asarray(v) / 180 * 3.14 for v in (pitch, yaw, roll))
    one, nil = np.ones_like(a), np.zeros_like(a)

    def rows(*v):
        return np.stack(v, -1).reshape(-1, 3, 3)

    x = rows(one, nil, nil, nil, np.cos(a), -np.sin(a), nil, np.sin(a), np.cos(a))
    y = rows(np.cos(b), nil, np.sin(b), nil, one, nil, -np.sin(b), nil, np.cos(b))
    z = rows(np.cos(c), -np.sin(c), nil, np.sin(c), np.cos(c), nil, nil, nil, one)
    return x @ y @ z


def place(canonical, mapped, yaw=None, pitch=None, roll=None):
    """Key points [n,15,3] of n frames; given angles replace the net's."""
    turn = rotation(*(degrees(net) if given is None else given for net, given in
                      zip(mapped[:3], (yaw, pitch, roll))))
    move = np.array(mapped[3]) * (0, 1, 0)
    bend = np.array(mapped[4]).reshape(len(turn), -1, 3)
    return (np.einsum("nij,kj->nki", turn, canonical) + move[:, None] + bend).astype(np.float32)


# ---------------------------------------------------------------- portrait

def five_of_mesh(points):
    """478 points in pixels, y down -> eyes, nose tip, mouth corners, y down: [5,2]."""
    return np.stack([points[list(ids), :2].mean(0) for ids in MESH_FIVE])


def fit(five, height):
    """Scale and shift of the portrait to the reconstruction's 224: s, tx, ty (y up)."""
    up = np.array(five, np.float64)
    up[:, 1] = height - 1 - up[:, 1]
    rows, right = [], []
    for (x, y), point in zip(up, STANDARD):
        rows += [[*point, 1, 0, 0, 0, 0], [0, 0, 0, 0, *point, 1]]
        right += [x, y]
    found = np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)[0]
    size = (np.linalg.norm(found[0:3]) + np.linalg.norm(found[4:7])) / 2
    return 102.0 / size, found[3], found[7]


def rectangle_224(width, height, size, tx, ty):
    """How the crop is laid before the reconstruction: scaled to w, h (bicubic), then 224 pixels
    from left, top; what lies outside is black."""
    w, h = int(width * size), int(height * size)
    left = int(w / 2 - 112 + (tx - width / 2) * size)
    top = int(h / 2 - 112 + (height / 2 - ty) * size)
    return w, h, left, top


def square_of(five_eyes, width, height):
    """The crop's rectangle x0, y0, x1, y1 in the portrait, whole pixels, inside it.

    five_eyes: left eye, right eye (means of six lid points each), mouth corners; y down.
    """
    left, right, mouth_left, mouth_right = np.asarray(five_eyes, np.float64)
    eyes, mouth = (left + right) / 2, (mouth_left + mouth_right) / 2
    across, down = right - left, mouth - eyes
    x = across - down[::-1] * (-1, 1)
    x *= max(np.hypot(*across) * 2.0, np.hypot(*down) * 1.8) / np.hypot(*x)
    y = x[::-1] * (-1, 1)
    middle = eyes + down * 0.1
    quad = np.stack([middle - x - y, middle - x + y, middle + x + y, middle + x - y])
    border = max(int(np.rint(np.hypot(*x) * 2 * 0.1)), 3)
    low, high = np.floor(quad.min(0)).astype(int), np.ceil(quad.max(0)).astype(int)
    x0, y0 = np.maximum(low - border, 0)
    x1, y1 = np.minimum(high + border, (width, height))
    quad = quad - (x0, y0) + 0.5
    inner_x0, inner_y0 = max(min(quad[0, 0], quad[1, 0]), 0), max(min(quad[0, 1], quad[3, 1]), 0)
    inner_x1 = min(max(quad[2, 0], quad[3, 0]), width)
    inner_y1 = min(max(quad[1, 1], quad[2, 1]), width)
    return (x0 + int(inner_x0), y0 + int(inner_y0), min(x0 + int(inner_x1), x1),
            min(y0 + int(inner_y1), y1))


def paste(frame, portrait, corner):
    """Puts a frame [h,w,3] into the portrait without a seam: gradients within, the portrait's
    colours on the border. The difference on the border is spread inwards by Laplace's equation,
    which a rectangle solves with two sine transforms (matrices here, FFTs in Swift)."""
    out = portrait.astype(np.float64).copy()
    x0, y0 = corner
    height, width = frame.shape[:2]
    there = out[y0:y0 + height, x0:x0 + width]
    gap = there - frame
    force = np.zeros((height - 2, width - 2, 3))
    force[0] += gap[0, 1:-1]
    force[-1] += gap[-1, 1:-1]
    force[:, 0] += gap[1:-1, 0]
    force[:, -1] += gap[1:-1, -1]

    def sines(n):
        k = np.arange(1, n + 1)
        return np.sin(np.pi * np.outer(k, k) / (n + 1)), 2 - 2 * np.cos(np.pi * k / (n + 1))

    (tall, a), (wide, b) = sines(height - 2), sines(width - 2)
    made = np.einsum("ij,jkc,kl->ilc", tall, force, wide, optimize=True)
    made /= (a[:, None] + b[None])[..., None] * ((height - 1) * (width - 1) / 4)
    inner = np.einsum("ij,jkc,kl->ilc", tall, made, wide, optimize=True)
    out[y0 + 1:y0 + height - 1, x0 + 1:x0 + width - 1] = frame[1:-1, 1:-1] + inner
    return np.clip(np.rint(out), 0, 255).astype(np.uint8)


# ---------------------------------------------------------------- the whole

def load(models, size, full=False, threads=2, renderer=None):
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")

    def open_(name):
        return ort.InferenceSession(f"{models}/{name}.onnx", options)

    return {
        "audio2exp": open_("audio2exp"), "audio2pose": open_("audio2pose"),
        "face3d": open_("face3d"), "mapping": open_("mapping_full" if full else "mapping_crop"),
        "keypoints": open_(f"keypoints_{size}"), "appearance": open_(f"appearance_{size}"),
        "renderer": open_(renderer or f"renderer_{size}")}


def coefficients(nets, picture224, placement):
    """The portrait's 73: the reconstruction's 257 are identity 80, expression 64, texture 80,
    angles 3, light 27, translation 3."""
    all_ = nets["face3d"].run(None, {"image": picture224})[0][0]
    return np.concatenate([all_[80:144], all_[224:227], all_[254:257], placement])


def track_of(nets, samples, source, style=0, seed=0, blinks=True, eyes=None, poses=None):
    """Expressions and head of the film, [frames, 70], before still and scale."""
    mels, noise = mel_windows(samples), Noise(seed)
    blink = blink_track(len(mels), noise) if blinks else np.zeros(len(mels))
    faces = expressions(nets, mels, source, blink, eyes)
    head = head_motion(nets, mels, source, style, lambda i: noise.normals(64))
    if poses is not None:
        head = head + looped(poses, len(head)) - poses[:1]
    return np.concatenate([faces, head], 1)


def frames_of(nets, image, source, windows, full=False, angles=(None, None, None)):
    """Yields pictures [3,s,s], 0…1. `image` [1,3,s,s]; everything of the portrait is made once."""
    width = 73 if full else 70
    still = np.repeat(source[None, :width, None], 27, 2).astype(np.float32)

    def mapping(windows):
        return nets["mapping"].run(None, {"semantics": windows})

    canonical = nets["keypoints"].run(None, {"image": image})[0][0]
    volume, thin = nets["appearance"].run(None, {"image": image})
    start = place(canonical, mapping(still))
    for first in range(0, len(windows), 25):
        block = slice(first, first + 25)
        turned = [a if a is None else a[block] for a in angles]
        for points in place(canonical, mapping(windows[block]), *turned):
            yield nets["renderer"].run(None, {
                "volume": volume, "thin": thin, "source": start, "driving": points[None]})[0][0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models")
    parser.add_argument("portrait", help="already cropped and square, or - for noise")
    parser.add_argument("voice", help="16 kHz mono WAV, 16 bit")
    parser.add_argument("out")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--renderer", help="another file's name, as renderer_256.int8")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--still", action="store_true")
    parser.add_argument("--no-blink", action="store_true")
    parser.add_argument("--pose-style", type=int, default=0)
    parser.add_argument("--expression-scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--frames", type=int, help="draw only so many")
    order = parser.parse_args()
    nets = load(order.models, order.size, order.full, renderer=order.renderer)
    with wave.open(order.voice) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        samples = np.frombuffer(file.readframes(int(order.seconds * RATE)), "<i2") / 32768
    if order.portrait == "-":
        picture = np.random.default_rng(0).uniform(0, 1, (order.size, order.size, 3))
        small = np.random.default_rng(1).uniform(0, 1, (224, 224, 3))
    else:
        from PIL import Image
        with Image.open(order.portrait) as opened:
            whole = opened.convert("RGB").resize((order.size, order.size))
            picture, small = np.asarray(whole) / 255, np.asarray(whole.resize((224, 224))) / 255

    def planar(image):
        return image.transpose(2, 0, 1)[None].astype(np.float32)

    source = coefficients(nets, planar(small), (1.0, order.size / 2, order.size / 2))
    track = track_of(nets, samples, source, order.pose_style, order.seed, not order.no_blink)
    windows = semantics(track, source, order.still, order.expression_scale, order.full)
    made = list(frames_of(nets, planar(picture), source, windows[:order.frames], order.full))
    np.savez_compressed(order.out, track=track, frames=(np.stack(made) * 255).round().astype("u1"))
    print(f"{len(windows)} frames of coefficients, {len(made)} drawn")


if __name__ == "__main__":
    main()
