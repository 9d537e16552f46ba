"""How a call on a loop ended; a module beside this one is the only one to name its async library.

A loop is kept between invocations: it stands still while the execution environment is frozen, and
goes on with the tasks it has when the next event comes. `loop_types` says what a loop offers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asgi_lambda.errors import ConfigurationError

if TYPE_CHECKING:
    from asgi_lambda.loop_types import Backend


class Ending:
    """How a call ended.

    expired: it was cancelled at its deadline; abandoned: and did not end then; cancelled: the
    cancellation it ended with; stacks: where its tasks stood at the deadline.
    """

    __slots__ = ("abandoned", "cancelled", "expired", "stacks")

    def __init__(
        self,
        expired: bool = False,
        abandoned: bool = False,
        cancelled: BaseException | None = None,
        stacks: str = "",
    ) -> None:
        self.expired = expired
        self.abandoned = abandoned
        self.cancelled = cancelled
        self.stacks = stacks


# The only one of a call that just returned.
RETURNED: Final = Ending()


def backend(name: str) -> Backend:
    """The module for "asyncio" or "trio", imported when it is asked for.

    Raises ConfigurationError where trio is not installed.
    """
    if name == "asyncio":
        from asgi_lambda.loops import asyncio

        return asyncio
    try:
        from asgi_lambda.loops import trio
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "backend: expected an environment with trio, got one without; install trio"
        ) from error
    return trio


def note_on(error: Exception, library: str) -> None:
    """Add a note to an error that comes out of an async library which is not the backend."""
    module, traceback = "", error.__traceback__
    while traceback is not None:
        module = str(traceback.tb_frame.f_globals.get("__name__"))
        traceback = traceback.tb_next
    if module.partition(".")[0] == library:
        error.add_note(f"The application seems to need {library}: adapt(app, backend={library!r})")
