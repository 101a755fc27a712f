"""What the tests of the command line draw from: texts, files, what a command left behind."""

import csv
import random
from typing import NamedTuple

DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
FILLERS = ["the", "a", "some", "old", "new", "red", "blue", "big", "small", "good"]


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


def told(done):
    """Return the one line of standard error with which a command ended with exit code 2."""
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("unrolled: ")
    assert done.err.count("\n") == 1
    assert done.err.endswith("\n")
    assert len(done.err) < 700
    return done.err


def order(count, seed=0):
    """Return texts whose number is the first digit less the last: only their order tells it."""
    drawn = random.Random(seed)
    rows = []
    for _ in range(count):
        first, last = drawn.randrange(10), drawn.randrange(10)
        between = [drawn.choice(FILLERS) for _ in range(3)]
        rows.append((" ".join([DIGITS[first], *between, DIGITS[last]]), first - last))
    return rows


def bag(count, seed=0):
    """Return texts of unlike words whose number is the sum of what each word is worth."""
    drawn = random.Random(seed)
    names = ["".join(drawn.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(60)]
    worth = {name: drawn.gauss(0, 1) for name in names}
    rows = []
    for _ in range(count):
        chosen = drawn.sample(names, 5)
        rows.append((" ".join(chosen), sum(worth[name] for name in chosen)))
    return rows


def write(path, rows, header=("text", "number")):
    """Write a CSV file and return its path."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path
