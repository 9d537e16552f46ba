"""A module of a function that cannot be served."""

import importlib

importlib.import_module("there_is_no_such_module")
