"""A tenant leaves the partner's list: a row, no change of any line, and a person's word by the sandbox's controls."""

from collections.abc import Iterator

import pytest

from sandbox.processes import SandboxProcesses
from sandbox.seed import seed
from sandbox.standins.controls.commands import ControlError
from sandbox.standins.worlds.registry import world_named
from shared.alerts.models import Slug
from tests.journeys.living import SHORT_WAITS, Living, eventually

pytestmark = pytest.mark.processes

TENANT = "Cobalt Logistics"


@pytest.fixture
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with SandboxProcesses(tmp_path_factory.mktemp("demo"), "demo", settings=SHORT_WAITS) as stage:
        seed(stage.wiring, world_named("demo"), stage.clock.now())
        yield Living(stage, stage.start_host(timers=False))


def removed(living: Living) -> list[str]:
    return [alert.finding.who for alert in living.alerts(Slug.TENANT_REMOVED)]


def test_a_tenant_that_left_is_told_moves_no_line_and_waits_for_a_persons_word(living: Living) -> None:
    living.stage.stand_ins.control("renew_secret", partner="harbour-north")
    living.night()
    assert removed(living) == []
    agreement = str(living.stage.stand_ins.control("tenant", tenant=TENANT)["agreement_id"])
    lines = living.in_psa(agreement)
    assert lines
    living.stage.stand_ins.control("remove_tenant", tenant=TENANT)
    living.night()
    living.morning()
    assert removed(living) == [TENANT]
    newest = max(living.stage.mails.glob("*-demo-digest-*.txt"), key=lambda mail: mail.stat().st_mtime_ns)
    digest = newest.read_text()
    assert f"* {TENANT}\n  No longer a customer in partner connection" in digest
    assert [row["customer"] for row in living.control("removed")] == [TENANT]
    for words in (
        ("dismiss-removed", "Nobody"),
        ("confirm-removed", TENANT, "soon"),
        ("confirm-removed", TENANT),
    ):
        with pytest.raises(ControlError):
            living.control(*words)
    with pytest.raises(ControlError, match="last day to bill must be between"):
        living.control("confirm-removed", TENANT, "2020-01-31")
    (row,) = living.control("dismiss-removed", TENANT)
    assert row["decided"].startswith("dismissed: raised again on")
    eventually(lambda: removed(living) == [], "the row to close")
    today = living.stage.clock.now().date().isoformat()
    (row,) = living.control("confirm-removed", TENANT.upper(), today)
    assert "ending its lines is not built yet" in row["decided"]
    assert living.in_psa(agreement) == lines
    living.night()
    assert removed(living) == [TENANT]  # the last day is over, and the company is still added
    assert living.in_psa(agreement) == lines
