"""One day of the demo with MSPs of three PSAs: each is read, planned and written, and one table shows them."""

import pytest

from sandbox import summary
from sandbox.processes import SandboxProcesses
from sandbox.seed import seed
from sandbox.standins.worlds.registry import world_named
from tests.journeys.living import SHORT_WAITS, Living

pytestmark = pytest.mark.processes

WORLD = "psas"
SHOWN = ("unchanged", "written", "held", "drift", "failed", "writes")


def test_three_psas_stand_side_by_side(tmp_path_factory: pytest.TempPathFactory) -> None:
    with SandboxProcesses(tmp_path_factory.mktemp("psas"), WORLD, settings=SHORT_WAITS) as stage:
        seed(stage.wiring, world_named(WORLD), stage.clock.now())
        living = Living(stage, stage.start_host(timers=False))
        numbers = living.day()
        rosewood = stage.stand_ins.control("halo_lines", invoice="Rosewood")
        saltmarsh = stage.stand_ins.control("halo_lines", invoice="Saltmarsh")
    assert {row["psa"]: [row[name] for name in SHOWN] for row in numbers["psas"]} == {
        "ConnectWise PSA": [16, 4, 1, 1, 2, 5],
        "HaloPSA": [3, 2, 0, 0, 0, 1],
        "Autotask PSA": [2, 2, 0, 1, 0, 2],
    }
    assert sorted(row["in_effect"] for row in rosewood) == [2, 6, 12, 44]
    assert [row["in_effect"] for row in saltmarsh] == [20]
    assert all(row["psa"] in summary.text(numbers, wide=False) for row in numbers["psas"])
    told, text = numbers["waiting"], summary.text(numbers, wide=False)
    assert {(row["before"], row["after"]) for row in told["held"]} >= {(40, 12)}
    assert [row["choices"] for row in told["drift"]] == ["take theirs, keep ours, or freeze"] * 2
    assert [made["ready"] for made in told["certificates"]] == [False, True, False]
    assert all(made["balances"] for made in told["certificates"])
    assert "Larchmont Accountants, Microsoft 365 Business Premium: a second line bills 2 more seats" in text
    assert "Held     Kestrel Couriers, Microsoft 365 F3: 40 -> 12" in text
    assert "Certificate of Quayside Cloud: ready to invoice" in text
