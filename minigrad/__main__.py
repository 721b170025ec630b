"""``python -m minigrad``: the command line. See cli/."""

import sys

from .cli import main

sys.exit(main())
