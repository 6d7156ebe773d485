"""Members of groups, against the stand-in's process: nested ones, many pages, and what is not known."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.clock import SandboxClock
from sandbox.standins.process import RunningStandIns, launch
from sandbox.standins.worlds.demo import demo_world
from sandbox.transport import sandbox_session
from shared.http.client import Http
from shared.microsoft.connector import Microsoft
from shared.microsoft.models import FailureCause, GroupCount, NotRead, PartnerConnection
from shared.microsoft.read_problems import ReadProblem
from tests.shared.microsoft.fake import ACCOUNT, FakeSecrets

pytestmark = pytest.mark.processes
WORLD = demo_world()
PARTNER = next(partner for partner in WORLD.partners if partner.key == "harbour")
TENANTS = {tenant.name: tenant for tenant in WORLD.tenants}
SMALL, LARGE = TENANTS["Alder & Ash Architects"], TENANTS["Northgate Hospital"]


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningStandIns, Path]]:
    state = tmp_path_factory.mktemp("stand-ins")
    running = launch(state)
    try:
        yield running, state
    finally:
        running.stop()


class Groups:
    def __init__(self, running: RunningStandIns, microsoft: Microsoft) -> None:
        self.running, self.microsoft = running, microsoft

    def set(self, name: str, members: int, tenant: str = SMALL.name, **more: object) -> str:
        return str(self.running.control("set_group", tenant=tenant, name=name, members=members, **more)["id"])

    def read(self, group_id: str, tenant_id: str = SMALL.id) -> GroupCount:
        connection = PartnerConnection(
            id="harbour", name="Harbour", tenant_id=PARTNER.tenant_id, client_id=PARTNER.client_id
        )
        return self.microsoft.group(ACCOUNT, connection, tenant_id, group_id)

    def problem(self, group_id: str) -> tuple[FailureCause, ReadProblem]:
        with pytest.raises(NotRead) as caught:
            self.read(group_id)
        return caught.value.cause, caught.value.problem


@pytest.fixture
def groups(stand_ins: tuple[RunningStandIns, Path]) -> Iterator[Groups]:
    running, state = stand_ins
    secrets, clock = FakeSecrets(), SandboxClock(state)
    connection = PartnerConnection(id="harbour", name="", tenant_id="", client_id="")
    secrets.values = {
        connection.client_secret: PARTNER.secret,
        connection.refresh_token: PARTNER.refresh_token,
    }
    with sandbox_session(running.url) as session:
        yield Groups(running, Microsoft(Http(session, lambda _: None, clock.now), secrets, clock.now))
    running.control("clear_faults")


def test_a_group_is_one_call_and_who_is_in_it_twice_counts_once(groups: Groups) -> None:
    groups.set("inner", 6, first=2)
    outer = groups.set("outer", 4, within="inner")
    groups.running.reset_counts()
    assert groups.read(outer).members == 8
    assert groups.running.counts()["graph.group_members"] == 1


def test_a_group_of_many_pages_is_counted_whole(groups: Groups) -> None:
    everybody = groups.set("everybody", LARGE.users, tenant=LARGE.name)
    assert LARGE.users > 999
    counted = groups.read(everybody, LARGE.id)
    assert counted.members == LARGE.users
    assert 0 < counted.disabled < counted.members


def test_an_empty_group_is_0_and_one_that_is_gone_is_not(groups: Groups) -> None:
    group = groups.set("soon gone", 0)
    assert groups.read(group) == GroupCount(group_id=group, members=0)
    groups.running.control("remove_group", tenant=SMALL.name, name="soon gone")
    assert groups.problem(group) == (FailureCause.TENANT, ReadProblem.GROUP_GONE)


def test_a_missing_permission_says_which(groups: Groups) -> None:
    group = groups.set("hidden", 3)
    groups.running.control("refuse_groups", tenant=SMALL.name)
    try:
        assert groups.problem(group) == (FailureCause.TENANT, ReadProblem.GROUP_ROLE)
    finally:
        groups.running.control("refuse_groups", tenant=SMALL.name, on=False)
    assert groups.read(group).members == 3


@pytest.mark.parametrize("what", ["empty_list", "empty_page", "looping_page"])
def test_a_list_that_is_not_whole_is_no_smaller_group(groups: Groups, what: str) -> None:
    everybody = groups.set("everybody", LARGE.users, tenant=LARGE.name)
    groups.running.control("set_fault", what=what, kind="graph.group_members")
    with pytest.raises(NotRead) as caught:
        groups.read(everybody, LARGE.id)
    assert caught.value.cause is FailureCause.INVALID


def test_a_row_that_comes_twice_counts_once(groups: Groups) -> None:
    everybody = groups.set("everybody", LARGE.users, tenant=LARGE.name)
    groups.running.control("set_fault", what="duplicate_row", kind="graph.group_members")
    assert groups.read(everybody, LARGE.id).members == LARGE.users


def test_what_is_no_id_of_a_group_is_never_asked_for(groups: Groups) -> None:
    for name in ("", "x", "../users", "0f5a2f7e-3a58-4f0e-9a5d-6c1f7f1c9a10/owners"):
        with pytest.raises(NotRead, match="the id of a group is none"):
            groups.read(name)
