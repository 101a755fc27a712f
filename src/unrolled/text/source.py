"""A source of letters whose entropy is known exactly: a walk from state to state.

In each state every letter has a probability, and a letter leads to one state alone. So whoever
knows the state and reads a letter knows the next state, and the bits that no reader can save are
a mean over the states :cite:p:`shannon1948`.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.checks import as_count, as_number

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]
# What may be said in a state: a weight, the letters, and the state that they lead to.
Choice = tuple[float, str, Hashable]


class Source(NamedTuple):
    """Q states over V letters; state 0 is the first.

    ``alphabet`` holds the V letters, ``chances`` (Q, V) their probabilities in every state, and
    ``follows`` (Q, V) the states that they lead to, where their probability is not 0.

    Examples
    --------
    >>> coin = Source("ht", np.array([[0.5, 0.5]]), np.zeros((1, 2), int))
    >>> coin.entropy()
    1.0
    >>> coin.read(coin.make(1, 20, seed=0))[0]
    'thhhttttttthththtthh'

    """

    alphabet: str
    chances: Floats
    follows: Ids

    def make(self, rows: int, letters: int, seed: int | np.random.Generator = 0) -> Ids:
        """Draw rows of letters, as ids (rows, letters), each from the first state on.

        Raises ``TypeError`` or ``ValueError`` for a size that is no positive integer.
        """
        N, T = as_count(rows, "rows"), as_count(letters, "letters")
        drawn = np.random.default_rng(seed).random((T, N))
        ends = self.chances.cumsum(axis=1)
        ends /= ends[:, -1:]
        states, made = np.zeros(N, np.int64), np.empty((T, N), np.int64)
        for t in range(T):
            made[t] = (drawn[t, :, None] >= ends[states]).sum(axis=1)
            states = self.follows[states, made[t]]
        return made.T.copy()

    def read(self, ids: Ids) -> list[str]:
        """Return rows of ids (rows, letters) as strings."""
        return ["".join(self.alphabet[i] for i in row) for row in ids]

    def ids(self, text: str) -> Ids:
        """Return a text's ids (letters,).

        Raises ``ValueError`` for a letter that is not in the alphabet.
        """
        unknown = set(text) - set(self.alphabet)
        if unknown:
            raise ValueError(
                f"text: expected letters among {self.alphabet!r}, got {min(unknown)!r}"
            )
        return np.array([self.alphabet.index(letter) for letter in text], np.int64)

    def states(self, ids: Ids) -> Ids:
        """Return the state before each letter of ids (rows, letters), and −1 after a wrong one."""
        before = np.empty_like(ids)
        now = np.zeros(len(ids), np.int64)
        for t, letters in enumerate(ids.T):
            before[:, t] = now
            known = (now >= 0) & (self.chances[now, letters] > 0)
            now = np.where(known, self.follows[now, letters], -1)
        return before

    def stationary(self) -> Floats:
        """Return in what share of the letters of an endless text each state is left, (Q,)."""
        flow = self._flow()
        equations = flow.T - np.eye(len(flow))
        equations[-1] = 1  # Each equation follows from the others; that they sum to 1 does not.
        return np.asarray(np.linalg.solve(equations, np.eye(len(flow))[-1]))

    def entropy(self) -> float:
        """Return the bits per letter that the best reader pays, who knows the state."""
        return float(self.stationary() @ entropies(self.chances))

    def tempered(self, temperature: float) -> "Source":
        """Return the source whose probabilities are raised to 1 / temperature, and sum to 1.

        Raises ``TypeError`` or ``ValueError`` for a temperature that is no number above 0.

        >>> coin = Source("ht", np.array([[0.8, 0.2]]), np.zeros((1, 2), int))
        >>> coin.tempered(0.5).chances
        array([[0.94117647, 0.05882353]])
        """
        powers = self.chances ** (1 / as_number(temperature, "temperature"))
        return self._replace(chances=powers / powers.sum(axis=1, keepdims=True))

    def windows(self, letters: int) -> Floats:
        """Return the bits for a letter of which only the 0, 1, ... ``letters`` before are known.

        The best reader of a window knows how likely each state is, first by how often it comes
        and then by Bayes' rule. Whatever two windows lead to the same belief are one from there
        on, and once the state is certain it stays so: what is left to list are the doubtful ones.

        >>> coin = Source("ht", np.array([[0.5, 0.5]]), np.zeros((1, 2), int))
        >>> coin.windows(2)
        array([1., 1., 1.])
        """
        flow, each = self._flow(), entropies(self.chances)
        certain = np.zeros(len(flow))
        doubts = [(1.0, np.arange(len(flow)), self.stationary())]
        bits = []
        for _ in range(as_count(letters, "letters", 0) + 1):
            bits.append(float(certain @ each) + sum(
                mass * float(entropies((belief @ self.chances[states])[None])[0])
                for mass, states, belief in doubts
            ))  # fmt: skip
            certain = certain @ flow
            doubts = self._after(doubts, certain)
        return np.array(bits)

    def _after(
        self, doubts: list[tuple[float, Ids, Floats]], certain: Floats
    ) -> list[tuple[float, Ids, Floats]]:
        """Return the doubts after one more letter; what is now certain is added to ``certain``."""
        merged: dict[tuple[bytes, bytes], tuple[float, Ids, Floats]] = {}
        for mass, states, belief in doubts:
            joint = belief[:, None] * self.chances[states]
            for letter in np.flatnonzero(joint.sum(axis=0)):
                there = joint[:, letter] > 0
                nexts, place = np.unique(self.follows[states[there], letter], return_inverse=True)
                weights = np.bincount(place, joint[there, letter])
                chance = weights.sum()
                if len(nexts) == 1:
                    certain[nexts[0]] += mass * chance
                    continue
                now = weights / chance
                key = nexts.tobytes(), now.round(9).tobytes()
                before = merged[key][0] if key in merged else 0.0
                merged[key] = (before + mass * chance, nexts, now)
        return list(merged.values())

    def _flow(self) -> Floats:
        """Return how likely each state leads to each other, (Q, Q)."""
        flow = np.zeros((len(self.chances),) * 2)
        states = np.arange(len(flow))[:, None]
        np.add.at(flow, (states, self.follows), self.chances)
        return flow


def entropies(chances: Floats) -> Floats:
    """Return the bits of each row of probabilities (Q, V); what has none costs none.

    >>> entropies(np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]))
    array([1., 0.])
    """
    some = chances > 0
    logs = np.log2(chances, where=some, out=np.zeros_like(chances))
    return np.asarray(-(chances * logs).sum(axis=1)) + 0.0


def spelled(first: Hashable, choices: Callable[[Hashable], Iterable[Choice]]) -> Source:
    """Return the source that spells what a grammar says, letter by letter.

    ``choices(state)`` lists what may be said next. Of two choices in a state none may begin as
    the whole of the other, so that its letters alone tell which it was.

    Raises ``ValueError`` where one does.

    >>> said = [(3, "ab ", "go"), (1, "c ", "go")]
    >>> source = spelled("go", lambda state: said)
    >>> source.alphabet, len(source.chances), source.chances[0]
    (' abc', 4, array([0.  , 0.75, 0.  , 0.25]))
    """
    weights: dict[Hashable, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    leads: dict[tuple[Hashable, str], Hashable] = {}
    todo, seen = [first], {first}
    while todo:
        state = todo.pop()
        for weight, said, after in choices(state):
            for at, letter in enumerate(said):
                here = (state, said[:at]) if at else state
                there = (state, said[: at + 1]) if at + 1 < len(said) else after
                weights[here][letter] += weight
                if leads.setdefault((here, letter), there) != there:
                    raise ValueError(f"expected {said!r} to be no beginning of another, in {state}")
            if after not in seen:
                seen.add(after)
                todo.append(after)
    alphabet = "".join(sorted({letter for _, letter in leads}))
    numbers = {state: n for n, state in enumerate(weights)}
    chances, follows = np.zeros((2, len(numbers), len(alphabet)))
    for (state, letter), there in leads.items():
        row, column = numbers[state], alphabet.index(letter)
        chances[row, column], follows[row, column] = weights[state][letter], numbers[there]
    return Source(alphabet, chances / chances.sum(axis=1, keepdims=True), follows.astype(np.int64))
