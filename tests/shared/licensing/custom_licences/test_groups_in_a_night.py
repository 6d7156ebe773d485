"""Groups are read with the tenants whose custom licences count them, of no other, and never at the licences' cost."""

from datetime import timedelta

import pytest

from shared.licensing.custom_licences.defined import CUSTOM_LICENCE
from shared.licensing.custom_licences.rules import CustomLicence, Rule, RuleKind
from shared.licensing.snapshot import as_of
from shared.licensing.tenant_state import ReadStatus, Snapshot
from shared.microsoft.models import FailureCause, NotRead
from shared.microsoft.read_problems import ReadProblem
from shared.storage.decisions import Decider, decide
from tests.shared.billing.world import START
from tests.shared.licensing.test_reading import ACCOUNT, Night

GROUP, OTHER = (f"{digit * 8}-3a58-4f0e-9a5d-6c1f7f1c9a10" for digit in "01")


@pytest.fixture
def night() -> Night:
    night = Night()
    for tenant in ("contoso", "fabrikam"):
        night.add(tenant)
    for number, group in enumerate((GROUP, OTHER)):
        rule = Rule(kind=RuleKind.GROUP_MEMBERS, group_id=group)
        licence = CustomLicence(id=f"c{number}", name=f"C{number}", tenant_id="contoso", rule=rule)
        decide(night.tables, ACCOUNT, CUSTOM_LICENCE, licence.id, licence, Decider("ann", "", START))
    night.microsoft.groups = {GROUP: 7, OTHER: 2}
    return night


def read(night: Night, nights: int = 0) -> Snapshot:
    """Each tenant is read; contoso's numbers."""
    at = START + timedelta(days=nights)
    night.microsoft.now = at
    night.start(f"night-{nights}", at)
    for asked in night.ask(at):
        night.read(asked, at)
    state = night.state("contoso")
    assert state.status is ReadStatus.READ
    assert state.snapshot is not None
    return state.snapshot


def members(snapshot: Snapshot) -> dict[str, int | None]:
    return {group.group_id: group.count.members if group.count else None for group in snapshot.groups}


def test_each_group_is_one_question_and_no_other_tenant_is_asked(night: Night) -> None:
    assert members(read(night)) == {GROUP: 7, OTHER: 2}
    assert [what for _, what in night.microsoft.asked if what.startswith("group")] == [
        f"group {GROUP}",
        f"group {OTHER}",
    ]


def test_a_group_that_is_refused_costs_neither_the_licences_nor_another_group(night: Night) -> None:
    night.microsoft.groups[GROUP] = NotRead(FailureCause.TENANT, "403 x", ReadProblem.GROUP_ROLE)
    night.microsoft.reads["p1", "contoso"] = 12
    snapshot = read(night)
    assert members(snapshot) == {GROUP: None, OTHER: 2}
    assert snapshot.skus[0].enabled == 12
    failed = snapshot.groups[0].failure
    assert failed is not None
    assert "GroupMember.Read.All" in failed.sentence


def test_a_bug_while_groups_are_read_leaves_the_licences_and_no_number_of_a_group(night: Night) -> None:
    night.microsoft.groups[OTHER] = RuntimeError("a bug")
    with pytest.raises(RuntimeError):
        read(night)
    state = night.state("contoso")
    assert state.snapshot is not None
    assert members(state.snapshot) == {GROUP: None, OTHER: None}


def test_a_night_on_which_only_a_group_changed_is_history(night: Night) -> None:
    read(night)
    night.microsoft.groups[GROUP] = 9
    read(night, 1)
    days = [as_of(night.tables, ACCOUNT, "contoso", (START + timedelta(days=n)).date()) for n in (0, 1)]
    counted = [day.groups[0].count for day in days if day]
    assert [count.members for count in counted if count] == [7, 9]
