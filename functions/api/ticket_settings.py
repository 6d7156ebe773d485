"""K2: where alerts become tickets of a PSA, what the PSA offers for it now, and what a person must look at."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from functions.api.alerts import AlertTypeName
from functions.api.kept import tickets_of
from functions.api.models import Given, Shown, examples
from functions.api.principal import Admin, Owner, Principal, Reader
from functions.api.versions import Seen, versioned
from functions.queues.messages import KeepTickets
from shared.accounts import audit
from shared.accounts.directory import load_account
from shared.accounts.rate_limits import RateLimit
from shared.alerts.tickets.models import MOST_A_DAY, Ticket, TicketProgress, TicketSettings
from shared.alerts.tickets.settings import SignIn, switch_off, switch_on
from shared.alerts.tickets.settle import settle
from shared.alerts.tickets.stored import ticket_settings, tickets_state
from shared.billing.psa.tickets import Choice
from shared.billing.psa_connections import psa_connection, psa_connections
from shared.errors import Rejected
from shared.text import one_line

router = APIRouter(prefix="/accounts/{account}/ticket-settings", tags=["alerts"])
CHOICES = RateLimit("ticket-choices", 60, timedelta(minutes=10))
"""Each asks the PSA, whose limit is shared with the MSP's other tools."""
type PsaId = Annotated[str, Field(max_length=100)]


class GivenTicketSettings(Given):
    """All of it; switched off, what else was chosen stays as it was."""

    model_config = Given.model_config | examples(
        {
            "on": True,
            "connection": "connectwise-1a2b3c4d",
            "board": "2",
            "priority": "4",
            "closedStatus": "202",
            "company": "2",
            "types": ["unused_licenses"],
            "atMost": 25,
        }
    )

    on: bool
    connection: Annotated[str, Field(max_length=64)] = ""
    board: PsaId = ""
    priority: PsaId = ""
    closed_status: PsaId = ""
    company: PsaId = ""
    """For alerts about no customer of this PSA."""
    types: Annotated[list[AlertTypeName], Field(default_factory=list, max_length=100)]
    at_most: Annotated[int, Field(ge=1, le=MOST_A_DAY)] = 25
    """New tickets on a local day; the rest waits for the next."""


class ShownTicketType(Shown):
    type: str
    since: datetime
    """Alerts that opened before do not become tickets."""


class ShownTicketSettings(Shown):
    on: bool
    connection: str
    board: str
    board_name: str
    priority: str
    priority_name: str
    closed_status: str
    closed_status_name: str
    company: str
    company_name: str
    types: list[ShownTicketType]
    at_most: int


class ShownChoice(Shown):
    id: str
    name: str


class TicketChoicesOffered(Shown):
    """What the PSA offers at this moment."""

    board_word: str
    """What it calls that of which these are boards."""
    boards: list[ShownChoice]
    priorities: list[ShownChoice]
    closed_statuses: list[ShownChoice]
    """Of the board that was asked for; none without one."""


class TicketToLookAt(Shown):
    type: str
    summary: str
    reference: str
    """What stands in the ticket, if there is one."""
    progress: TicketProgress
    number: str
    link: str
    why: str
    """In the PSA's words, "" where it said nothing."""
    since: datetime


class ShownTicketsState(Shown):
    failure: str
    """Why tickets can be neither made nor closed today, "" when they can."""
    waiting: int
    """Alerts that get theirs on another day."""
    open: int
    to_look_at: list[TicketToLookAt]
    """Undecidable, refused, or not closed: at most 100."""


class TicketWord(Given):
    """What a person saw in the PSA."""

    model_config = Given.model_config | examples(
        {"reference": "SW-4f2a9c1e00b7d3a5", "there": True, "number": "5012"}
    )

    reference: Annotated[str, Field(max_length=50)]
    there: bool
    """False: it is made, if its alert is still open."""
    number: Annotated[str, Field(max_length=50, description="Of a ticket that is there")] = ""


_MOST_SHOWN = 100


def shown(settings: TicketSettings) -> ShownTicketSettings:
    types = [ShownTicketType(type=slug, since=since) for slug, since in settings.types.items()]
    return ShownTicketSettings.model_validate(settings.model_dump() | {"types": types})


@router.get("", operation_id="getTicketSettings")
def get_settings(asking: Reader, response: Response) -> ShownTicketSettings:
    return versioned(response, shown(ticket_settings(asking.tables, asking.account)))


@router.put("", operation_id="saveTicketSettings")
def save_settings(
    asked: GivenTicketSettings, asking: Owner, seen: Seen, response: Response
) -> ShownTicketSettings:
    """Checked against the PSA at this moment. Alerts become tickets from now on: what is open already does not."""
    before = ticket_settings(asking.tables, asking.account)
    seen.check(shown(before))
    if asked.on:
        asking.spend(CHOICES)
        given = asked.model_dump() | {"types": dict.fromkeys(asked.types, asking.now)}
        after = switch_on(
            asking.tables,
            asking.wired.blobs,
            load_account(asking.tables, asking.account),
            TicketSettings.model_validate(given),
            _sign_in(asking),
            asking.now,
        )
        asking.enqueue(KeepTickets(account=asking.account))
    else:
        after = switch_off(asking.tables, asking.account)
    if after != before:
        told = (shown(version).model_dump_json(by_alias=True) for version in (before, after))
        audit.record(
            asking.tables, asking.account, asking.actor, "ticket_settings.changed", asking.account, *told
        )
    return versioned(response, shown(after))


@router.get("/choices", operation_id="listTicketChoices")
def list_choices(
    asking: Owner,
    connection: Annotated[str, Query(max_length=64, description="The PSA connection")],
    board: Annotated[str, Query(max_length=100, description="Whose closed statuses are wanted")] = "",
) -> TicketChoicesOffered:
    """As the PSA says at this moment."""
    found = psa_connection(asking.tables, asking.account, connection)
    asking.spend(CHOICES)
    psa = _sign_in(asking)(found)
    offered = psa.choices(board)
    return TicketChoicesOffered(
        board_word=psa.board_word,
        boards=[_choice(choice) for choice in offered.boards],
        priorities=[_choice(choice) for choice in offered.priorities],
        closed_statuses=[_choice(choice) for choice in offered.closed],
    )


@router.get("/state", operation_id="getTicketsState")
def get_state(asking: Reader) -> ShownTicketsState:
    state = tickets_state(asking.tables, asking.account)
    kept = tickets_of(asking).values()
    open_ = [ticket for ticket in kept if ticket.progress is TicketProgress.OPEN]
    odd = [ticket for ticket in kept if ticket.progress is TicketProgress.UNDECIDABLE or ticket.tried_on]
    names = {psa.id: psa.name for psa in psa_connections(asking.tables, asking.account)}
    failure = state.failure
    return ShownTicketsState(
        failure=failure.told(names.get(failure.connection, "The PSA")) if failure else "",
        waiting=state.waiting,
        open=len(open_),
        to_look_at=[_to_look_at(ticket) for ticket in sorted(odd, key=lambda odd: odd.since)[:_MOST_SHOWN]],
    )


@router.post("/unclear", operation_id="settleTicket")
def settle_ticket(asked: TicketWord, asking: Admin) -> TicketToLookAt:
    """Of a ticket that nobody knows to be there: it is closed with its alert, or made once."""
    number = asked.number.strip()
    if asked.there and not number:
        raise Rejected("Say which ticket it is.", "required", "number")
    if asked.there:
        asking.spend(CHOICES)
    said = settle(
        asking.tables,
        load_account(asking.tables, asking.account),
        _sign_in(asking),
        asked.reference,
        number if asked.there else "",
        lambda: asking.now,
    )
    told = f"there: {one_line(said.number, 50)}" if asked.there else "not there"
    audit.record(asking.tables, asking.account, asking.actor, "ticket.settled", asked.reference, "", told)
    asking.enqueue(KeepTickets(account=asking.account))
    return _to_look_at(said)


def _sign_in(asking: Principal) -> SignIn:
    return lambda found: asking.wired.psa_tickets(asking.account, found)


def _choice(choice: Choice) -> ShownChoice:
    return ShownChoice(id=choice.id, name=choice.name)


def _to_look_at(ticket: Ticket) -> TicketToLookAt:
    return TicketToLookAt(
        type=ticket.slug,
        summary=ticket.new.summary,
        reference=ticket.new.reference,
        progress=ticket.progress,
        number=ticket.number,
        link=ticket.link,
        why=ticket.why,
        since=ticket.since,
    )
