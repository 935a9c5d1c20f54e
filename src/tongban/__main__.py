"""`python -m tongban`: the command line."""

import sys

from tongban.config.cli import main

sys.exit(main())
