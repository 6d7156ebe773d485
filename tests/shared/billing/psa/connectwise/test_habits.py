"""The adapter over HTTP against a stand-in with the habits that servers have been seen to have."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.standins.process import RunningStandIns, start
from sandbox.standins.state import State
from sandbox.standins.worlds.load import load_world
from sandbox.standins.worlds.types import World
from shared.billing.psa.base import PsaRefused
from shared.billing.psa.causes import Cause
from tests.shared.billing.psa.connectwise_world import FULL_PAGE, ConnectWiseWorld, sites

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def standins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStandIns]:
    folder: Path = tmp_path_factory.mktemp("habits")
    state = State(folder)
    load_world(state, World(name="habits", partners=(), tenants=(), connectwise=sites()))
    state.close()
    with start(folder) as running:
        yield running


@pytest.mark.parametrize(
    "links, largest_page",
    [("https", 250), ("http", 1000), ("port", 1000), ("other_name", 250), ("none", 1000), ("none", 250)],
)
@pytest.mark.parametrize("numbered", [False, True], ids=["forward-only", "numbered"])
def test_however_the_server_pages_every_list_is_whole(
    standins: RunningStandIns, links: str, largest_page: int, numbered: bool
) -> None:
    standins.control(
        "set_paging", site="acme", links=links, largest_page=largest_page, default_order="id desc"
    )
    world = ConnectWiseWorld(standins, 0)
    world.adapter.numbered = numbered
    try:
        assert len({product.id for product in world.psa.products()}) == 2499
        assert len({one.id for one in world.psa.agreements()}) == 122
        assert len({line.id for line in world.psa.lines(str(FULL_PAGE))}) == 1000
        assert len({line.id for line in world.psa.lines(str(FULL_PAGE + 1))}) == 1500
    finally:
        world.raw.close()


@pytest.fixture
def world(standins: RunningStandIns) -> Iterator[ConnectWiseWorld]:
    standins.control("set_paging", site="acme")
    made = ConnectWiseWorld(standins, 1)
    yield made
    made.raw.close()


@pytest.mark.parametrize(
    "field, value, named",
    [("type/id", "null", ""), ("nextInvoiceDate", "12/1/2026", ""), ("endDate", "12/1/2026", "endDate")],
)
def test_one_odd_agreement_costs_at_most_itself(
    world: ConnectWiseWorld, field: str, value: str, named: str
) -> None:
    world.standins.control("odd_agreement", agreement="110", field=field, value=value)
    try:
        seen = {one.id: one.not_understood for one in world.psa.agreements()}
    finally:
        world.standins.control("odd_agreement", agreement="110")
    assert seen.pop("110") == named
    assert set(seen.values()) == {""}
    assert len(seen) == 121


def test_a_column_that_the_server_does_not_know_is_found_by_the_check(world: ConnectWiseWorld) -> None:
    world.standins.control("refuse_column", site="acme", columns="uom")
    try:
        with pytest.raises(PsaRefused) as refused:
            world.psa.check()
    finally:
        world.standins.control("refuse_column", site="acme")
    assert refused.value.cause is Cause.COLUMNS
