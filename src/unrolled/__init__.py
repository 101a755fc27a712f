"""Recurrent networks, unrolled: the cells in NumPy and the code behind the book's pages.

Nothing heavier than NumPy is loaded here; every other library waits for the module that needs it.
"""

__version__ = "0.1.0"
