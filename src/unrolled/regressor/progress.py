"""What is shown while a text regressor learns: loss, validation error, time left."""

import sys

from tqdm import tqdm


class Bar:
    """One bar over all readers and epochs; in a log, where it would be a flood, a line an epoch."""

    def __init__(self, readers: int, epochs: int, disable: bool) -> None:
        """Show an empty bar, or none at all."""
        self.readers, self.epochs = readers, epochs
        self.lines = not disable and not sys.stderr.isatty()
        self.bar = tqdm(
            disable=disable or self.lines, unit="batch", dynamic_ncols=True, smoothing=0.1
        )
        self.number = self.epoch = self.steps = 0
        self.shown: dict[str, str] = {}

    def __enter__(self) -> "Bar":
        """Return the bar."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the bar as it stands."""
        self.bar.close()

    def begin(self, number: int, steps: int) -> None:
        """Start on the next reader; where the one before stopped early, its rest is skipped."""
        self.number, self.epoch, self.steps = number, 0, steps
        self.bar.total = self.readers * self.epochs * steps
        self.bar.set_description(f"reader {number + 1} of {self.readers}")
        self.bar.update(number * self.epochs * steps - self.bar.n)

    def skip(self, epochs: int) -> None:
        """Go past epochs that a checkpoint holds."""
        self.epoch = epochs
        self.bar.update(epochs * self.steps)

    def on_batch(self, loss: float) -> None:
        """Move on by one batch."""
        self.shown["loss"] = f"{loss:.3f}"
        self.bar.set_postfix(self.shown, refresh=False)
        self.bar.update()

    def on_epoch(self, record: dict[str, float]) -> None:
        """Show how good the reader is now."""
        self.epoch += 1
        self.shown["validation error"] = f"{record['validation_rmse']:.3f}"
        self.bar.set_postfix(self.shown)
        if self.lines:
            epochs = (self.readers - self.number) * self.epochs - self.epoch
            print(
                f"reader {self.number + 1} of {self.readers}, "
                f"epoch {self.epoch} of {self.epochs}: loss {record['loss']:.3f}, "
                f"validation error {record['validation_rmse']:.3f}, {record['seconds']:.0f} s, "
                f"at most {epochs * record['seconds']:.0f} s left",
                file=sys.stderr,
            )
