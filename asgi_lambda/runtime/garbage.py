"""No search for garbage while a function is imported, nor in what its import has made.

Hardly anything of it is garbage. To look for it takes a twentieth of the start, and each full
search later would go through all of it again, with every request of the loop waiting.
"""

import gc

_thresholds: tuple[int, ...] = ()


def defer() -> None:
    """Collect nothing from here on."""
    global _thresholds
    _thresholds = gc.get_threshold()
    gc.set_threshold(0)


def resume() -> None:
    """Collect what is made from here on, unless the function has thresholds of its own."""
    gc.freeze()
    if _thresholds and gc.get_threshold()[0] == 0:
        gc.set_threshold(*_thresholds)
