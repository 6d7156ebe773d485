"""Tickets and their settings as they are kept."""

from shared.alerts.tickets.models import Opening, Ticket, TicketSettings, TicketsState
from shared.billing.psa_connections import ConnectionFailure
from shared.storage import keys
from shared.storage.keys import AccountId
from shared.storage.tables import Tables

SETTINGS = "tickets"


def ticket_settings(tables: Tables, account: AccountId) -> TicketSettings:
    row = tables.get(keys.setting(account, SETTINGS))
    return row.read(TicketSettings) if row else TicketSettings()


def tickets_state(tables: Tables, account: AccountId) -> TicketsState:
    row = tables.get(keys.tickets_state(account))
    return row.read(TicketsState) if row else TicketsState()


def tickets_failure(tables: Tables, account: AccountId) -> ConnectionFailure | None:
    """Why alerts cannot become tickets; None, too, where they are not to."""
    return tickets_state(tables, account).failure if ticket_settings(tables, account).on else None


def version(tables: Tables, account: AccountId) -> str:
    """Another text whenever a ticket changed; "" before the first."""
    row = tables.get(keys.tickets_state(account))
    return row.etag if row else ""


def by_opening(tables: Tables, account: AccountId, *, ended: bool = False) -> dict[Opening, Ticket]:
    """By what they are of; with `ended` those, too, of which nothing more is to be done."""
    prefixes = (keys.ENDED_TICKETS, keys.TICKETS) if ended else (keys.TICKETS,)
    rows = (row for prefix in prefixes for row in tables.rows(keys.alerts(account), prefix))
    return {kept.opening: kept for kept in (row.read(Ticket) for row in rows)}
