"""Invitations: by mail, once, for a week, for whoever signs in with the code, and for nobody else."""

from datetime import datetime, timedelta

import pytest

from shared.accounts import audit
from shared.accounts.invitation_mail import Sender, send_invitation
from shared.accounts.invitations import LIVES, InvitationCodes, accept, invitations, invite, withdraw
from shared.accounts.members import Role, accounts_of, add_member, member
from shared.errors import NotFound, Rejected
from shared.mail.base import Delivery, Mail, Receipt
from shared.mail.delivery import DeliveryResult
from shared.storage.memory import MemoryTables
from tests.shared.accounts.people import ACME, BY, NOW, OTHER, a_member, an_account, person

NEW, OLD = b"n" * 32, b"o" * 32
CODES = InvitationCodes([NEW])


@pytest.fixture
def tables() -> MemoryTables:
    return MemoryTables()


def code_for(tables: MemoryTables, role: Role = Role.EDITOR) -> str:
    return CODES.make(ACME, invite(tables, ACME, "new@acme.example", role, BY).id)


def joins(tables: MemoryTables, code: str, name: str = "new", now: datetime = NOW) -> Role:
    return accept(tables, CODES, code, a_member(name), now)[1].role


def test_who_accepts_gets_the_role_of_the_invitation_and_is_found_by_their_identity(
    tables: MemoryTables,
) -> None:
    assert joins(tables, code_for(tables)) is Role.EDITOR
    assert list(accounts_of(tables, person("new"))) == [ACME]
    (found,) = invitations(tables, ACME)
    assert found.accepted_by == person("new")


def test_the_first_who_signs_in_with_it_is_who_it_is_for(tables: MemoryTables) -> None:
    code = code_for(tables)
    joins(tables, code)
    assert joins(tables, code) is Role.EDITOR
    with pytest.raises(Rejected):
        joins(tables, code, "thief")
    assert member(tables, ACME, person("thief")) is None


@pytest.mark.parametrize("late, valid", [(LIVES - timedelta(seconds=1), True), (LIVES, False)])
def test_an_invitation_works_for_a_week(tables: MemoryTables, late: timedelta, valid: bool) -> None:
    code = code_for(tables)
    if valid:
        assert joins(tables, code, now=NOW + late) is Role.EDITOR
    else:
        with pytest.raises(Rejected, match="not valid any more"):
            joins(tables, code, now=NOW + late)


def test_a_withdrawn_invitation_opens_nothing(tables: MemoryTables) -> None:
    code = code_for(tables)
    (found,) = invitations(tables, ACME)
    withdraw(tables, ACME, found.id, BY)
    with pytest.raises(Rejected):
        joins(tables, code)


def test_what_was_accepted_cannot_be_withdrawn(tables: MemoryTables) -> None:
    joins(tables, code_for(tables))
    (found,) = invitations(tables, ACME)
    with pytest.raises(Rejected, match="remove the member"):
        withdraw(tables, ACME, found.id, BY)


def test_another_accounts_invitation_is_not_found(tables: MemoryTables) -> None:
    code_for(tables)
    (found,) = invitations(tables, ACME)
    with pytest.raises(NotFound):
        withdraw(tables, OTHER, found.id, BY)


def test_a_code_signed_by_another_key_opens_nothing_and_an_older_key_still_verifies(
    tables: MemoryTables,
) -> None:
    code = InvitationCodes([OLD]).make(ACME, invite(tables, ACME, "new@acme.example", Role.READER, BY).id)
    with pytest.raises(Rejected):
        joins(tables, code)
    rotated = InvitationCodes([NEW, OLD])
    assert accept(tables, rotated, code, a_member("new"), NOW)[1].role is Role.READER


def test_a_member_who_accepts_keeps_their_role(tables: MemoryTables) -> None:
    add_member(tables, ACME, a_member("olivia", Role.OWNER))
    assert joins(tables, code_for(tables, Role.READER), "olivia") is Role.OWNER


def test_inviting_again_on_the_same_day_gives_the_same_invitation_the_newer_role(
    tables: MemoryTables,
) -> None:
    code_for(tables, Role.READER)
    code = code_for(tables, Role.ADMIN)
    assert len(list(invitations(tables, ACME))) == 1
    assert joins(tables, code) is Role.ADMIN


def test_who_was_invited_and_who_joined_is_in_the_audit_log(tables: MemoryTables) -> None:
    joins(tables, code_for(tables))
    assert {entry.action for _, entry in audit.entries(tables, ACME, NOW)} == {
        "member.invited",
        "member.joined",
    }


# -- the mail -------------------------------------------------------------------------------------------------------


class FakeTransport:
    """Accepts every mail, and keeps it."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []

    def send(self, mail: Mail) -> Receipt:
        self.sent.append(mail)
        return Receipt(Delivery.ACCEPTED, "ref-1")

    def undeliverable(self, to: str, since: datetime | None = None) -> None:
        return None


SENDER = Sender("seatwise@example.com", "", "https://web.example", CODES)


def mailed(tables: MemoryTables, transport: FakeTransport, now: datetime = NOW) -> DeliveryResult | None:
    (found,) = invitations(tables, ACME)
    return send_invitation(tables, transport, an_account(), found.id, SENDER, now)


def test_the_mail_says_who_invites_to_what_and_its_link_works(tables: MemoryTables) -> None:
    transport = FakeTransport()
    code_for(tables)
    mailed(tables, transport)
    (mail,) = transport.sent
    assert mail.to == "new@acme.example"
    assert "Acme" in mail.subject
    assert "&lt;IT&gt;" in mail.html
    link = next(word for word in mail.text.split() if word.startswith("https://web.example/join#"))
    assert joins(tables, link.partition("#")[2]) is Role.EDITOR


def test_the_mail_is_sent_once_however_often_it_is_asked_for(tables: MemoryTables) -> None:
    transport = FakeTransport()
    code_for(tables)
    for _ in range(3):
        mailed(tables, transport)
    assert len(transport.sent) == 1


def test_an_invitation_that_ended_before_its_mail_left_is_not_mailed(tables: MemoryTables) -> None:
    transport = FakeTransport()
    code_for(tables)
    (found,) = invitations(tables, ACME)
    withdraw(tables, ACME, found.id, BY)
    assert mailed(tables, transport) is None
    assert transport.sent == []
