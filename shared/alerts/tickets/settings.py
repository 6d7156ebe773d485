"""Choosing where alerts become tickets: checked against what the PSA offers at this moment."""

from collections.abc import Callable, Collection
from datetime import datetime

from shared.accounts.account import Account, Mode
from shared.alerts.models import Slug
from shared.alerts.rules import BY_SLUG
from shared.alerts.tickets.models import TicketSettings, TicketsState
from shared.alerts.tickets.stored import SETTINGS, ticket_settings, tickets_state
from shared.billing import psa_lists
from shared.billing.models import PsaConnection
from shared.billing.psa.tickets import Choice, PsaTickets
from shared.billing.psa_connections import psa_connection
from shared.errors import Rejected
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.tables import Put, Tables
from shared.text import one_line

type SignIn = Callable[[PsaConnection], PsaTickets]


def switch_off(tables: Tables, account: AccountId) -> TicketSettings:
    """What was chosen is remembered. Tickets that are open stay for people to close."""
    before = ticket_settings(tables, account)
    return _store(tables, account, before.model_copy(update={"on": False})) if before.on else before


def check_unused(tables: Tables, account: AccountId, connection: PsaConnection) -> None:
    """Raises Rejected while alerts become tickets by this PSA connection, which is about to be removed."""
    settings = ticket_settings(tables, account)
    if settings.on and settings.connection == connection.id:
        raise Rejected(
            f"Alerts become tickets in {connection.name}. Choose another PSA for them, or switch tickets off, then "
            "remove it.",
            "used_by_tickets",
        )


def switch_on(
    tables: Tables, blobs: Blobs, account: Account, wanted: TicketSettings, sign_in: SignIn, now: datetime
) -> TicketSettings:
    """Alerts of a type become tickets from now on, or since the type was chosen: what is open already does not.

    Of `wanted.types` only the slugs count. Raises Rejected that names the field, NotFound, PsaRefused, PsaUnavailable.
    """
    if account.mode is not Mode.LIVE:
        raise Rejected(
            "In preview nothing is written to a PSA. Switch the account live first.", "preview", "on"
        )
    if not wanted.types:
        raise Rejected("Choose at least one alert type, or switch tickets off.", "required", "types")
    for slug in wanted.types:
        if slug not in BY_SLUG or slug == Slug.TICKETS_FAILED:
            raise Rejected(
                f"'{one_line(slug, 60)}' is no alert type that becomes tickets.", "unknown", "types"
            )
    psa = sign_in(psa_connection(tables, account.id, wanted.connection))
    offered = psa.choices(wanted.board)
    before = ticket_settings(tables, account.id)
    known = before.types if before.on else {}
    chosen = wanted.model_copy(
        update={
            "on": True,
            "board_name": _name(offered.boards, wanted.board, psa.board_word, "board"),
            "priority_name": _name(offered.priorities, wanted.priority, "Priority", "priority"),
            "closed_status_name": _name(
                offered.closed, wanted.closed_status, "Closed status", "closedStatus"
            ),
            "company_name": _company(blobs, account.id, wanted),
            "types": {slug: known.get(slug, now) for slug in BY_SLUG if slug in wanted.types},
        }
    )
    return _store(tables, account.id, chosen)


def _name(offered: Collection[Choice], wanted: str, word: str, field: str) -> str:
    found = next((choice.name for choice in offered if choice.id == wanted), None)
    if found is None:
        raise Rejected(f"{word}: choose one that the PSA offers.", "unknown", field)
    return found


def _company(blobs: Blobs, account: AccountId, wanted: TicketSettings) -> str:
    """As of the newest refresh of the connection's lists."""
    lists = psa_lists.load(blobs, account, wanted.connection)
    companies = lists.companies if lists else ()
    found = next((company.name for company in companies if company.id == wanted.company), None)
    if found is None:
        told = "Choose the PSA company for alerts that are about none of your customers."
        raise Rejected(told, "unknown", "company")
    return found


def _store(tables: Tables, account: AccountId, settings: TicketSettings) -> TicketSettings:
    """What was wrong with the old choice says nothing of the new one."""
    tables.commit([Put(keys.setting(account, SETTINGS), settings)])
    state: TicketsState = tickets_state(tables, account)
    fresh = state.model_copy(update={"failure": None, "failed_on": None})
    tables.commit([Put(keys.tickets_state(account), fresh)])
    return settings
