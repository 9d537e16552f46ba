"""`python -m asgi_lambda`: the command line."""

import sys

from asgi_lambda.cli import main

if __name__ == "__main__":
    sys.exit(main())
