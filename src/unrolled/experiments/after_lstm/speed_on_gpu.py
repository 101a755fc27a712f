"""What :mod:`unrolled.experiments.after_lstm.speed` times, on a graphics processor.

cuDNN's LSTM takes part, as PyTorch calls it.
"""

import dataclasses

from unrolled.experiments.after_lstm import speed

EXPERIMENT = dataclasses.replace(speed.EXPERIMENT, name="gpu-speed", config=speed.ON_GPU)
