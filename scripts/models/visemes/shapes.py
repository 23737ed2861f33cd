"""The fifteen mouth shapes, and the phone alphabets that are mapped to them."""

import numpy as np

VISEMES = "sil PP FF TH DD kk CH SS nn RR aa E ih oh ou".split()
INDEX = {name: index for index, name in enumerate(VISEMES)}

# Jaw, rounding and stretch of each shape, as Sources/TalkingHead/MouthTable.swift has them: the
# training loss and the evaluation weigh a confusion by what a viewer would see of it.
MOUTH = np.array(
    [
        (0, 0, 0), (.06, .1, 0), (.12, 0, .1), (.24, 0, .1), (.22, 0, .15),
        (.27, 0, .05), (.18, .6, 0), (.12, 0, .35), (.25, 0, .1), (.2, .4, 0),
        (.8, 0, .1), (.5, 0, .3), (.3, 0, .5), (.55, .65, 0), (.26, .95, 0),
    ],
    np.float32,
)  # fmt: skip

_IPA_OF_SHAPE = {
    "PP": "pbm", "FF": "fv", "TH": "θðT", "DD": "tdɾ", "kk": "kɡgŋhʔ", "CH": "ʃʒʧʤ", "SS": "szʦ",
    "nn": "nlɫ", "RR": "rɹɚɝɜ", "aa": "aɑæʌɐɒ", "E": "eɛəᵊ", "ih": "iɪyjᵻI", "oh": "oɔ",
    "ou": "uʊw",
}  # fmt: skip
SHAPE_OF_IPA = {symbol: shape for shape, symbols in _IPA_OF_SHAPE.items() for symbol in symbols}

# One-letter diphthongs of the Kokoro alphabet.
_DIPHTHONGS = {"A": "eɪ", "I": "aɪ", "W": "aʊ", "Y": "ɔɪ", "O": "oʊ", "Q": "əʊ", "ᵻ": "ɪ", "ᵊ": "ə"}

# ARPAbet; AX is what an aligner's unstressed AH becomes.
SHAPES_OF_ARPA = {
    phone: shapes.split()
    for phone, shapes in dict(
        AA="aa", AE="aa", AH="aa", AX="E", AO="oh", AW="aa ou", AY="aa ih", B="PP", CH="CH",
        D="DD", DH="TH", EH="E", ER="RR", AXR="RR", EY="E ih", F="FF", G="kk", HH="kk", IH="ih",
        IX="ih", IY="ih", JH="CH", K="kk", L="nn", M="PP", N="nn", NG="kk", OW="oh ou",
        OY="oh ih", P="PP", R="RR", S="SS", SH="CH", T="DD", TH="TH", UH="ou", UW="ou", V="FF",
        W="ou", Y="ih", Z="SS", ZH="CH", SIL="sil", PAU="sil",
    ).items()
}  # fmt: skip


def shapes_of_ipa(symbols):
    """The shapes of a string of IPA, neighbours that are equal merged."""
    shapes = []
    for symbol in "".join(_DIPHTHONGS.get(s, s) for s in symbols):
        shape = SHAPE_OF_IPA.get(symbol)
        if shape and (not shapes or shapes[-1] != shape):
            shapes.append(shape)
    return shapes


def label(segments, frames, lag_seconds=0.0):
    """[(start, end, [shapes])] in seconds -> class ids at 100 Hz; the lag is taken off."""
    ids = np.zeros(frames, np.uint8)
    for start, end, shapes in segments:
        for k, shape in enumerate(shapes):
            first = round((start - lag_seconds + (end - start) * k / len(shapes)) * 100)
            last = round((start - lag_seconds + (end - start) * (k + 1) / len(shapes)) * 100)
            ids[max(first, 0) : max(last, first + 1, 0)] = INDEX[shape]
    return ids
