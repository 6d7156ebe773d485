"""Change the vendors' side of a sandbox, running or stopped: the same functions over HTTP and from the command line."""

from typing import Any

from sandbox.standins.faults import Faults
from sandbox.standins.state import State


class ControlError(Exception):
    """A control was refused; the text says why and what can be chosen."""


def control(state: State, command: dict[str, Any], faults: Faults) -> Any:
    raise ControlError("not yet")
