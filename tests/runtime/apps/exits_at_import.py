"""A module of a function that cannot be served."""

import sys

sys.exit(5)
