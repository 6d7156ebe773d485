"""The contract of Queues, held by the memory store and by Azure's (Azurite)."""

import base64
from datetime import timedelta

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from shared.storage.connect import AzureStorage
from shared.storage.memory import MemoryQueues, SentMessage
from shared.storage.queues import MESSAGE_LIMIT, Queues, WatchedQueues


def test_a_message_above_the_limit_is_refused_and_one_at_the_limit_is_sent(queues: Queues) -> None:
    queues.send("read-tenant", "x" * MESSAGE_LIMIT)
    queues.send("read-tenant", "漢" * (MESSAGE_LIMIT // 3))
    for body in ("x" * (MESSAGE_LIMIT + 1), "漢" * (MESSAGE_LIMIT // 3 + 1)):
        with pytest.raises(ValueError, match="ids only"):
            queues.send("read-tenant", body)


def test_a_message_waits_at_most_seven_days(queues: Queues) -> None:
    queues.send("read-tenant", "later", timedelta(days=7))
    for after in (timedelta(days=7, microseconds=1), timedelta(seconds=-1)):
        with pytest.raises(ValueError, match="7 days"):
            queues.send("read-tenant", "never", after)


def test_memory_keeps_messages_in_order_with_their_delay() -> None:
    queues = MemoryQueues()
    queues.send("read-tenant", "1")
    queues.send("close-run", "2", timedelta(seconds=30))
    assert queues.messages == [
        SentMessage("read-tenant", "1", timedelta()),
        SentMessage("close-run", "2", timedelta(seconds=30)),
    ]


@pytest.mark.azurite
@pytest.mark.parametrize("body", ['{"v": 1, "tenant": "žluť 漢 🎉"}', "control \x01 character"])
def test_a_message_is_base64_on_the_wire_and_never_expires(
    storage: AzureStorage, storage_connection: str, body: str
) -> None:
    storage.queues.send("read-tenant", body)
    message = QueueClient.from_connection_string(storage_connection, "read-tenant").receive_message()
    assert message
    assert base64.b64decode(message.content, validate=True).decode() == body
    assert message.expires_on is not None
    assert message.expires_on.year > 2100


@pytest.mark.azurite
def test_a_delayed_message_is_not_there_yet(storage: AzureStorage, storage_connection: str) -> None:
    storage.queues.send("read-tenant", "later", timedelta(milliseconds=1))
    client = QueueClient.from_connection_string(storage_connection, "read-tenant")
    assert client.receive_message() is None
    assert client.get_queue_properties().approximate_message_count == 1


@pytest.mark.azurite
def test_a_missing_queue_is_a_fault(storage: AzureStorage) -> None:
    with pytest.raises(ResourceNotFoundError):
        storage.queues.send("nosuchqueue", "1")


def test_what_waits_in_a_queue_is_counted_also_what_is_not_visible_yet(queues: WatchedQueues) -> None:
    assert queues.waiting("read-tenant") == 0
    queues.send("read-tenant", "now")
    queues.send("read-tenant", "later", timedelta(minutes=5))
    assert queues.waiting("read-tenant") == 2


@pytest.mark.azurite
def test_a_queue_that_is_not_there_is_not_an_empty_one(storage: AzureStorage) -> None:
    assert storage.queues.waiting("no-such-queue") is None
