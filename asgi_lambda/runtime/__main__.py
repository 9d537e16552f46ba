"""`python -m asgi_lambda.runtime TARGET`: the program that Lambda starts."""

import sys

from asgi_lambda.runtime.start import main

if __name__ == "__main__":
    sys.exit(main(sys.argv))
