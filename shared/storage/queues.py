"""Sending work to a queue; receiving is the Functions host's."""

from datetime import timedelta
from typing import Protocol


class Queues(Protocol):
    """Two implementations: `azure_queues.AzureQueues` (base64, as host.json says) and `memory.MemoryQueues`."""

    def send(self, queue: str, body: str, after: timedelta = timedelta()) -> None:
        """Put one message, visible after `after` (at most 7 days). Raises ValueError above 48 KiB."""
        ...
