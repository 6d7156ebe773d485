"""Whether an account is well: its sign-ins, its PSAs, its mails, its nights."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.accounts import runs
from shared.accounts.account import Account
from shared.accounts.runs import RunState
from shared.alerts import failed_messages
from shared.billing.models import PsaConnection
from shared.billing.psa.base import Psa, PsaRefused, PsaUnavailable
from shared.billing.psa_connections import psa_connections
from shared.errors import RetryLater
from shared.health import custom_licences
from shared.health.finding import Check, Finding, well, wrong
from shared.mail.records import not_arrived
from shared.microsoft import partner_connections
from shared.microsoft.models import NotRead, PartnerConnection
from shared.storage.tables import Tables

OVERDUE = timedelta(hours=26)
"""A night is at most 25 hours after the one before."""


@dataclass(frozen=True, slots=True)
class CheckedAccount:
    """The account, and how its partners and PSAs are asked."""

    account: Account
    tables: Tables
    sign_in: Callable[[PartnerConnection], object]
    """Signs in anew to the partner's own tenant. Raises NotRead or RetryLater."""
    psa: Callable[[PsaConnection], Psa]
    """Raises PsaRefused or PsaUnavailable."""
    now: datetime


def examine(patient: CheckedAccount) -> Iterator[Finding]:
    yield from _partners(patient)
    yield from custom_licences.examine(patient.tables, patient.account.id)
    yield from _psas(patient)
    yield from _given_up(patient)
    yield _mails(patient)
    yield _last_run(patient)


def _partners(patient: CheckedAccount) -> Iterator[Finding]:
    connections = list(partner_connections.all_of(patient.tables, patient.account.id))
    if not connections:
        yield wrong(
            Check.PARTNER_SIGN_IN,
            "No Microsoft partner is connected.",
            "Connect one: docs/consent.md.",
        )
    for connection in connections:
        try:
            patient.sign_in(connection)
        except NotRead as refused:
            cure = "Do what the sentence says, then test the connection."
            yield wrong(Check.PARTNER_SIGN_IN, f"{connection.name}: {refused.sentence}", cure)
        except RetryLater as later:
            yield wrong(
                Check.PARTNER_SIGN_IN, f"{connection.name}: {later.why}.", "Ask again in a few minutes."
            )
        else:
            yield well(Check.PARTNER_SIGN_IN, f"Signing in to {connection.name} works.")


def _psas(patient: CheckedAccount) -> Iterator[Finding]:
    connections = list(psa_connections(patient.tables, patient.account.id))
    if not connections:
        yield wrong(Check.PSA_RIGHTS, "No PSA is connected.", "Connect one: docs/psa-rights.md.")
    for connection in connections:
        try:
            patient.psa(connection).check()
        except PsaRefused as refused:
            cure = (
                "Do what the sentence says, then test the connection. docs/psa-rights.md has the whole list."
            )
            yield wrong(Check.PSA_RIGHTS, f"{connection.name}: {refused.sentence}", cure)
        except PsaUnavailable as unavailable:
            cure = "See whether the PSA works in a browser; ask again in a few minutes."
            yield wrong(Check.PSA_RIGHTS, f"{connection.name} does not answer: {unavailable}", cure)
        else:
            yield well(
                Check.PSA_RIGHTS, f"{connection.name} lets Seatwise in with every right that it needs."
            )


def _given_up(patient: CheckedAccount) -> Iterator[Finding]:
    for message in failed_messages.recorded(patient.tables, patient.account.id):
        yield wrong(
            Check.POISON,
            f"Work of this account was given up in {message.queue} on {message.at:%Y-%m-%d %H:%M} UTC.",
            "Look in the log at that time for the exception. The next night does the work anew.",
        )


def _mails(patient: CheckedAccount) -> Finding:
    today = patient.now.astimezone(patient.account.zone).date()
    failed = not_arrived(patient.tables, patient.account.id, today)
    if not failed:
        return well(Check.MAILS_SENT, "The newest mail to each recipient was accepted.")
    first = failed[0]
    return wrong(
        Check.MAILS_SENT,
        f"{len(failed)} recipients did not get their newest mail, for example the {first.kind} of {first.on}: "
        f"{first.state}{f', {first.why}' if first.why else ''}.",
        "Correct the address or the provider's settings, then send it again from the list of mails.",
    )


def _last_run(patient: CheckedAccount) -> Finding:
    account, now = patient.account, patient.now
    stuck = next(runs.past_their_end(patient.tables, account.id, now), None)
    if stuck is not None:
        return wrong(
            Check.LAST_RUN,
            f"The run {stuck.id} does not end: it is {stuck.state} since {stuck.started_at:%Y-%m-%d %H:%M} UTC.",
            "Look at the queues and at what was given up: a message of it fails again and again.",
        )
    nights = runs.recent_nights(patient.tables, account.id, now.astimezone(account.zone).date())
    newest = max((run.started_at for run in nights if run.state is RunState.CLOSED), default=None)
    if now - (newest or account.since) <= OVERDUE:
        told = (
            f"The last night began at {newest:%Y-%m-%d %H:%M} UTC"
            if newest
            else "The first night is still to come"
        )
        return well(Check.LAST_RUN, f"{told}.")
    return wrong(
        Check.LAST_RUN,
        f"No night has ended since {newest or account.since:%Y-%m-%d %H:%M} UTC.",
        "Look in the log whether the function `tick` runs every quarter of an hour, and at the queues.",
    )
