"""`python -m asgi_lambda.runtime TARGET`: the program that Lambda starts."""

import sys

from asgi_lambda.runtime import garbage

if __name__ == "__main__":
    garbage.defer()
    from asgi_lambda.runtime.start import main

    sys.exit(main(sys.argv))
