"""Sentences to be spoken for training: own patterns over short word lists, and runs of words drawn
from a pronouncing dictionary, so that every pair of sounds comes by."""

import random
import re

_WHO = """the baker, my brother, a tall woman, the old captain, our neighbour, every child,
the judge, the young farmer, a quiet stranger, her teacher, the whole village, his uncle,
the blue bird, a famous painter, that boy, the people of the valley, both of my friends,
the engineer""".split(",")
_DOES = """would often carry, never forgets, has just found, was looking for, might want to buy,
keeps asking about, will show you, could not believe, brought us, used to paint, threw away,
is going to measure, should have watched, pushed, gathered, chose, noticed, built,
gave up""".split(",")
_WHAT = """five thick books, a small wooden boat, the bright yellow moon, the voice of the river,
fresh bread and cheese, a letter from Vermont, the measure of the field, some very good music,
a pair of shoes, the chimney smoke, nothing but the truth, the back of the house, a bowl of soup,
his favourite jumper, the beach at noon, a map of the mountains, these three questions,
both of the keys, warm milk with honey, the usual version, a joke about fish""".split(",")
_WHEN = """before the morning bus, while the wind was blowing, after a short pause, on Thursday,
in the middle of June, without saying why, as soon as possible, for the first time, at home,
when everybody else had left, with both hands, beyond the bridge, all through the year,
because of the weather, by the open window, once or twice a month""".split(",")
_OPENING = "Well, Of course, You know, Maybe, And so, I think that, Look, Yes, No, But then"
_OPENERS = _OPENING.split(", ")
_PHRASES = """What do you mean by that? How much will it cost? Thank you very much for coming.
I would rather not go out today. Please put the paper back on the shelf. Where have you been?
Good morning, and welcome to the show. We moved forward, ten paces at a time. Oh, I see.
The weather will be warm with a few clouds. Could you open the other window, please?
My phone number has four fives and two zeros. It was a huge, rough, awful noise.
""".replace("\n", " ").split("  ")


class Sentences:
    """An endless, seeded supply; `dictionary` is a file in CMUdict's format."""

    def __init__(self, dictionary, seed):
        self.random = random.Random(seed)
        with open(dictionary, encoding="latin1") as lines:
            words = (line.split()[0].lower() for line in lines if line[:1].isalpha())
            self.words = [word for word in words if re.fullmatch(r"[a-z]{2,11}", word)]

    def draw(self):
        pick = self.random.random()
        if pick < 0.45:
            return self._words()
        if pick < 0.5:
            found = [p for line in _PHRASES for p in re.findall(r"[^.?]+[.?]", line)]
            return self.random.choice(found).strip()
        return self._pattern()

    def _words(self):
        run = [self.random.choice(self.words) for _ in range(self.random.randint(4, 9))]
        if self.random.random() < 0.3:
            run[self.random.randint(1, len(run) - 2)] += ","
        return " ".join(run) + "."

    def _pattern(self):
        parts = [self.random.choice(group).strip() for group in (_WHO, _DOES, _WHAT, _WHEN)]
        text = " ".join(parts)
        if self.random.random() < 0.3:
            text = self.random.choice(_OPENERS) + ", " + text
        return text[0].upper() + text[1:] + self.random.choice("..?!")
