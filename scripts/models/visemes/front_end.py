"""What the models hear: 40 log-mel bands at 100 Hz with causal level and channel normalisation for
the streaming one, Whisper's 80 for the one that reads a whole clip.

LogMelFrontend.swift and WhisperMelSpectrogram.swift in Sources/TalkingHead/Visemes do the same;
change both or neither.
"""

import numpy as np
from scipy.signal import lfilter

RATE_HZ, FFT, WINDOW, HOP, BANDS = 16000, 512, 400, 160, 40


def _mel_bank():
    def to_hz(mel):
        return 700 * (10 ** (mel / 2595) - 1)
    def to_mel(hz):
        return 2595 * np.log10(1 + hz / 700)
    points = to_hz(np.linspace(to_mel(60), to_mel(7600), BANDS + 2))
    bins = np.arange(FFT // 2 + 1) * RATE_HZ / FFT
    rows = []
    for left, centre, right in zip(points, points[1:], points[2:]):
        rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
        rows.append(np.clip(np.minimum(rising, falling), 0, None))
    return np.array(rows, np.float32)


MEL_BANK = _mel_bank()
HANN = np.hanning(WINDOW).astype(np.float32)


def log_mel(samples):
    """16 kHz -> [samples // 160, 40]; frame i is centred on 10 i + 5 ms."""
    frames = len(samples) // HOP
    padded = np.pad(samples, ((WINDOW - HOP) // 2, WINDOW))
    at = np.arange(frames)[:, None] * HOP + np.arange(WINDOW)
    power = np.abs(np.fft.rfft(padded[at] * HANN, FFT)) ** 2
    return np.log(power.astype(np.float32) @ MEL_BANK.T + 1e-6)


def normalise(mel, profile, release=0.005, floor=-7.0, tau=300.0, shrink=60.0):
    """Causal: a peak follower (0.5 nat a second) takes the level off, a speech-weighted running
    mean per band (3 s), shrunk towards `profile`, takes the channel off.
    Returns the net's input, the levelled bands and the weight of speech."""
    mean = mel.mean(1)
    t = np.arange(len(mean))
    peak = np.maximum.accumulate(np.maximum(mean, floor) + release * t) - release * t
    peak = np.maximum(peak, floor)
    levelled = mel - peak[:, None]
    weight = 1 / (1 + np.exp(-2 * (mean - peak + 2.5)))
    keep = np.exp(-1 / tau)
    total = lfilter([1], [1, -keep], weight[:, None] * levelled, axis=0)
    count = lfilter([1], [1, -keep], weight)
    channel = (total + shrink * profile) / (count + shrink)[:, None]
    return ((levelled - channel) / 3).clip(-3, 2).astype(np.float32), levelled, weight


def features(samples, profile):
    return normalise(log_mel(samples), profile)[0]


def _whisper_bank():
    """Slaney's mel scale, each band of unit area, over the bins of a transform of 512."""
    step = np.log(6.4) / 27
    mels = np.linspace(0, 15 + np.log(RATE_HZ / 2 / 1000) / step, 82)
    edges = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp(step * (mels - 15)))
    bins = np.arange(FFT // 2 + 1) * RATE_HZ / FFT
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    area = 2 / (edges[2:] - edges[:-2])
    # 400 / 512: as many bins of Whisper's own transform, of 400, would have summed up.
    bank = np.clip(np.minimum(rising, falling), 0, None) * area[:, None] * WINDOW / FFT
    return bank.astype(np.float32)


WHISPER_BANK = _whisper_bank()
WHISPER_HANN = np.hanning(WINDOW + 1)[:-1].astype(np.float32)


def whisper_mel(samples):
    """16 kHz -> [80, 2 * (samples // 320)], Whisper's scale; frame i is centred on 10 i ms."""
    frames = len(samples) // 320 * 2
    padded = np.pad(samples, (WINDOW // 2, WINDOW)).astype(np.float32)
    at = np.arange(frames)[:, None] * HOP + np.arange(WINDOW)
    power = np.abs(np.fft.rfft(padded[at] * WHISPER_HANN, FFT)) ** 2
    mel = np.log10(np.maximum(power.astype(np.float32) @ WHISPER_BANK.T, 1e-10)).T
    return (np.maximum(mel, mel.max() - 8) + 4) / 4


def whisper_windows(samples, core=6, margin=1):
    """How a clip is cut for the whole-clip net: seconds of core with a margin on each side.
    Yields first and last sample of a window, and which of its frames are the core's."""
    size = core * RATE_HZ
    for start in range(0, max(samples, 1), size):
        first = max(start - margin * RATE_HZ, 0)
        last = min(start + size + margin * RATE_HZ, samples)
        end = min(start + size, samples) // HOP - first // HOP
        yield first, last, start // HOP - first // HOP, end
