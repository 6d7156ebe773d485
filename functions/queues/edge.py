"""The one queue edge: a message in, one service call, its follow-up work out."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Final

import azure.functions as func
from pydantic import ValidationError

from functions.queues.messages import QueuedWork
from shared.errors import AccountGone, Rejected, RetryLater
from shared.wiring import Wiring, wiring

_log = logging.getLogger("seatwise.queue")

TOGETHER: Final = timedelta(seconds=20)
"""So long the works of one message are carried out one after the other."""


def handle[W: QueuedWork](
    model: type[W], message: func.QueueMessage, work: Callable[[Wiring, W], Iterable[QueuedWork]]
) -> None:
    """Carry out one message. Waiting puts it back with its delay and is never a failed delivery.

    Work of an account that was deleted is dropped. A message that is not of this version goes to the poison queue at
    once, where its alert is opened. Anything unexpected raises: the host delivers again, and after `maxDequeueCount`
    it is poison.
    """
    wired = wiring()
    body = message.get_body().decode(errors="replace")
    try:
        asked = model.model_validate_json(body)
    except ValidationError as wrong:
        _log.error(
            "%s: a message of an unknown version or shape (%d faults)", model.queue, wrong.error_count()
        )
        wired.queues.send(f"{model.queue}-poison", body)
        return
    try:
        for follow_up in work(wired, asked):
            send(wired, follow_up)
    except RetryLater as later:
        _put_back(wired, asked, later)
    except Rejected as rejected:
        _log.warning("%s %s: %s", model.queue, asked.model_dump_json(), rejected.reason)
    except AccountGone as gone:
        _log.warning("%s: %s", model.queue, gone)


def handle_each[W: QueuedWork, P: QueuedWork](
    model: type[W],
    message: func.QueueMessage,
    alone: Callable[[W], Sequence[P]],
    work: Callable[[Wiring, P], Iterable[QueuedWork]],
) -> None:
    """Carry out a message of several works, each as if it had come alone.

    Work that must wait goes back alone, with its delay. A message that is delivered again failed in one of its works,
    and nobody knows in which: each goes on alone, so that only the one that fails is poison. Once the message has
    taken TOGETHER, what is left of it goes on alone too: nothing waits for slow work before it.
    """

    def each(wired: Wiring, asked: W) -> Iterator[QueuedWork]:
        began, again = wired.clock(), (message.dequeue_count or 1) > 1
        for part in alone(asked):
            if again or wired.clock() - began >= TOGETHER:
                yield part
                continue
            try:
                yield from work(wired, part)
            except RetryLater as later:
                _put_back(wired, part, later)
            except Rejected as rejected:
                _log.warning("%s %s: %s", part.queue, part.model_dump_json(), rejected.reason)

    handle(model, message, each)


def _put_back(wired: Wiring, asked: QueuedWork, later: RetryLater) -> None:
    again = asked.model_copy(update={"attempt": asked.attempt + 1})
    wired.queues.send(asked.queue, again.model_dump_json(), later.after)
    _log.info("%s: %s", asked.queue, later)


def send(wired: Wiring, work: QueuedWork) -> None:
    wired.queues.send(work.queue, work.model_dump_json())
