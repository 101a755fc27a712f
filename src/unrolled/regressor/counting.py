"""What each piece adds to the answer: ridge regression on TF-IDF weights of pieces."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.regressor.encoded import Library

#: The most texts that the weights are learnt from: more change little and take memory.
MOST_TEXTS = 100_000


class Weights(NamedTuple):
    """``answer = sum(table[p, 0]) / sqrt(sum(table[p, 1])) + bias`` over a text's pieces p.

    ``table`` is float32 (V, 2).
    """

    table: NDArray[np.float32]
    bias: float

    def answers(self, library: Library, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the answer to each of these texts, float32 (n,)."""
        tokens = np.add.reduceat(self.table[library.flat], library.starts[:-1])
        sums = np.array([tokens[library.encoded.of(row)].sum(axis=0) for row in rows])
        answers = sums[:, 0] / np.sqrt(sums[:, 1]) + self.bias
        return np.asarray(answers, np.float32)


def learn(
    library: Library,
    size: int,
    rows: NDArray[np.intp],
    targets: NDArray[np.float32],
    weights: NDArray[np.float32] | None = None,
    *,
    alpha: float = 1.0,
    seed: int = 0,
) -> Weights:
    """Learn the weights of ``size`` pieces from some texts of a corpus.

    Parameters
    ----------
    library
        Texts and the pieces of their tokens.
    size
        The number of piece ids, V.
    rows
        Which texts to learn from, (n,); at most ``MOST_TEXTS`` of them, drawn with ``seed``.
    targets, weights
        The numbers to learn, and how much each text counts, both float32 (n,).
    alpha
        The strength of the ridge penalty.
    seed
        Of the draw of texts.

    """
    from scipy.sparse import csr_matrix, diags_array
    from sklearn.linear_model import Ridge

    if len(rows) > MOST_TEXTS:
        kept = np.sort(np.random.default_rng(seed).permutation(len(rows))[:MOST_TEXTS])
        rows, targets = rows[kept], targets[kept]
        weights = None if weights is None else weights[kept]
    texts = [library.encoded.of(row) for row in rows]
    ends = np.concatenate([[0], np.cumsum([len(text) for text in texts])])
    tokens = np.concatenate(texts)
    shape = (len(rows), len(library.starts) - 1)
    said = csr_matrix((np.ones(len(tokens), np.float32), tokens, ends), shape)
    made = csr_matrix(
        (np.ones(len(library.flat), np.float32), library.flat, library.starts), (shape[1], size)
    )
    counts = (said @ made).tocsr()
    documents = np.bincount(counts.indices, minlength=size)
    rarity = (np.log((1 + len(rows)) / (1 + documents)) + 1).astype(np.float32)
    squared = np.asarray(counts @ rarity**2)
    features = diags_array(1 / np.sqrt(squared)) @ counts @ diags_array(rarity)
    model = Ridge(alpha=alpha, solver="sparse_cg", random_state=seed)
    model.fit(features.tocsr(), targets, sample_weight=weights)
    table = np.stack([rarity * model.coef_, rarity**2], axis=1).astype(np.float32)
    table[0] = 0  # Padding adds nothing to either sum.
    return Weights(table, float(model.intercept_))
