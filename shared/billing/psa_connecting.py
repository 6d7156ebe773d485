"""Connecting a PSA: tested first, saved then; its secret goes into the vault and never comes out here."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from secrets import token_hex

from shared.accounts.companies import all_companies
from shared.billing import agreement_store, psa_lists
from shared.billing.mapping.in_force import mappings_in_force
from shared.billing.models import LineRecord, PsaConnection
from shared.billing.profiles import PROFILE, billing_profiles
from shared.billing.psa.base import Psa
from shared.billing.psa.kinds import Psas, PsaSettings
from shared.billing.psa_connections import (
    ConnectionFailure,
    ever_connected,
    psa_connections,
    replace_psa_connection,
    save_connection_failure,
    sign_in_is_good,
    stored_connection,
)
from shared.errors import Rejected
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.decisions import Decider, decide
from shared.storage.keys import AccountId
from shared.storage.secrets import SecretMissing, Secrets, or_later
from shared.storage.tables import Conflict, Tables
from shared.text import counted, one_line


@dataclass(frozen=True, slots=True)
class PsaWish:
    """What a person typed to connect a PSA. Without a secret the stored one is kept."""

    name: str
    kind: str
    settings: Mapping[str, object]
    secret: str = field(default="", repr=False)
    may_self_host: bool = False
    """The person may name a server of the MSP's own: an owner."""


def connect(tables: Tables, secrets: Secrets, psas: Psas, account: AccountId, wish: PsaWish) -> PsaConnection:
    """Test and save. A PSA that is connected already is changed: no PSA is ever connected twice.

    Raises Rejected, PsaRefused (what of the sign-in or rights is missing), PsaUnavailable, RetryLater, Conflict.
    """
    settings = psas.settings(wish.kind, wish.settings)
    same = (
        connection
        for connection in psa_connections(tables, account)
        if _system(psas, connection) == settings.system
    )
    found = next(same, None)
    if found is not None:
        return change(tables, secrets, psas, account, found.id, wish)
    if not wish.secret:
        raise Rejected("Enter the secret: the PSA does not let anybody in without it.", "required", "secret")
    _check_server(settings, None, wish)
    id_ = f"{wish.kind}-{keys.hashed(f'{account}|{settings.system}')[:8]}"
    former = next(
        (connection for connection in ever_connected(tables, account) if connection.id == id_), None
    )
    etag = "" if former is None else _etag_of(tables, account, id_)
    new = PsaConnection(id=id_, name=_name(wish), kind=wish.kind, settings_json=settings.model_dump_json())
    _check(psas, new, wish.secret)
    return _store(tables, secrets, account, new, etag, wish.secret)


def change(
    tables: Tables, secrets: Secrets, psas: Psas, account: AccountId, connection_id: str, wish: PsaWish
) -> PsaConnection:
    """As `connect`, for a connection that there is; it stays with its PSA as long as something bills by it."""
    before, etag = stored_connection(tables, account, connection_id)
    if wish.kind != before.kind:
        raise Rejected(
            "A connection stays with its kind of PSA. Connect the other one anew.", "fixed", "kind"
        )
    settings = psas.settings(wish.kind, wish.settings)
    _check_server(settings, before, wish)
    if _system(psas, before) not in ("", settings.system):
        raise Rejected(
            "These settings lead to another PSA than before, where the lines are others. Connect it anew.",
            "fixed",
            "settings",
        )
    after = before.model_copy(update={"name": _name(wish), "settings_json": settings.model_dump_json()})
    _check(psas, after, wish.secret or _stored_secret(secrets, account, before))
    saved = _store(tables, secrets, account, after, etag, wish.secret)
    if saved.secret != before.secret:
        with or_later():
            secrets.delete(account, before.secret)
    sign_in_is_good(tables, account, saved.id)
    return saved


def test(tables: Tables, account: AccountId, connection: PsaConnection, psa: Psa) -> None:
    """Prove that the stored sign-in and its rights are good; what was wrong is over then.

    Raises PsaRefused or PsaUnavailable.
    """
    psa.check()
    sign_in_is_good(tables, account, connection.id)


def remove(
    tables: Tables, blobs: Blobs, secrets: Secrets, account: AccountId, connection_id: str, by: Decider
) -> PsaConnection:
    """Its ledger stays. `check_unused` comes before."""
    before, etag = stored_connection(tables, account, connection_id)
    removed = before.model_copy(update={"removed_at": by.now})
    replace_psa_connection(tables, account, removed, etag)
    for profile in billing_profiles(tables, account).values():
        if profile.connection == before.id:
            decide(tables, account, PROFILE, profile.id, None, by)
    save_connection_failure(tables, account, ConnectionFailure(connection=before.id))
    psa_lists.forget(tables, blobs, account, before.id)
    with or_later():
        secrets.delete(account, before.secret)
    return removed


def check_unused(
    tables: Tables, account: AccountId, connection_id: str, *, looked_after: bool = False
) -> PsaConnection:
    """The connection, when nothing needs it any more. Raises Rejected while a line or a company is of it, NotFound.

    `looked_after`: a person looks after lines that rest in an inactive agreement from now on.
    """
    connection = stored_connection(tables, account, connection_id)[0]
    bills = sum(
        mapping.bill and mapping.connection == connection.id
        for mapped in mappings_in_force(tables, account)
        for mapping in mapped.mappings
    )
    kept = agreement_store.all_of(tables, account, connection.id)
    lines = [line for found in kept for line in found.record.lines.values()]
    mapped_lines = sum(line.ending is None for line in lines)
    if bills or mapped_lines:
        raise Rejected(
            f"{counted(max(bills, mapped_lines), 'licence')} billed through {connection.name}. Map them elsewhere, or "
            "say that they are not billed, then remove it.",
            "in_use",
        )
    _check_ended(connection, lines, looked_after=looked_after)
    linked = [
        company for company in all_companies(tables, account) if company.psa_connection == connection.id
    ]
    if linked:
        raise Rejected(
            f"{counted(len(linked), 'company', 'companies')} linked to {connection.name}, for example "
            f"{linked[0].name}. Remove or relink them first.",
            "in_use",
        )
    return connection


def _check_ended(connection: PsaConnection, lines: Collection[LineRecord], *, looked_after: bool) -> None:
    """Raises Rejected while Seatwise has to end a line, or does not know what became of a write of it."""
    if unknown := sum(line.intent is not None for line in lines):
        raise Rejected(
            f"{counted(unknown, 'line')} not settled: nobody knows whether {connection.name} has the last write. The "
            "next sync finds out, or asks you; then remove it.",
            "undecidable",
        )
    to_end = [line.ending.last_day for line in lines if line.ending is not None and not line.rests]
    if to_end:
        raise Rejected(
            f"{counted(len(to_end), 'line')} to end in {connection.name}, the last one on {max(to_end):%-d %b %Y}. "
            "Seatwise looks after them until that day is over; then remove it.",
            "in_use",
        )
    resting = [line.line_id for line in lines if line.rests and not line.is_ended]
    if resting and not looked_after:
        raise Rejected(
            f"{counted(len(resting), 'line')} to end, but in an agreement that is inactive or gone in "
            f"{connection.name}, for example line {resting[0]}. Once it is revived they bill on, and Seatwise would "
            "not end them any more. End them in the PSA, then say that you look after them yourself.",
            "resting_lines",
        )


def _check_server(settings: PsaSettings, before: PsaConnection | None, wish: PsaWish) -> None:
    same = before is not None and before.settings_json == settings.model_dump_json()
    if settings.self_hosted and not wish.may_self_host and not same:
        raise Rejected(
            "Only an owner may connect a PSA on a server of your own: Seatwise would send its keys there.",
            "not_allowed",
            "settings.selfHosted",
        )


def _check(psas: Psas, connection: PsaConnection, secret: str) -> None:
    psas.open(connection.kind, connection.settings_json, secret).check()


def _store(
    tables: Tables, secrets: Secrets, account: AccountId, connection: PsaConnection, etag: str, secret: str
) -> PsaConnection:
    """A new secret lies beside the old one until the row names it: whatever ends this, both fit together."""
    if not secret:
        replace_psa_connection(tables, account, connection, etag)
        return connection
    named = connection.model_copy(update={"secret_version": token_hex(4)})
    with or_later():
        secrets.put(account, named.secret, secret)
    try:
        replace_psa_connection(tables, account, named, etag)
    except Conflict:
        with or_later():
            secrets.delete(account, named.secret)
        raise
    return named


def _stored_secret(secrets: Secrets, account: AccountId, connection: PsaConnection) -> str:
    try:
        with or_later():
            return secrets.get(account, connection.secret)
    except SecretMissing:
        raise Rejected("The secret is not stored any more. Enter it again.", "required", "secret") from None


def _system(psas: Psas, connection: PsaConnection) -> str:
    return psas.system(connection.kind, connection.settings_json)


def _name(wish: PsaWish) -> str:
    name = one_line(wish.name, 80)
    if not name:
        raise Rejected("Give the connection a name.", "required", "name")
    return name


def _etag_of(tables: Tables, account: AccountId, connection_id: str) -> str:
    row = tables.get(keys.setting(account, "psa", connection_id))
    return row.etag if row else ""
