"""What each piece adds to the answer: ridge regression on weighted counts of a text's pieces.

A piece that few texts have weighs more, by the IDF of TF-IDF. Where TF-IDF divides a text's row by
its length, it is divided here by the root of the sum of squared weights over all that stands in
the text: the same number where no piece stands twice, and a smaller one where some do. So both sums
are sums over tokens, and a layer can add them up.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.regressor.encoding import Encoded
from unrolled.regressor.examples import Indices

#: The most texts that the weights are learnt from: more change little and take memory.
MOST_TEXTS = 100_000


class PieceWeights(NamedTuple):
    """``answer = sum(table[p, 0]) / sqrt(sum(table[p, 1])) + bias`` over a text's pieces p.

    ``table`` is float32 (V, 2).
    """

    table: NDArray[np.float32]
    bias: float

    def answers(self, encoded: Encoded, rows: Indices) -> NDArray[np.float32]:
        """Return the answer to each of these texts, float32 (n,)."""
        tokens = np.add.reduceat(self.table[encoded.flat], encoded.starts[:-1])
        sums = np.array([tokens[encoded.texts.of(row)].sum(axis=0) for row in rows])
        answers = sums[:, 0] / np.sqrt(sums[:, 1]) + self.bias
        return np.asarray(answers, np.float32)


def learn(
    encoded: Encoded,
    rows: Indices,
    targets: NDArray[np.float32],
    weights: NDArray[np.floating] | None = None,
    *,
    alpha: float = 1.0,
    seed: int = 0,
) -> PieceWeights:
    """Learn the weights of all V pieces from some texts.

    Parameters
    ----------
    encoded
        Texts and the pieces of their tokens.
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
    size = len(encoded.pieces)
    texts = [encoded.texts.of(row) for row in rows]
    ends = np.concatenate([[0], np.cumsum([len(text) for text in texts])])
    tokens = np.concatenate(texts)
    shape = (len(rows), len(encoded.starts) - 1)
    said = csr_matrix((np.ones(len(tokens), np.float32), tokens, ends), shape)
    made = csr_matrix(
        (np.ones(len(encoded.flat), np.float32), encoded.flat, encoded.starts), (shape[1], size)
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
    return PieceWeights(table, float(model.intercept_))
