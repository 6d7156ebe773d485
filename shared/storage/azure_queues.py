"""Queues on Azure Queue Storage, in base64 as host.json tells the Functions host."""

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from shared.storage.queues import check_message

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient, QueueServiceClient

_NEVER = -1


class AzureQueues:
    """The SDK repeats a send whose answer was lost, so a message may arrive twice: every receiver allows for that."""

    def __init__(self, service: "QueueServiceClient") -> None:
        self._service = service
        self._clients: dict[str, QueueClient] = {}

    def ensure(self, queue: str) -> None:
        """Create the queue if it is missing."""
        from azure.core.exceptions import ResourceExistsError

        try:
            self._client(queue).create_queue()
        except ResourceExistsError:
            return

    def send(self, queue: str, body: str, after: timedelta = timedelta()) -> None:
        check_message(body, after)
        # Rounded up, so that it is never visible too early. Without an end, so that work outlives a long outage.
        seconds = math.ceil(after.total_seconds())
        self._client(queue).send_message(body, visibility_timeout=seconds, time_to_live=_NEVER)

    def waiting(self, queue: str) -> int | None:
        from azure.core.exceptions import ResourceNotFoundError

        try:
            return int(self._client(queue).get_queue_properties().approximate_message_count or 0)
        except ResourceNotFoundError:
            return None

    def _client(self, queue: str) -> "QueueClient":
        client = self._clients.get(queue)
        if client is None:
            from azure.storage.queue import TextBase64EncodePolicy

            # The policy of the service client is not inherited.
            client = self._service.get_queue_client(queue, message_encode_policy=TextBase64EncodePolicy())
            self._clients[queue] = client
        return client
