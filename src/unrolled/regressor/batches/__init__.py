"""Many texts: one class that answers frames, processes side by side, and files on many machines.

- ``frames`` has the class that Dask, Ray Data and Spark take, ``Answers``;
- ``asking`` checks rows as they come and cuts them into blocks, ``answering`` answers a block;
- ``pool`` lets processes of one machine do so side by side, ``on_ray`` those of many;
- ``shards`` goes from files to files of answers, and does nothing twice.
"""

from unrolled.regressor.batches.frames import Answers

__all__ = ["Answers"]
