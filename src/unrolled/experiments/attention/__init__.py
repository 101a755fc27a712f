"""A fixed state against attention: sentences that tell several times, written down as digits."""
