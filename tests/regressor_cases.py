"""What the tests of the text regressor share."""

from unrolled.regressor import weighing


def planned(patch, **found):
    """Let the folds find this, where something was read, and what is not said as they do."""
    plan = weighing.plan

    def instead(*given):
        return plan(*given)._replace(**found) if given[-1] else plan(*given)

    patch.setattr(weighing, "plan", instead)
    patch.setattr(weighing, "promises", lambda *_: True)
