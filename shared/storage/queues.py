"""Sending work to a queue; receiving is the Functions host's."""

from datetime import timedelta
from typing import Protocol

MESSAGE_LIMIT = 48 * 1024
"""Bytes of one message: base64 makes 64 KiB of them, which is what Azure takes."""

LONGEST_DELAY = timedelta(days=7)


class Queues(Protocol):
    """Two implementations: `azure_queues.AzureQueues` (base64, as host.json says) and `memory.MemoryQueues`."""

    def send(self, queue: str, body: str, after: timedelta = timedelta()) -> None:
        """Put one message, visible after `after` (at most 7 days). Raises ValueError above 48 KiB."""
        ...


class WatchedQueues(Queues, Protocol):
    """The queues, for the doctor."""

    def waiting(self, queue: str) -> int | None:
        """About how many messages are in a queue, also those that are not visible yet; None where there is no queue."""
        ...


def check_message(body: str, after: timedelta) -> None:
    size = len(body.encode())
    if size > MESSAGE_LIMIT:
        raise ValueError(
            f"a message of {size:,} bytes is more than the {MESSAGE_LIMIT:,} a queue takes: send ids only"
        )
    if not timedelta() <= after <= LONGEST_DELAY:
        raise ValueError("a message is delayed by 0 seconds to 7 days")
