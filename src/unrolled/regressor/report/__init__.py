"""A page that shows what a model's answers are worth, in one file that needs no other.

``unrolled fit --report`` and ``unrolled evaluate --report`` write it. All numbers are of texts that
were kept apart, which are gathered block by block in ``gathering``; ``drawing`` turns them into
pictures and tables, and ``page`` fills the template. What is a user's, a text or a name, is
escaped, its control characters are marked, and the page's own policy lets a browser run nothing but
the script whose hash it tells, and load nothing at all.
"""
