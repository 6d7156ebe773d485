"""Put the product into the sandbox: its clock is the sandbox's, and its HTTP requests reach the stand-ins."""

import os
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from sandbox.clock import SandboxClock
from sandbox.host.waking import wake
from sandbox.transport import led_to, sandbox_session
from shared.storage.queues import Queues
from shared.wiring import WiringOverrides, override_wiring

STATE, STAND_INS = "SANDBOX_STATE", "SANDBOX_STAND_INS"
LONGEST_DELAY = "SANDBOX_LONGEST_DELAY"
"""Seconds that a message waits in a queue at most: work that must wait a minute asks again sooner. Unset = as sent."""


def sandbox_overrides(state: Path, stand_ins: str) -> WiringOverrides:
    return WiringOverrides(
        clock=SandboxClock(state).now,
        session=lambda: sandbox_session(stand_ins),
        led_to=partial(led_to, stand_ins),
    )


class Waking:
    """Queues that tell the host's listeners what was sent, so that they need not look all the time."""

    def __init__(self, queues: Queues, longest: timedelta = timedelta.max) -> None:
        self._queues = queues
        self._longest = longest

    def send(self, queue: str, body: str, after: timedelta = timedelta()) -> None:
        delay = min(after, self._longest)
        self._queues.send(queue, body, delay)
        wake(queue, delay)


def install() -> None:
    """Called in the host's process before the app is loaded."""
    longest = os.environ.get(LONGEST_DELAY)
    queues = partial(Waking, longest=timedelta(seconds=float(longest))) if longest else Waking
    override_wiring(replace(sandbox_overrides(Path(os.environ[STATE]), os.environ[STAND_INS]), queues=queues))
