"""What host.json and the environment say, as far as the local host follows it."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any


class HostError(Exception):
    """The host cannot start; the message is a sentence for the person who started it."""


@dataclass(frozen=True)
class QueueSettings:
    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    visibility_timeout: timedelta = timedelta()
    base64: bool = True


@dataclass(frozen=True)
class HostSettings:
    queues: QueueSettings = QueueSettings()
    route_prefix: str = "api"


def read_host_settings(app: Path) -> HostSettings:
    file = app / "host.json"
    if not file.exists():
        return HostSettings()
    try:
        extensions = json.loads(file.read_text()).get("extensions", {})
    except ValueError as broken:
        raise HostError(f"{file} is not valid JSON: {broken}.") from broken
    return HostSettings(
        _queues(extensions.get("queues", {})), extensions.get("http", {}).get("routePrefix", "api")
    )


def _queues(said: Mapping[str, Any]) -> QueueSettings:
    batch_size = int(said.get("batchSize", 16))
    if not 1 <= batch_size <= 32:
        raise HostError(f"host.json: batchSize is {batch_size}; it must be 1 to 32.")
    return QueueSettings(
        batch_size=batch_size,
        new_batch_threshold=int(said.get("newBatchThreshold", batch_size // 2 * (os.cpu_count() or 1))),
        max_dequeue_count=int(said.get("maxDequeueCount", 5)),
        visibility_timeout=_time_span(said.get("visibilityTimeout", "00:00:00")),
        base64=said.get("messageEncoding", "base64").lower() == "base64",
    )


def _time_span(text: str) -> timedelta:
    parts = text.split(":")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        raise HostError(f"host.json: '{text}' must be a time span such as 00:00:30.")
    hours, minutes, seconds = (int(part) for part in parts)
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def resolve(text: str, environment: Mapping[str, str]) -> str:
    """Replace each %NAME% by the setting of that name."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in environment:
            raise HostError(f"The setting '{name}' is not set; '{text}' in function_app.py needs it.")
        return environment[name]

    return re.sub(r"%([^%]+)%", value, text)


def connection_string(name: str, environment: Mapping[str, str]) -> str:
    """The storage connection that a binding names, found as Azure finds it."""
    found = environment.get(name) or environment.get(f"AzureWebJobs{name}")
    if not found:
        raise HostError(
            f"The setting '{name}' is not set: it must be the connection string of a storage account."
        )
    return found
