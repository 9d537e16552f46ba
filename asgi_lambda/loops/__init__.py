"""How a call on a loop ended; a module beside this one is the only one to name its async library.

A loop is kept between invocations: it stands still while the execution environment is frozen, and
goes on with the tasks it has when the next event comes. `loop_types` says what a loop offers.
"""

from __future__ import annotations

from typing import Final


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
