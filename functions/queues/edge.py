"""The one queue edge: a message in, one service call, its follow-up work out."""

import logging
from collections.abc import Callable, Iterable

import azure.functions as func
from pydantic import ValidationError

from functions.queues.messages import QueuedWork
from shared.errors import Rejected, RetryLater
from shared.wiring import Wiring, wiring

_log = logging.getLogger("seatwise.queue")


def handle[W: QueuedWork](
    model: type[W], message: func.QueueMessage, work: Callable[[Wiring, W], Iterable[QueuedWork]]
) -> None:
    """Carry out one message. Waiting puts it back with its delay and is never a failed delivery.

    A message that is not of this version goes to the poison queue at once, where its alert is opened. Anything
    unexpected raises: the host delivers again, and after `maxDequeueCount` it is poison.
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
        again = asked.model_copy(update={"attempt": asked.attempt + 1})
        wired.queues.send(model.queue, again.model_dump_json(), later.after)
        _log.info("%s: %s", model.queue, later)
    except Rejected as rejected:
        _log.warning("%s %s: %s", model.queue, asked.model_dump_json(), rejected.reason)


def send(wired: Wiring, work: QueuedWork) -> None:
    wired.queues.send(work.queue, work.model_dump_json())
