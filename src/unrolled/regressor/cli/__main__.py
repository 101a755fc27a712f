"""``python -m unrolled.regressor.cli`` is ``unrolled``."""

import sys

from unrolled.regressor.cli import main

sys.exit(main())
