"""A module of a function that cannot be served."""

raise ConnectionError("no database")
