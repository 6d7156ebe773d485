"""What functions put out: their output bindings, written to Queue Storage."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.host.messages import TypedData
from sandbox.host.queue_storage import QueueStorage
from sandbox.host.settings import HostError, resolve
from sandbox.host.waking import wake
from sandbox.host.worker import LoadedFunction, Outcome


class Outputs:
    """Writes each value that a function set or returned for a queue output, and wakes that queue's listener."""

    def __init__(
        self, stores: Mapping[str, QueueStorage], environment: Mapping[str, str], *, as_base64: bool
    ) -> None:
        self._stores = stores
        self._environment = environment
        self._as_base64 = as_base64

    async def write(self, function: LoadedFunction, outcome: Outcome) -> None:
        values = dict(outcome.outputs)
        if outcome.returned is not None:
            values["$return"] = outcome.returned
        for binding in queue_outputs(function):
            if binding["name"] in values:
                await self._send(binding, values[binding["name"]])

    async def _send(self, binding: Mapping[str, Any], value: TypedData) -> None:
        queue = resolve(binding["queueName"], self._environment)
        for body in _messages(value):
            text = base64.b64encode(body).decode() if self._as_base64 else body.decode()
            await self._stores[binding["connection"]].put(queue, text)
        wake(queue)


def queue_outputs(function: LoadedFunction) -> Iterable[Mapping[str, Any]]:
    for binding in function.bindings:
        if binding["type"] == "queue":
            yield binding
        elif binding["direction"] == "OUT" and binding["type"] != "http":
            raise HostError(
                f"{function.name} has an output of type '{binding['type']}', which the local host does not know."
            )


def _messages(value: TypedData) -> list[bytes]:
    """A JSON array becomes one message for each of its items, anything else is one message."""
    if value.kind == "bytes":
        return [value.value]
    if value.kind != "json":
        return [str(value.value).encode()]
    read = json.loads(value.value)
    items = read if isinstance(read, list) else [read]
    return [(item if isinstance(item, str) else json.dumps(item)).encode() for item in items]
