"""Sentences about animals, letter by letter, made by a seeded grammar of known entropy.

"the shy cats on ice by day purr. ": whoever reads it one letter at a time has to keep in mind
which animal it is and whether it is one, for cats purr, a cat purrs, and frogs croak. Between the
animal and what it does there may be any number of places.
"""

import re
from collections.abc import Hashable, Iterator
from functools import cache

from unrolled.text.source import Choice, Source, spelled

#: What each animal does.
ANIMALS = {"bird": "sing", "cat": "purr", "dog": "bark", "frog": "croak"}
ADJECTIVES = ("big", "shy", "wild")
PLACES = ("at sea ", "by day ", "in fog ", "on ice ")
ENDS = (". ", " again. ", " now. ")
#: How often a sentence begins with "a", a subject has an adjective, and one more place follows.
ONE, DESCRIBED, ON = 0.25, 0.25, 0.625
_SENTENCE = (
    rf"(?:the|a) (?:(?:{'|'.join(ADJECTIVES)}) )?(?:{'|'.join(ANIMALS)})s? "
    rf"(?P<places>(?:{'|'.join(PLACES)})*)(?P<verb>(?:{'|'.join(ANIMALS.values())})s?)[. ]"
)


@cache
def source() -> Source:
    """Return the source of all these sentences, one after the other.

    >>> source().read(source().make(1, 62, seed=5))[0]
    'the bird sings. the dog by day at sea at sea barks now. the fr'
    >>> round(source().entropy(), 4)
    0.3904
    """
    return spelled("sentence", _choices)


def verb(animal: str, several: bool) -> str:
    """Return what one or ``several`` of an animal do.

    >>> verb("cat", several=False), verb("cat", several=True)
    ('purrs', 'purr')
    """
    return ANIMALS[animal] + ("" if several else "s")


def _choices(state: Hashable) -> Iterator[Choice]:
    match state:
        case "sentence":
            yield 1 - ONE, "the ", ("subject", True, True)
            yield ONE, "a ", ("subject", True, False)
        case "subject", described, several:
            if described:
                for word in ADJECTIVES:
                    yield DESCRIBED / len(ADJECTIVES), f"{word} ", ("subject", False, several)
            rest = 1 - DESCRIBED if described else 1.0
            counts = (False, True) if several else (False,)
            for animal in ANIMALS:
                for many in counts:
                    weight = rest / len(ANIMALS) / len(counts)
                    yield weight, f"{animal}{'s' * many} ", ("on", animal, many)
        case "on", animal, many:
            for place in PLACES:
                yield ON / len(PLACES), place, ("on", animal, many)
            yield 1 - ON, verb(animal, many), "end"
        case "end":
            for end in ENDS:
                yield 1 / len(ENDS), end, "sentence"


def verbs(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield of each verb how many places stand before it, where it begins, and where it ends.

    An end that is cut off at the end of the text is left out.

    >>> list(verbs("the cats on ice by day purr. a dog bar"))
    [(2, 23, 27)]
    """
    for sentence in re.finditer(_SENTENCE, text):
        yield len(sentence["places"]) // len(PLACES[0]), *sentence.span("verb")


def allowed(text: str) -> tuple[int, int]:
    """Return how many whole sentences a text has, and how many of them the grammar can say.

    >>> allowed("a dog barks. the cats on ice bark. a cat")
    (2, 1)
    """
    whole = [f"{sentence}. " for sentence in text.split(". ")[:-1]]
    return len(whole), sum(_said(sentence) for sentence in whole)


def _said(sentence: str) -> bool:
    known = source()
    if not set(sentence) <= set(known.alphabet):
        return False
    ids = known.ids(sentence)[None]
    states = known.states(ids)
    return bool(states[0, -1] >= 0 and known.chances[states[0, -1], ids[0, -1]] > 0)
