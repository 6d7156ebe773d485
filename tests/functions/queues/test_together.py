"""Several tenants in a message: each is read, waits and fails as if it had come alone."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from azure.functions.queue import QueueMessage

from functions.queues import sync
from functions.queues.edge import TOGETHER, handle_each
from functions.queues.messages import PartOfRun, QueuedWork, ReadTenant, ReadTenants
from shared.errors import Rejected, RetryLater
from shared.licensing.reading import TenantToRead
from shared.storage.keys import account_id
from shared.storage.memory import MemoryQueues, SentMessage
from shared.wiring import Wiring, WiringOverrides, override_wiring
from tests.functions.memory_wiring import NOW
from tests.shared.test_config import GOOD

MSP = account_id("northwind-msp")
NAMES = ("a", "b", "c", "d", "e")
ASKED = ReadTenants(
    account=MSP,
    run="r",
    tenants=tuple(PartOfRun(tenant=name, connections=("p1", "p2"), terms=name == "b") for name in NAMES),
)


class Bug(Exception):
    """What nobody thought of."""


class Reading:
    """Reads tenants; some take long, must wait or fail."""

    def __init__(self) -> None:
        self.now, self.queues = NOW, MemoryQueues()
        self.read: list[str] = []
        self.faults: dict[str, Exception] = {}
        self.takes: dict[str, timedelta] = {}

    def work(self, _: Wiring, asked: ReadTenant) -> Iterator[QueuedWork]:
        self.now += self.takes.get(asked.tenant, timedelta())
        if asked.tenant in self.faults:
            raise self.faults[asked.tenant]
        self.read.append(asked.tenant)
        yield from ()

    def take(self, delivery: int = 1) -> None:
        message = QueueMessage(id="1", body=ASKED.model_dump_json().encode(), dequeue_count=delivery)
        handle_each(ReadTenants, message, ReadTenants.alone, self.work)

    @property
    def sent(self) -> list[SentMessage]:
        return self.queues.messages


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reading]:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    made = Reading()
    override_wiring(WiringOverrides(queues=lambda _: made.queues, clock=lambda: made.now))
    yield made
    override_wiring(WiringOverrides())


def alone(name: str, attempt: int = 0) -> str:
    part = ReadTenant(
        account=MSP, run="r", tenant=name, connections=("p1", "p2"), terms=name == "b", attempt=attempt
    )
    return part.model_dump_json()


def test_all_are_read_and_nothing_is_sent(reading: Reading) -> None:
    reading.take()
    assert reading.read == list(NAMES)
    assert reading.sent == []


def test_a_tenant_that_must_wait_goes_back_alone_with_its_delay_and_the_others_are_read(
    reading: Reading,
) -> None:
    reading.faults = {"b": RetryLater(timedelta(seconds=90), "Microsoft is busy")}
    reading.take()
    assert reading.read == ["a", "c", "d", "e"]
    assert reading.sent == [SentMessage("read-tenant", alone("b", 1), timedelta(seconds=90))]


def test_a_tenant_that_is_turned_down_costs_no_other(reading: Reading) -> None:
    reading.faults = {"c": Rejected("no such tenant")}
    reading.take()
    assert reading.read == ["a", "b", "d", "e"]


def test_a_message_whose_work_failed_is_delivered_again_and_each_tenant_goes_on_alone(
    reading: Reading,
) -> None:
    reading.faults = {"b": Bug("of one tenant")}
    with pytest.raises(Bug):
        reading.take()
    assert (reading.read, reading.sent) == (["a"], [])
    reading.take(delivery=2)
    assert reading.read == ["a"]
    assert reading.sent == [SentMessage("read-tenant", alone(name), timedelta()) for name in NAMES]


def test_nobody_waits_for_a_slow_tenant_before_it(reading: Reading) -> None:
    reading.takes = {"b": TOGETHER}
    reading.take()
    assert reading.read == ["a", "b"]
    assert reading.sent == [SentMessage("read-tenant", alone(name), timedelta()) for name in "cde"]


def test_a_message_of_another_version_is_poison_at_once(reading: Reading) -> None:
    body = ASKED.model_dump_json().replace('"v":1', '"v":2')
    handle_each(ReadTenants, QueueMessage(body=body.encode()), ReadTenants.alone, reading.work)
    assert reading.sent == [SentMessage("read-tenants-poison", body, timedelta())]


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 104, 1_000])
def test_each_tenant_is_in_exactly_one_message_and_few_tenants_each_in_one_of_their_own(count: int) -> None:
    to_read = [TenantToRead(f"t{number}", ("p1",), terms=number % 7 == 0) for number in range(count)]
    messages = list(sync.messages_of(MSP, "r", to_read))
    parts = [
        part
        for message in messages
        for part in (message.alone() if isinstance(message, ReadTenants) else [message])
        if isinstance(part, ReadTenant)
    ]
    assert [TenantToRead(part.tenant, part.connections, part.terms) for part in parts] == to_read
    assert len(messages) == (count if count < sync.MANY else -(-count // sync.TENANTS_TOGETHER))


def test_a_message_of_the_largest_names_fits_into_the_queue() -> None:
    names = tuple(f"partner-connection-{number:032}" for number in range(20))
    parts = tuple(PartOfRun(tenant="t" * 36, connections=names) for _ in range(sync.TENANTS_TOGETHER))
    asked = ReadTenants(account=MSP, run="2026-11-25", tenants=parts)
    assert len(asked.model_dump_json()) < 40_000
