"""Tells the listener of a queue, from any thread of the host's process, that a message waits or will soon.

A host that polls needs none of this; it spares the waiting, and so allows polling seldom.
"""

import asyncio
from datetime import timedelta

_listeners: dict[str, tuple[asyncio.AbstractEventLoop, asyncio.Event]] = {}


def register(queue: str, event: asyncio.Event) -> None:
    """Have `event` set, on the running loop, whenever `queue` is told to wake."""
    _listeners[queue] = (asyncio.get_running_loop(), event)


def wake(queue: str, after: timedelta = timedelta()) -> None:
    """Let the listener of `queue` look once `after` is over; nothing happens when this process has no such listener."""
    if queue not in _listeners:
        return
    loop, event = _listeners[queue]
    if after:
        # A moment later than the message becomes visible, or the look comes too early.
        delay = after.total_seconds() + 0.05
        loop.call_soon_threadsafe(lambda: loop.call_later(delay, event.set))
    else:
        loop.call_soon_threadsafe(event.set)
