"""What stands beside the numbers may be odd: it is not known then, and costs no list, no line and no proof."""

from datetime import date
from typing import Any

import pytest

from sandbox.standins.protocol import Request
from shared.billing.psa.autotask.tickets import AutotaskTickets
from shared.billing.psa.base import Effect, Period, PsaUnavailable, Write, WriteKind
from shared.billing.psa.connectwise.tickets import ConnectWiseTickets
from shared.billing.psa.tickets import PsaTickets
from shared.http.client import Http
from tests.shared.billing.psa.autotask_world import SECRET, SETTINGS
from tests.shared.billing.psa.connectwise_world import PRIVATE_KEY
from tests.shared.billing.psa.connectwise_world import SETTINGS as CONNECTWISE
from tests.shared.billing.psa.test_odd_ends import BEGIN, BentWorld
from tests.shared.billing.standin_world import AGREEMENT, LINE, PRODUCT
from tests.simulation.cheap import InProcess

ODD: list[Any] = [None, 5, "x", True, [], {}, [None], [5], ["x"], [{}], [{"name": {}}]]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("inner", [False, True], ids=["fields", "values"])
def test_a_period_that_autotask_names_oddly_is_not_known_and_its_service_is_there(
    inner: bool, odd: Any
) -> None:
    world = BentWorld("autotask", BEGIN)

    def bent(_: Request, told: Any) -> Any:
        if "fields" in told:
            told["fields"] = [{"name": "periodType", "picklistValues": odd}] if inner else odd
        return told

    assert Period.MONTHLY in {product.period for product in world.psa.products()}
    world.bent = bent
    assert {product.id: product.period for product in world.psa.products()} == dict.fromkeys(
        {product.id for product in world.psa.products()}, Period.UNKNOWN
    )


@pytest.mark.parametrize(
    "inner, odd", [*((False, odd) for odd in ODD), *((True, odd) for odd in ODD if not isinstance(odd, list))]
)
def test_queues_that_autotask_names_oddly_could_not_be_read(inner: bool, odd: Any) -> None:
    world = BentWorld("autotask", BEGIN)

    def bent(_: Request, told: Any) -> Any:
        if "fields" in told:
            names = ("queueID", "priority", "status")
            told["fields"] = [{"name": name, "picklistValues": odd} for name in names] if inner else odd
        return told

    http = Http(InProcess(world._answered), sleep=world.clock.sleep, clock=world.clock.now)
    tickets = AutotaskTickets(SETTINGS, SECRET, http)
    assert tickets.choices().boards
    world.bent = bent
    with pytest.raises(PsaUnavailable, match="fields of a ticket"):
        tickets.choices()


@pytest.mark.parametrize("id_", [None, "x", True, 1.5, [], {}])
def test_a_row_of_autotask_that_nobody_could_choose_costs_no_list_of_choices(id_: Any) -> None:
    world = BentWorld("autotask", BEGIN)

    def bent(request: Request, told: Any) -> Any:
        if request.path.endswith(("Companies/query", "Services/query")):
            told["items"].append({**told["items"][0], "id": id_})
        return told

    companies, products = world.psa.companies(), world.psa.products()
    world.bent = bent
    assert (world.psa.companies(), world.psa.products()) == (companies, products)


@pytest.mark.parametrize("odd", [None, 5, True, [], {}, ["x"], "x"])
@pytest.mark.parametrize(
    "name",
    [
        "field_name",
        "who",
        "datetime",
        "old_value",
        "new_value",
        "invoice_line_id",
        "invoice_detail_prorata_id",
    ],
)
def test_what_halo_tells_oddly_of_a_change_never_breaks_off_a_proof(name: str, odd: Any) -> None:
    world = BentWorld("halo", BEGIN)
    (line,) = world.psa.lines(str(AGREEMENT))
    write = Write(
        kind=WriteKind.SET_QUANTITY,
        agreement_id=str(AGREEMENT),
        line_id=str(LINE),
        product_id=str(PRODUCT),
        before=10,
        after=12,
        fingerprint=line.fingerprint,
        document=line.document,
        effective=date(2026, 3, 2),
    )
    world.psa.apply(write)

    def bent(request: Request, told: Any) -> Any:
        if not request.path.lower().endswith("/invoicechange"):
            return told
        rows = next(value for value in told.values() if isinstance(value, list))
        assert rows
        rows += [{**row, "id": 10**6 + number, name: odd} for number, row in enumerate(rows)]
        return told

    world.bent = bent
    assert world.psa.find_effect(write).effect in (Effect.APPLIED, Effect.DIVERGED)


@pytest.mark.parametrize("kind", ["autotask", "connectwise"])
def test_another_ticket_than_the_one_that_was_looked_for_is_neither_ours_nor_proof_of_none(kind: str) -> None:
    """A server that does not understand the condition shows the first it has; closed with ours it would be lost."""
    world = BentWorld(kind, BEGIN)
    others = [{"id": 5, "externalID": "SW-1", "externalXRef": "SW-1"}]
    page = {"items": others, "pageDetails": {"nextPageUrl": None}} if kind == "autotask" else others
    world.bent = lambda request, told: page if "ickets" in request.path else told
    http = Http(InProcess(world._answered), sleep=world.clock.sleep, clock=world.clock.now)
    tickets: PsaTickets = (
        AutotaskTickets(SETTINGS, SECRET, http)
        if kind == "autotask"
        else ConnectWiseTickets(CONNECTWISE, PRIVATE_KEY, http)
    )
    assert tickets.find("SW-1") == "5"
    with pytest.raises(PsaUnavailable, match="by its reference"):
        tickets.find("SW-2")
