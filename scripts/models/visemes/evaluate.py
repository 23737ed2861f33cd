"""Scores the nets on speech they never heard, against a forced alignment.

  evaluate.py HELD_OUT.pkl NET.onnx ... [--clips]

HELD_OUT.pkl is make_data.py's, of held_out.json. Each net is scored on the clips as they are, with
noise at 10 dB (falling with frequency; three other talkers), through mu-law and through GSM at
8 kHz; the clips that were recorded at 8 kHz are a row of their own. Columns: the share of frames
that are exact, and exact within 30 ms; Pearson's r of the smoothed jaw, rounding and stretch (mean
over clips of two seconds and more); closures of p, b and m seen (posterior over .1, .2 within
30 ms); the mean over talkers of what is exact. --clips prints a line a clip. Needs numpy, scipy,
onnxruntime, and ffmpeg for GSM.
"""

import argparse
import pickle
import subprocess

import numpy as np
import onnxruntime
from front_end import HOP, RATE_HZ, features, whisper_mel, whisper_windows
from scipy.ndimage import gaussian_filter1d
from scipy.signal import lfilter
from shapes import MOUTH

CLOSED = 1  # the shape of p, b and m
THRESHOLDS = (0.1, 0.2)


def softmax(logits):
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


class Net:
    """Either net, told by its input: 40 bands or Whisper's 80."""

    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(path, options)
        self.is_streaming = self.session.get_inputs()[0].shape[-1] == 40
        if self.is_streaming:
            silent = np.zeros((1, 1, 40), np.float32)
            self.profile = self.session.run(["profile"], {"mel": silent})[0]

    def __call__(self, samples):
        """Posteriors, [frames, 15]."""
        if self.is_streaming:
            return softmax(self._run(features(samples, self.profile)))
        rows = []
        for first, last, begin, end in whisper_windows(len(samples)):
            made = self._run(whisper_mel(samples[first:last]))
            rows.append(softmax(made)[begin:end])
        return np.concatenate(rows)

    def _run(self, mel):
        return self.session.run(["logits"], {"mel": mel[None]})[0][0]


def mixed(samples, noise, decibels):
    noise = np.resize(noise, len(samples))
    level = np.sqrt((samples**2).mean() / (noise**2).mean()) * 10 ** (-decibels / 20)
    return (samples + level * noise).astype(np.float32)


def through(samples, codec, container):
    """As ffmpeg's codec at 8 kHz leaves it."""
    pcm = (samples.clip(-1, 1) * 32767).astype(np.int16).tobytes()
    plain = ["ffmpeg", "-v", "error", "-f", "s16le", "-ar", str(RATE_HZ), "-ac", "1", "-i", "-"]
    coded = subprocess.run(
        plain + ["-ar", "8000", "-c:a", codec, "-f", container, "-"], input=pcm,
        capture_output=True, check=True).stdout
    back = ["ffmpeg", "-v", "error", "-f", container, "-ar", "8000", "-i", "-"]
    back += ["-ar", str(RATE_HZ)]
    back = subprocess.run(
        back + ["-f", "s16le", "-"], input=coded, capture_output=True, check=True).stdout
    heard = np.frombuffer(back, np.int16).astype(np.float32) / 32768
    return np.pad(heard, (0, max(len(samples) - len(heard), 0)))[: len(samples)]


def versions(clips):
    """Name of the version -> a function of a clip's place and samples."""
    rng = np.random.default_rng(7)
    rumble = lfilter([1], [1, -0.9], rng.standard_normal(30 * RATE_HZ))
    talkers = [clip["samples"].astype(np.float32) for clip in clips if len(clip["samples"]) > 48000]

    def babble(index):
        chosen = [talkers[(index + step) % len(talkers)] for step in (1, 3, 5)]
        return sum(np.resize(talker / talker.std(), 40 * RATE_HZ) for talker in chosen)

    return {
        "as recorded": lambda index, samples: samples,
        "noise, 10 dB": lambda index, samples: mixed(samples, rumble, 10),
        "talkers, 10 dB": lambda index, samples: mixed(samples, babble(index), 10),
        "8 kHz mu-law": lambda index, samples: through(samples, "pcm_mulaw", "mulaw"),
        "8 kHz GSM": lambda index, samples: through(samples, "libgsm", "gsm"),
    }


def runs(mask):
    edges = np.diff(np.concatenate([[0], mask.astype(int), [0]]))
    return zip(np.where(edges == 1)[0], np.where(edges == -1)[0])


class Score:
    """Sums over clips."""

    def __init__(self):
        self.exact = self.near = self.frames = self.closures = 0
        self.seen = [0] * len(THRESHOLDS)
        self.rows, self.talkers = [], {}

    def add(self, found, truth, talker=""):
        count = min(len(found), len(truth))
        found, truth = found[:count], truth[:count]
        best, at = found.argmax(1), np.arange(count)
        window = [truth[np.clip(at + shift, 0, count - 1)] for shift in range(-3, 4)]
        self.exact += (best == truth).sum()
        self.near += (np.stack(window) == best).any(0).sum()
        self.frames += count
        self.talkers.setdefault(talker, []).extend(best == truth)
        for first, last in runs(truth == CLOSED):
            self.closures += 1
            peak = found[max(first - 3, 0) : last + 3, CLOSED].max()
            self.seen = [n + (peak > t) for n, t in zip(self.seen, THRESHOLDS)]
        if count >= 200:
            wanted = gaussian_filter1d(MOUTH[truth], 4, axis=0)
            curves = gaussian_filter1d(found @ MOUTH, 4, axis=0)
            self.rows.append([np.corrcoef(curves[:, k], wanted[:, k])[0, 1] for k in range(3)])

    def __str__(self):
        r = "/".join(f"{value:.2f}" for value in np.mean(self.rows, 0)) if self.rows else "-"
        seen = ", ".join(str(n) for n in self.seen)
        return (
            f"exact {self.exact / self.frames:.3f}  within 30 ms {self.near / self.frames:.3f}  "
            f"r {r}  closures {seen} of {self.closures}  "
            f"talkers {np.mean([np.mean(hits) for hits in self.talkers.values()]):.3f}"
        )


def score(net, clips, version, shows_clips=False):
    total = Score()
    for index, clip in enumerate(clips):
        samples = version(index, clip["samples"].astype(np.float32) / 32768)
        found = net(samples[: len(samples) // HOP * HOP])
        total.add(found, clip["shapes"], clip["speaker"])
        if shows_clips:
            one = Score()
            one.add(found, clip["shapes"])
            print(f"    {clip['speaker']:10s} {clip['file']:48s} {one.frames / 100:5.1f} s  {one}")
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("held_out")
    parser.add_argument("nets", nargs="+")
    parser.add_argument("--clips", action="store_true")
    options = parser.parse_args()
    with open(options.held_out, "rb") as file:
        clips = pickle.load(file)
    wide = [clip for clip in clips if clip["set"] == "wide"]
    narrow = [clip for clip in clips if clip["set"] == "narrow"]
    for path in options.nets:
        net = Net(path)
        seconds = sum(len(clip["shapes"]) for clip in wide) / 100
        talkers = len({clip["speaker"] for clip in wide})
        print(f"{path}: {len(wide)} clips of {talkers} talkers, {seconds:.0f} s")
        for name, version in versions(wide).items():
            shows = options.clips and name == "as recorded"
            print(f"  {name:18s} {score(net, wide, version, shows)}", flush=True)
        if narrow:
            made = score(net, narrow, lambda index, samples: samples, options.clips)
            print(f"  {'recorded at 8 kHz':18s} {made}  ({len(narrow)} clips)")


if __name__ == "__main__":
    main()
