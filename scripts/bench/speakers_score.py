"""Diarization error: what is told of who speaks against what is true; used by speakers.py."""
import numpy as np

# A speaker's segments that follow one another so closely are one turn.
TURN_PAUSE_SECONDS = 1.0


def frames_of(segments, count):
    """Segments {start, end, speaker} in order, as frames of 10 ms by speakers: turns as the truth
    has them, a speaker's pauses within one included."""
    names = sorted({segment["speaker"] for segment in segments})
    told = np.zeros((count, len(names)), bool)
    before = None
    for segment in segments:
        start, end = segment["start"], segment["end"]
        if before and before["speaker"] == segment["speaker"] and (
                start - before["end"] < TURN_PAUSE_SECONDS):
            start = before["end"]
        before = segment
        rows = slice(max(0, round(start * 100)), max(0, round(end * 100)))
        told[rows, names.index(segment["speaker"])] = True
    return told


def best_pairs(shared):
    """The largest sum of `shared` over pairs of talkers and speakers, each in one pair at most."""
    talkers, speakers = shared.shape
    if talkers > speakers:
        return best_pairs(shared.T)
    # By which talkers have a speaker already.
    best = {0: 0}
    for speaker in range(speakers):
        more = dict(best)
        for taken, value in best.items():
            for talker in range(talkers):
                if not taken >> talker & 1:
                    key = taken | 1 << talker
                    more[key] = max(more.get(key, 0), value + shared[talker, speaker])
        best = more
    return max(best.values())


def errors(truth, told, collar=0.0):
    """Seconds missed, told too much, and given to another; and seconds of speech, by each talker.

    - collar: seconds around each beginning and end of a talker's speech that do not count.
    """
    counts = np.ones(len(truth), bool)
    if collar:
        reach = round(collar * 100)
        for row in truth.T:
            for edge in np.flatnonzero(np.diff(np.r_[0, row.astype(int), 0])):
                counts[max(0, edge - reach):edge + reach] = False
    truth, told = truth[counts].astype(int), told[counts].astype(int)
    talking, claimed = truth.sum(1), told.sum(1)
    missed = np.maximum(talking - claimed, 0).sum()
    extra = np.maximum(claimed - talking, 0).sum()
    right = best_pairs(truth.T @ told) if told.shape[1] else 0
    wrong = np.minimum(talking, claimed).sum() - right
    return missed / 100, extra / 100, wrong / 100, talking.sum() / 100


def speakers_that_speak(told, share=0.02):
    """How many speakers there are, those with next to no speech left out."""
    return int((told.sum(0) >= share * told.sum()).sum())
