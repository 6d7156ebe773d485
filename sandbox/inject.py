"""Put the product into the sandbox: its clock is the sandbox's, and its HTTP requests reach the stand-ins."""

import os
from pathlib import Path

from sandbox.clock import SandboxClock
from sandbox.transport import sandbox_session
from shared.wiring import Surroundings, place_in

STATE, STAND_INS = "SANDBOX_STATE", "SANDBOX_STAND_INS"


def surroundings(state: Path, stand_ins: str) -> Surroundings:
    return Surroundings(clock=SandboxClock(state).now, session=lambda: sandbox_session(stand_ins))


def install() -> None:
    """Called in the host's process before the app is loaded."""
    place_in(surroundings(Path(os.environ[STATE]), os.environ[STAND_INS]))
