"""Invitations of members: by mail, single use, bound to the identity that signs in with it (K18)."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, NamedTuple

from itsdangerous import BadData, URLSafeSerializer
from pydantic import PlainSerializer

from shared.accounts import audit
from shared.accounts.audit import Actor
from shared.accounts.members import Member, Person, Role, add_member, member
from shared.accounts.preferences import Address
from shared.errors import NotFound, Rejected
from shared.storage import keys
from shared.storage.documents import Chosen
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Insert, Replace, Row, Tables

LIVES: Final = timedelta(days=7)
_SALT: Final = "seatwise.invitation.1"
"""The purpose: what was signed for another one is not accepted here, nor this there."""
_NOT_VALID: Final = "This invitation is not valid any more. Ask an owner of the account for a new one."


class Invitation(Chosen):
    """`accepted_by` or `withdrawn` ends it."""

    id: str
    email: Address
    role: Annotated[Role, PlainSerializer(int, return_type=int)]
    made_at: datetime
    made_by: str
    accepted_by: Person | None = None
    withdrawn: bool = False

    def is_open(self, now: datetime) -> bool:
        return self.accepted_by is None and not self.withdrawn and now < self.made_at + LIVES


class Code(NamedTuple):
    """What the link in the mail holds once its signature is verified."""

    account: AccountId
    invitation: str


class InvitationCodes:
    """Signs and reads the codes. The first key signs, the others only verify."""

    def __init__(self, secret_keys: Sequence[bytes]) -> None:
        if not secret_keys:
            raise ValueError("at least one key is needed")
        self._serializer = URLSafeSerializer(
            list(reversed(secret_keys)),
            salt=_SALT,
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )

    def make(self, account: AccountId, invitation: str) -> str:
        return str(self._serializer.dumps([account, invitation]))

    def read(self, code: str) -> Code:
        """Raises Rejected."""
        try:
            account, invitation = self._serializer.loads(code)
            return Code(keys.account_id(account), str(invitation))
        except (BadData, ValueError, TypeError) as wrong:
            raise Rejected(_NOT_VALID, "invitation_not_valid", "code") from wrong


def invite(tables: Tables, account: AccountId, email: str, role: Role, by: Actor) -> Invitation:
    """A new invitation, whose mail is to be sent. The same address on the same day has one, with the newest role."""
    made = Invitation(
        id=keys.hashed(f"{email.strip().lower()}|{by.now.date()}")[:16],
        email=email,
        role=role,
        made_at=by.now,
        made_by=by.who,
    )
    key = keys.invitation(account, made.id)
    row = tables.get(key)
    if row is not None and row.read(Invitation).accepted_by is not None:
        raise Rejected(f"{made.email} has accepted an invitation today.", "already_accepted", "email")
    _store(tables, [Replace(key, made, row.etag) if row else Insert(key, made)])
    audit.record(tables, account, by, "member.invited", made.id, "", f"{made.email} as {role.word}")
    return made


def invitations(tables: Tables, account: AccountId) -> Iterator[Invitation]:
    return (row.read(Invitation) for row in tables.rows(keys.members(account), keys.INVITATIONS))


def withdraw(tables: Tables, account: AccountId, name: str, by: Actor) -> None:
    """Raises NotFound, and Rejected when it was accepted."""
    row = _row(tables, account, name)
    found = row.read(Invitation)
    if found.accepted_by is not None:
        raise Rejected("It was accepted: remove the member instead.", "already_accepted")
    if not found.withdrawn:
        _store(tables, [Replace(row.key, found.model_copy(update={"withdrawn": True}), row.etag)])
        audit.record(tables, account, by, "member.invitation_withdrawn", name)


def accept(
    tables: Tables, codes: InvitationCodes, code: str, who: Member, now: datetime
) -> tuple[AccountId, Member]:
    """The person who signs in with the code becomes a member; the same person again changes nothing.

    Raises Rejected when the code is not valid, has expired, was withdrawn, or was used by somebody else.
    """
    account, name = codes.read(code)
    row = tables.get(keys.invitation(account, name))
    found = row.read(Invitation) if row else None
    if row is None or found is None:
        raise Rejected(_NOT_VALID, "invitation_not_valid", "code")
    known = member(tables, account, who.person)
    if found.accepted_by == who.person and known is not None:
        return account, add_member(tables, account, known)
    if not found.is_open(now):
        raise Rejected(_NOT_VALID, "invitation_not_valid", "code")
    by = Actor(f"{who.email} ({who.id})" if who.email else who.id, audit.Via.API, now)
    bound = Replace(row.key, found.model_copy(update={"accepted_by": who.person}), row.etag)
    if known is not None:
        _store(tables, [bound])
        audit.record(tables, account, by, "member.invitation_used", known.id, "", known.role.word)
        return account, known
    joins = who.model_copy(update={"role": found.role, "since": now})
    with audit.noted(tables, account, by, "member.joined", joins.id):
        added = add_member(tables, account, joins, because=[bound])
        audit.record(tables, account, by, "member.joined", added.id, "", added.role.word)
    return account, added


def _row(tables: Tables, account: AccountId, name: str) -> Row:
    row = tables.get(keys.invitation(account, name))
    if row is None:
        raise NotFound("There is no such invitation.")
    return row


def _store(tables: Tables, changes: Sequence[Insert | Replace]) -> None:
    try:
        tables.commit(changes)
    except Conflict as conflict:
        raise Rejected("Somebody else was faster. Please look again and repeat.", "conflict") from conflict
