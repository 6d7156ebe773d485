"""Run the peers against stand-ins of a world, each in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench import latencies
from sandbox.processes import ROOT
from sandbox.standins import process
from sandbox.standins.process import RunningStandIns
from sandbox.standins.worlds.registry import world_named
from tests.clients.__main__ import PYTHON
from tests.clients.__main__ import _front as tls_front

MICROSOFT = ("microsoft.", "graph.")


def peers(state: Path, tenants: int, by_sdk: int) -> dict[str, dict[str, Any]]:
    """What each needs for so many tenants, with the latencies on."""
    world = f"wide:{tenants}"
    with process.start(state, world) as stand_ins:
        latencies.switch_on(stand_ins)
        return {
            "a script, one by one": _script(stand_ins, world, 1, min(tenants, 30)),
            "a script, 32 threads": _script(stand_ins, world, 32, tenants),
            "msgraph-sdk": _sdk(stand_ins, state, world, by_sdk),
        }


def _script(stand_ins: RunningStandIns, world: str, threads: int, tenants: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.peers.script", stand_ins.url, str(threads)]
    return _measured(stand_ins, [*command, json.dumps(_given(world, tenants))], None)


def _sdk(stand_ins: RunningStandIns, state: Path, world: str, tenants: int) -> dict[str, Any]:
    with tls_front(stand_ins.url, state) as environment:
        environment |= {"CLIENTS_WORLD": json.dumps(_given(world, tenants))}
        return _measured(
            stand_ins, [str(PYTHON), str(Path(__file__).with_name("msgraph_sdk.py"))], environment
        )


def _measured(
    stand_ins: RunningStandIns, command: list[str], environment: dict[str, str] | None
) -> dict[str, Any]:
    print(f"{Path(command[2] if command[1] == '-m' else command[1]).name} ...", file=sys.stderr, flush=True)
    stand_ins.reset_counts()
    ran = subprocess.run(
        command, env=environment or dict(os.environ), cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    counts = stand_ins.counts()
    asked = sum(n for kind, n in counts.items() if kind.startswith(MICROSOFT))
    sent = sum(n for kind, n in counts.items() if kind.startswith("bytes."))
    return found | {"calls": asked / found["tenants"], "bytes": sent / found["tenants"]}


def _given(world: str, tenants: int) -> dict[str, Any]:
    known = world_named(world)
    partner = known.partners[0]
    return {
        "app": partner.client_id,
        "secret": partner.secret,
        "refresh_token": partner.refresh_token,
        "tenants": [tenant.id for tenant in known.tenants[:tenants]],
    }
