"""A module of a function that cannot be served."""

other = 1
