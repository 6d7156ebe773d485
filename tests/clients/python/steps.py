"""What a client script tries, step by step, and how it tells."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

WORLD: dict[str, str] = json.loads(os.environ["CLIENTS_WORLD"])


@contextmanager
def step(name: str) -> Iterator[None]:
    """Try something and tell whether it worked. What goes wrong, of whatever kind, is the result."""
    fault = ""
    try:
        yield
    except Exception as wrong:  # noqa: BLE001
        fault = f"{type(wrong).__name__}: {wrong}".replace("\n", " ")[:300]
    print(json.dumps({"step": name, "fault": fault}), flush=True)


@contextmanager
def refused(kind: type[Exception], having: str) -> Iterator[None]:
    """What is inside must be refused so, in words that have this text."""
    try:
        yield
    except kind as refusal:
        if having in f"{refusal} {vars(refusal)}":
            return
        raise
    raise AssertionError("it was not refused")
