"""The doctor on groups and mailboxes that custom licences count: whose were not read, and what is missing."""

import pytest

from shared.health.custom_licences import examine
from shared.health.finding import Check, Finding
from shared.licensing.tenant_state import CountedMailboxes, ReadFailure
from shared.microsoft.models import FailureCause, NotRead
from shared.microsoft.read_problems import ReadProblem
from tests.shared.billing.test_custom_licences import MAILBOXES, MEMBERS, SUM, defined, group, mailboxes
from tests.shared.billing.world import ACCOUNT, World


@pytest.fixture
def world() -> World:
    world = World()
    for tenant in ("contoso", "fabrikam"):
        world.read(tenant)
    return world


def findings(world: World) -> list[Finding]:
    found = list(examine(world.tables, ACCOUNT))
    assert {finding.check for finding in found} <= {Check.CUSTOM_LICENCES}
    return found


def failed(cause: FailureCause, problem: ReadProblem) -> CountedMailboxes:
    return CountedMailboxes(failure=ReadFailure.of(NotRead(cause, "x", problem)))


def test_where_no_custom_licence_needs_a_further_read_all_is_well(world: World) -> None:
    defined(world, SUM)
    assert [finding.well for finding in findings(world)] == [True]


def test_what_could_be_read_is_well_and_so_is_what_was_not_asked_for_yet(world: World) -> None:
    defined(world, MAILBOXES)
    assert [finding.well for finding in findings(world)] == [True]
    world.read("contoso", mailboxes=mailboxes(5, 2))
    assert [finding.well for finding in findings(world)] == [True]


def test_a_missing_permission_is_named_with_its_customers_and_its_cure(world: World) -> None:
    defined(world, MAILBOXES, tenant="")
    refused = failed(FailureCause.TENANT, ReadProblem.EXCHANGE_ROLE)
    for tenant in ("contoso", "fabrikam"):
        world.read(tenant, mailboxes=refused)
    (found,) = findings(world)
    assert not found.well
    assert "was not read of 2 customers, for example contoso: The service user may not" in found.sentence
    assert "Global Reader" in found.cure
    assert "MailboxSettings.Read" in found.cure


def test_a_group_names_the_permission_of_groups(world: World) -> None:
    defined(world, MEMBERS)
    world.read("contoso", groups=group(None))
    (found,) = findings(world)
    assert "was not read of contoso: The group is not in the tenant any more" in found.sentence
    assert "GroupMember.Read.All" in found.cure


def test_what_passes_needs_nobody(world: World) -> None:
    defined(world, MAILBOXES)
    world.read("contoso", mailboxes=failed(FailureCause.TRANSIENT, ReadProblem.THROTTLED))
    (found,) = findings(world)
    assert (found.well, found.cure) == (False, "Nothing: the next sync asks again.")


def test_an_old_failure_of_a_licence_that_is_defined_no_more_is_nobodys_business(world: World) -> None:
    world.read("contoso", mailboxes=failed(FailureCause.TENANT, ReadProblem.EXCHANGE_ROLE))
    assert [finding.well for finding in findings(world)] == [True]
