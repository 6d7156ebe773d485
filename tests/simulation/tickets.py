"""Tickets in the simulation: alerts of every type become tickets of one PSA, and what must then hold of them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.standins.vendors.connectwise.tickets import statuses_of
from shared.alerts.evaluate import open_alerts
from shared.alerts.models import Slug
from shared.alerts.rules import BY_SLUG
from shared.alerts.tickets.models import TicketProgress, TicketSettings, opening
from shared.alerts.tickets.stored import SETTINGS, by_opening
from shared.billing.psa_connections import psa_connections
from shared.storage import keys
from shared.storage.tables import Put
from tests.simulation.installation import Installation
from tests.simulation.mapping_life import MSP

CHOSEN: Final = {
    "connectwise": {"board": "2", "priority": "4", "closed_status": "202"},
    "autotask": {"board": "29683481", "priority": "3", "closed_status": "5"},
    "halo": {"board": "30", "priority": "1-4", "closed_status": "9"},
}
"""What the stand-in of each kind of PSA offers."""
_KINDS: Final = {
    "connectwise": ("cw_ticket", "cw_company"),
    "autotask": ("at_ticket", "at_company"),
    "halo": ("halo_ticket", "halo_client"),
}
"""What the stand-in keeps tickets and companies as."""
_CW_CLOSED: Final = {row["id"] for row in statuses_of(2) if row["closedStatus"]}


@dataclass(frozen=True, slots=True)
class InPsa:
    """A ticket as the PSA has it."""

    id: str
    reference: str
    closed: bool


def switch_on(installation: Installation, kind: str) -> None:
    """From now on each alert that opens becomes a ticket of the MSP's PSA of that kind."""
    tables = installation.tables
    (connection,) = {psa.id for psa in psa_connections(tables, MSP) if psa.kind == kind}
    since = dict.fromkeys((slug for slug in BY_SLUG if slug != Slug.TICKETS_FAILED), installation.clock.now())
    company = str(installation.state.all(_KINDS[kind][1])[0]["id"])
    chosen = TicketSettings(
        on=True, connection=connection, company=company, types=since, at_most=200, **CHOSEN[kind]
    )
    tables.commit([Put(keys.setting(MSP, SETTINGS), chosen)])


def in_psa(installation: Installation, kind: str) -> list[InPsa]:
    return [_read(kind, ticket) for ticket in installation.state.all(_KINDS[kind][0])]


def _read(kind: str, ticket: Mapping[str, Any]) -> InPsa:
    match kind:
        case "connectwise":
            return InPsa(str(ticket["id"]), ticket["externalXRef"], ticket["status"] in _CW_CLOSED)
        case "autotask":
            return InPsa(str(ticket["id"]), ticket["externalID"], ticket["completedDate"] is not None)
        case _:
            reference = ticket["summary"].rpartition("[")[2].removesuffix("]")
            return InPsa(str(ticket["id"]), reference, ticket["status_id"] == 9)


def wrong_with_tickets(installation: Installation, kind: str) -> Iterator[str]:
    """One ticket at most for each opening of an alert, closed when Seatwise says so, and open with its alert."""
    there = in_psa(installation, kind)
    for reference, many in Counter(ticket.reference for ticket in there).items():
        if many > 1:
            yield f"{many} tickets of one alert: {reference}"
    kept = {
        ticket.new.reference: ticket for ticket in by_opening(installation.tables, MSP, ended=True).values()
    }
    now = {opening(alert) for alert in open_alerts(installation.tables, MSP)}
    for ticket in there:
        known = kept.get(ticket.reference)
        if known is None:
            yield f"ticket {ticket.id} is nobody's: {ticket.reference}"
        elif ticket.closed and known.progress is TicketProgress.OPEN and known.opening in now:
            yield f"ticket {ticket.id} is closed while its alert is open"
        elif not ticket.closed and known.progress is TicketProgress.CLOSED:
            yield f"ticket {ticket.id} is open, and Seatwise says that it closed it"


def left_open(installation: Installation, kind: str) -> list[str]:
    """Tickets that are open although their alert is closed."""
    now = {opening(alert) for alert in open_alerts(installation.tables, MSP)}
    kept = {
        ticket.new.reference: ticket for ticket in by_opening(installation.tables, MSP, ended=True).values()
    }
    return [
        f"{ticket.id}: {kept[ticket.reference].progress}"
        for ticket in in_psa(installation, kind)
        if not ticket.closed and kept[ticket.reference].opening not in now
    ]
