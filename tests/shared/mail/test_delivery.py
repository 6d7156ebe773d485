"""No mail is sent twice and nothing unsent is lost, whatever stops whom at which step."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.errors import NotFound, Rejected, RetryLater
from shared.mail.base import CannotTell, Delivery, Mail, Receipt, Undeliverable, UndeliverableReason
from shared.mail.delivery import (
    LEASE,
    PAUSES,
    SENDING_GRACE,
    DeliveryResult,
    MailToSend,
    deliver,
    over,
    send_again,
    take_back,
)
from shared.mail.records import MailName, MailState, mails, not_arrived
from shared.storage import keys
from shared.storage.azure_tables import AzureTables
from shared.storage.documents import Document
from shared.storage.memory import MemoryTables
from shared.storage.tables import Conflict, Key, RowChange, Tables
from tests.shared.mail.test_message import MAIL

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
DEMO = keys.account_id("demo")
TO = "billing@msp.example"


class Killed(BaseException):
    """SIGKILL, as far as a test in one process can tell."""


@dataclass
class Provider:
    """Accepts, unless told otherwise, and remembers."""

    receipts: list[Receipt] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    knows: Undeliverable | CannotTell | None = None
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None

    def send(self, mail: Mail) -> Receipt:
        self.before()
        receipt = self.receipts.pop(0) if self.receipts else Receipt(Delivery.ACCEPTED, "ref-1")
        if receipt.delivery in {Delivery.ACCEPTED, Delivery.UNCLEAR}:
            self.sent.append(mail.id)
        self.after()
        return receipt

    def undeliverable(self, to: str, since: datetime | None = None) -> Undeliverable | None:
        if isinstance(self.knows, CannotTell):
            raise self.knows
        return self.knows


class Mortal(MemoryTables):
    """Dies before or after the n-th transaction."""

    def __init__(self) -> None:
        super().__init__()
        self.dies_at: tuple[int, str] | None = None
        self.commits = 0

    def commit(self, changes: Sequence[RowChange]) -> list[str]:
        self.commits += 1
        if self.dies_at == (self.commits, "before"):
            raise Killed
        etags = super().commit(changes)
        if self.dies_at == (self.commits, "after"):
            raise Killed
        return etags


class Memory(Document):
    """What some kind of mail remembers."""

    told_at: datetime | None = None


MEMORY = Key(keys.mails(DEMO), "memory")


def memory(tables: Tables) -> datetime | None:
    row = tables.get(MEMORY)
    return row.read(Memory).told_at if row else None


def remember(tables: Tables, at: datetime | None = NOW) -> Sequence[RowChange]:
    return [over(MEMORY, Memory(told_at=at), tables.get(MEMORY))]


def written(tables: Tables) -> MailToSend:
    """Tells of everything up to now."""
    return MailToSend(MAIL, lambda: remember(tables))


def send(
    tables: Tables,
    provider: Provider,
    *,
    at: datetime = NOW,
    kind: str = "digest",
    on: date = TODAY,
    to: str = TO,
    write: Callable[[], MailToSend | None] | None = None,
) -> DeliveryResult:
    name = MailName(DEMO, kind, on, to)
    return deliver(tables, provider, name, write or (lambda: written(tables)), at)


def patiently(
    tables: Tables, provider: Provider, *, at: datetime = NOW, kind: str = "digest"
) -> DeliveryResult:
    """As the queue does it: again after every RetryLater."""
    for _ in range(30):
        try:
            return send(tables, provider, at=at, kind=kind)
        except RetryLater as wait:
            at += max(wait.after, timedelta(seconds=1))
    raise AssertionError("never settled")


def test_a_mail_is_sent_and_what_the_recipient_was_told_advances_with_it() -> None:
    tables, provider = MemoryTables(), Provider()
    assert send(tables, provider) == DeliveryResult(MailState.DONE, sent_now=True, reference="ref-1")
    assert memory(tables) == NOW
    [row] = mails(tables, DEMO)
    assert (row.state, row.subject, row.recipient, row.on) == (MailState.DONE, MAIL.subject, TO, TODAY)
    assert row.mail_id == MailName(DEMO, "digest", TODAY, TO).id


def test_the_same_mail_is_never_sent_again() -> None:
    tables, provider = MemoryTables(), Provider()
    send(tables, provider)
    again = send(tables, provider, at=NOW + timedelta(days=3))
    assert again == DeliveryResult(MailState.DONE, sent_now=False, reference="ref-1")
    assert len(provider.sent) == 1


def test_another_date_kind_recipient_or_account_is_another_mail() -> None:
    ids = {
        MailName(DEMO, "digest", TODAY, TO).id,
        MailName(DEMO, "digest", TODAY + timedelta(days=1), TO).id,
        MailName(DEMO, "urgent", TODAY, TO).id,
        MailName(DEMO, "digest", TODAY, "boss@msp.example").id,
        MailName(keys.account_id("demo-2"), "digest", TODAY, TO).id,
    }
    assert len(ids) == 5


def test_nothing_to_say_leaves_no_trace_and_a_later_tick_may_still_send() -> None:
    tables, provider = MemoryTables(), Provider()
    assert send(tables, provider, write=lambda: None) == DeliveryResult(None)
    assert list(mails(tables, DEMO)) == []
    assert send(tables, provider, at=NOW + timedelta(minutes=15)).sent_now


def test_two_workers_at_once_send_one_mail() -> None:
    tables, provider = MemoryTables(), Provider()
    start = threading.Barrier(8)
    outcomes: list[str] = []

    def work() -> None:
        start.wait()
        try:
            outcomes.append("sent" if send(tables, provider).sent_now else "known")
        except RetryLater:
            outcomes.append("later")

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(outcomes) == 8
    assert outcomes.count("sent") == 1
    assert len(provider.sent) == 1


def test_a_second_worker_waits_while_the_first_one_prepares() -> None:
    tables, provider = MemoryTables(), Provider()

    def meanwhile() -> MailToSend | None:
        with pytest.raises(RetryLater) as caught:
            send(tables, provider)
        assert caught.value.after == LEASE
        return written(tables)

    assert send(tables, provider, write=meanwhile).sent_now
    assert len(provider.sent) == 1


def test_a_worker_whose_claim_lapsed_meanwhile_does_not_send() -> None:
    tables, provider = MemoryTables(), Provider()

    def slowly() -> MailToSend | None:
        assert send(tables, provider, at=NOW + LEASE).sent_now
        return written(tables)

    with pytest.raises(RetryLater):
        send(tables, provider, write=slowly)
    assert len(provider.sent) == 1


def test_two_kinds_of_mail_to_one_recipient_are_never_on_their_way_at_once() -> None:
    tables, provider = MemoryTables(), Provider()
    waits: list[RetryLater] = []

    def meanwhile() -> None:
        provider.before = lambda: None
        with pytest.raises(RetryLater) as caught:
            send(tables, provider, kind="urgent")
        waits.append(caught.value)

    provider.before = meanwhile
    assert send(tables, provider).sent_now
    assert len(waits) == 1

    def knows() -> MailToSend | None:
        assert memory(tables) == NOW
        return None

    assert send(tables, provider, kind="urgent", at=NOW + LEASE, write=knows) == DeliveryResult(None)


def test_a_letter_written_from_what_is_no_longer_so_is_not_sent() -> None:
    tables, provider = MemoryTables(), Provider()

    def meanwhile() -> MailToSend | None:
        assert send(tables, provider, kind="urgent").sent_now
        return written(tables)

    with pytest.raises(RetryLater):
        send(tables, provider, write=meanwhile)
    assert provider.sent == [MAIL.id]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "step, name", [(1, "claimed"), (2, "sending"), (3, "done")], ids=["claim", "sending", "done"]
)
def test_a_kill_at_any_transaction_never_sends_twice_and_loses_nothing(
    step: int, name: str, when: str
) -> None:
    tables, provider = Mortal(), Provider()
    tables.dies_at = (step, when)
    with pytest.raises(Killed):
        send(tables, provider)
    tables.dies_at = None

    outcome = patiently(tables, provider)
    sent_or_shown = len(provider.sent) <= 1 and (provider.sent or outcome.state is MailState.UNKNOWN)
    assert sent_or_shown, name
    as_of = memory(tables)
    assert (as_of == NOW) == (outcome.state is MailState.DONE)
    if outcome.state is MailState.UNKNOWN:
        tomorrow = send(tables, provider, on=TODAY + timedelta(days=1))
        assert tomorrow.sent_now


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_around_the_handing_over_ends_as_unknown_and_is_not_resent(moment: str) -> None:
    tables, provider = MemoryTables(), Provider()

    def die() -> None:
        raise Killed

    setattr(provider, moment, die)
    with pytest.raises(Killed):
        send(tables, provider)
    setattr(provider, moment, lambda: None)
    handed_over = list(provider.sent)

    outcome = patiently(tables, provider)
    assert outcome.state is MailState.UNKNOWN
    assert "may have arrived or not" in outcome.why
    assert provider.sent == handed_over
    assert memory(tables) is None


def test_a_mail_that_lost_its_sender_holds_up_no_other_mail() -> None:
    tables, provider = MemoryTables(), Provider()

    def die() -> None:
        raise Killed

    provider.before = die
    with pytest.raises(Killed):
        send(tables, provider)
    provider.before = lambda: None

    assert patiently(tables, provider, kind="urgent").sent_now
    assert sorted((row.kind, row.state) for row in mails(tables, DEMO)) == [
        ("digest", MailState.UNKNOWN),
        ("urgent", MailState.DONE),
    ]


def test_an_unclear_answer_is_unknown_shown_and_never_resent() -> None:
    tables = MemoryTables()
    provider = Provider([Receipt(Delivery.UNCLEAR, why="SendGrid answered 502: bad gateway")])
    first = send(tables, provider)
    assert (first.state, first.why) == (MailState.UNKNOWN, "SendGrid answered 502: bad gateway")
    assert not first.sent_now
    assert patiently(tables, provider).state is MailState.UNKNOWN
    assert len(provider.sent) == 1
    assert memory(tables) is None


def test_a_slow_sender_that_was_thought_lost_still_records_the_truth() -> None:
    tables, provider = MemoryTables(), Provider()

    def found_by_another() -> None:
        provider.after = lambda: None
        other = send(tables, provider, at=NOW + SENDING_GRACE)
        assert other.state is MailState.UNKNOWN

    provider.after = found_by_another
    assert send(tables, provider).state is MailState.DONE
    assert send(tables, provider).state is MailState.DONE
    assert memory(tables) == NOW
    assert len(provider.sent) == 1


def test_a_temporary_refusal_is_tried_again_after_a_growing_pause() -> None:
    tables = MemoryTables()
    provider = Provider([Receipt(Delivery.NOT_NOW, why="421 busy")] * 2)
    with pytest.raises(RetryLater, match="421 busy") as first:
        send(tables, provider)
    assert first.value.after == PAUSES[0]
    with pytest.raises(RetryLater, match="421 busy"):
        send(tables, provider, at=NOW + timedelta(seconds=1))
    assert len(provider.receipts) == 1, "an early repeat must not reach the provider"
    outcome = patiently(tables, provider, at=NOW + PAUSES[0])
    assert outcome.sent_now
    assert not outcome.why
    assert len(provider.sent) == 1


def test_a_refusal_that_never_ends_is_given_up_and_its_rows_are_new_tomorrow() -> None:
    tables = MemoryTables()
    provider = Provider([Receipt(Delivery.NOT_NOW, why="421 busy")] * (len(PAUSES) + 1))
    outcome = patiently(tables, provider)
    assert outcome == DeliveryResult(
        MailState.REFUSED, why=f"given up after {len(PAUSES) + 1} tries: 421 busy"
    )
    assert memory(tables) is None
    assert send(tables, provider, on=TODAY + timedelta(days=1)).sent_now


def test_a_definite_refusal_is_final_for_the_day_and_tells_nothing() -> None:
    tables = MemoryTables()
    provider = Provider([Receipt(Delivery.REFUSED, why="550 no such mailbox")])
    assert send(tables, provider) == DeliveryResult(MailState.REFUSED, why="550 no such mailbox")
    assert send(tables, provider).state is MailState.REFUSED
    assert provider.sent == []
    assert memory(tables) is None


def test_a_mail_that_cannot_be_sent_as_written_is_refused_before_it_could_be_sending() -> None:
    tables, provider = MemoryTables(), Provider()
    broken = MailToSend(replace(MAIL, subject="a\nBcc: thief@evil.example"))
    outcome = send(tables, provider, write=lambda: broken)
    assert outcome == DeliveryResult(MailState.REFUSED, why="Subject is not one plain line")
    assert provider.sent == []


def test_storage_that_always_conflicts_after_sending_ends_as_unknown_not_as_a_second_mail() -> None:
    class Jealous(MemoryTables):
        refusing = False

        def commit(self, changes: Sequence[RowChange]) -> list[str]:
            if self.refusing:
                raise Conflict
            return super().commit(changes)

    tables, provider = Jealous(), Provider()

    def refuse() -> None:
        tables.refusing = True

    provider.after = refuse
    with pytest.raises(Conflict):
        send(tables, provider)
    tables.refusing, provider.after = False, lambda: None
    assert patiently(tables, provider).state is MailState.UNKNOWN
    assert len(provider.sent) == 1


# -- accepted is not arrived ------------------------------------------------------------------------------------

BOUNCED = Undeliverable(UndeliverableReason.BOUNCED, "550 5.1.1 no such user")


def test_an_address_that_the_provider_drops_is_not_told_anything_and_nothing_is_handed_over() -> None:
    tables, provider = MemoryTables(), Provider(knows=BOUNCED)
    assert send(tables, provider) == DeliveryResult(MailState.UNDELIVERABLE, why="550 5.1.1 no such user")
    assert send(tables, provider).state is MailState.UNDELIVERABLE
    assert provider.sent == []
    assert memory(tables) is None
    [row] = not_arrived(tables, DEMO, TODAY)
    assert row.undeliverable is UndeliverableReason.BOUNCED
    assert send(tables, Provider(), on=TODAY + timedelta(days=1)).sent_now, (
        "taken off the list, it gets mails again"
    )


def test_that_nobody_can_be_asked_keeps_no_mail_back_and_stands_with_it() -> None:
    tables, provider = MemoryTables(), Provider(knows=CannotTell("SendGrid answered 403"))
    assert send(tables, provider).sent_now
    [row] = mails(tables, DEMO)
    assert (row.state, row.why.endswith("SendGrid answered 403")) == (MailState.DONE, True)


def test_a_mail_that_came_back_after_it_was_accepted_is_taken_back_with_what_it_told() -> None:
    tables, provider = MemoryTables(), Provider()
    send(tables, provider)
    name = MailName(DEMO, "digest", TODAY, TO)
    take_back(tables, name, BOUNCED, lambda: remember(tables, None), NOW + timedelta(hours=1))
    assert memory(tables) is None
    [row] = not_arrived(tables, DEMO, TODAY)
    assert (row.state, row.why) == (MailState.UNDELIVERABLE, BOUNCED.why)
    take_back(tables, name, BOUNCED, lambda: remember(tables, NOW), NOW + timedelta(hours=2))
    assert memory(tables) is None, "once"


# -- send again -------------------------------------------------------------------------------------------------

REFUSED = Receipt(Delivery.REFUSED, why="550 no such mailbox")
UNCLEAR = Receipt(Delivery.UNCLEAR, why="no answer")


def again(tables: Tables, provider: Provider, failed: str, *, at: datetime = NOW) -> DeliveryResult:
    def write(name: MailName) -> MailToSend | None:
        return replace(written(tables), mail=replace(MAIL, id=name.id))

    return send_again(tables, provider, DEMO, failed, write, at)


@pytest.mark.parametrize("receipt", [REFUSED, UNCLEAR])
def test_a_failed_mail_is_sent_again_when_a_person_says_so_and_only_once(receipt: Receipt) -> None:
    tables, provider = MemoryTables(), Provider([receipt])
    send(tables, provider)
    provider.sent.clear()
    first = MailName(DEMO, "digest", TODAY, TO).id
    assert again(tables, provider, first).sent_now
    assert not again(tables, provider, first).sent_now
    assert provider.sent == [MailName(DEMO, "digest-again1", TODAY, TO).id]
    assert memory(tables) == NOW
    assert not_arrived(tables, DEMO, TODAY) == ()


def test_a_mail_sent_again_that_is_refused_again_can_be_sent_again_too() -> None:
    tables, provider = MemoryTables(), Provider([REFUSED, REFUSED])
    send(tables, provider)
    assert again(tables, provider, MailName(DEMO, "digest", TODAY, TO).id).state is MailState.REFUSED
    assert again(tables, provider, MailName(DEMO, "digest-again1", TODAY, TO).id).sent_now
    assert provider.sent == [MailName(DEMO, "digest-again2", TODAY, TO).id]


def test_a_mail_that_arrived_is_not_there_or_is_another_accounts_is_not_sent_again() -> None:
    tables, provider = MemoryTables(), Provider()
    send(tables, provider)
    with pytest.raises(Rejected, match="Only a mail that did not arrive"):
        again(tables, provider, MailName(DEMO, "digest", TODAY, TO).id)
    with pytest.raises(NotFound):
        again(tables, provider, MailName(keys.account_id("other"), "digest", TODAY, TO).id)
    assert len(provider.sent) == 1


def test_what_did_not_arrive_is_the_newest_failed_mail_of_a_recipient_until_a_later_one_is_taken() -> None:
    tables, provider = MemoryTables(), Provider([REFUSED, UNCLEAR])
    day = timedelta(days=1)
    send(tables, provider)
    send(tables, Provider(), to="boss@msp.example")
    send(tables, provider, at=NOW + day, on=TODAY + day)
    [failed] = not_arrived(tables, DEMO, TODAY + day)
    assert (failed.recipient, failed.state, failed.on) == (TO, MailState.UNKNOWN, TODAY + day)
    assert len(not_arrived(tables, DEMO, date(2026, 12, 31))) == 1
    assert not_arrived(tables, DEMO, date(2027, 1, 1)) == ()
    assert send(tables, provider, at=NOW + day, kind="urgent").sent_now
    assert not_arrived(tables, DEMO, TODAY + day) == ()


@pytest.mark.azurite
def test_the_states_hold_on_real_tables(storage_connection: str) -> None:
    from azure.data.tables import TableClient

    tables = AzureTables(TableClient.from_connection_string(storage_connection, "mails"))
    tables.ensure()
    provider = Provider([Receipt(Delivery.NOT_NOW, why="421 busy")])
    assert patiently(tables, provider).sent_now
    assert send(tables, provider) == DeliveryResult(MailState.DONE, sent_now=False, reference="ref-1")
    assert send(tables, provider, kind="urgent", write=lambda: None) == DeliveryResult(None)
    assert memory(tables) == NOW
    assert [row.state for row in mails(tables, DEMO)] == [MailState.DONE]
    assert len(provider.sent) == 1
