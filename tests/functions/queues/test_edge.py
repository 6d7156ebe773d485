"""The queue edge: what becomes of a message that is carried out, must wait, is turned down, or cannot be understood."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from azure.functions.queue import QueueMessage

from functions.queues.edge import handle
from functions.queues.messages import Evaluate, PushConnection, QueuedWork
from shared.errors import AccountGone, Rejected, RetryLater
from shared.storage.keys import account_id
from shared.storage.memory import MemoryQueues, SentMessage
from shared.wiring import Wiring, WiringOverrides, override_wiring
from tests.shared.test_config import GOOD

MSP = account_id("northwind-msp")
ASKED = PushConnection(account=MSP, run="2026-11-25", connection="cw", attempt=3)
NEXT = Evaluate(account=MSP, run="2026-11-25")

type Job = Callable[[Wiring, PushConnection], Iterator[QueuedWork]]


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryQueues]:
    """What the edge sends lies here; the rest of the wiring is never asked for."""
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    sent = MemoryQueues()
    override_wiring(WiringOverrides(queues=lambda _: sent))
    yield sent
    override_wiring(WiringOverrides())


def take(body: str, work: Job) -> None:
    handle(PushConnection, QueueMessage(id="1", body=body.encode(), dequeue_count=1), work)


def never(_: Wiring, asked: PushConnection) -> Iterator[QueuedWork]:
    raise AssertionError(f"{asked} must not be carried out")


def ending_in(error: Exception) -> Job:
    def work(_: Wiring, __: PushConnection) -> Iterator[QueuedWork]:
        yield NEXT
        raise error

    return work


def test_follow_up_work_is_sent_to_its_queue(queues: MemoryQueues) -> None:
    def work(_: Wiring, asked: PushConnection) -> Iterator[QueuedWork]:
        assert asked == ASKED
        yield NEXT

    take(ASKED.model_dump_json(), work)
    assert queues.messages == [SentMessage("evaluate", NEXT.model_dump_json(), timedelta())]


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"v": 2, "account": "northwind-msp", "run": "r", "connection": "cw"}),
        json.dumps({"v": 1, "account": "northwind-msp", "run": "r", "connection": "cw", "quantity": 4}),
        json.dumps({"v": 1, "account": "../other", "run": "r", "connection": "cw"}),
        "{",
        "",
    ],
    ids=["a later version", "a field nobody knows", "no account id", "no JSON", "nothing"],
)
def test_a_message_of_an_unknown_version_or_shape_is_poison_at_once(queues: MemoryQueues, body: str) -> None:
    take(body, never)
    assert queues.messages == [SentMessage("push-connection-poison", body, timedelta())]


def test_work_that_must_wait_is_put_back_with_its_delay_and_is_no_failure(queues: MemoryQueues) -> None:
    take(ASKED.model_dump_json(), ending_in(RetryLater(timedelta(seconds=40), "the agreement is claimed")))
    again = ASKED.model_copy(update={"attempt": 4}).model_dump_json()
    assert queues.messages[1:] == [SentMessage("push-connection", again, timedelta(seconds=40))]


def test_what_is_turned_down_is_over(queues: MemoryQueues) -> None:
    take(ASKED.model_dump_json(), ending_in(Rejected("There is no such line.")))
    assert [one.queue for one in queues.messages] == ["evaluate"]


def test_anything_else_is_a_bug_and_is_left_to_the_host(queues: MemoryQueues) -> None:
    with pytest.raises(ZeroDivisionError):
        take(ASKED.model_dump_json(), ending_in(ZeroDivisionError()))


def test_work_of_an_account_that_was_deleted_is_dropped(queues: MemoryQueues) -> None:
    take(ASKED.model_dump_json(), ending_in(AccountGone("there is no account")))
    assert [message.queue for message in queues.messages] == ["evaluate"]
