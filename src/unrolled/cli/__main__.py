"""``python -m unrolled.cli`` is ``unrolled``."""

import sys

from unrolled.cli import main

sys.exit(main())
