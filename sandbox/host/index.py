"""What an app declares, indexed by the worker library itself: `python -m sandbox.host.index DIR`."""

import argparse
import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sandbox.host.settings import HostError

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class IndexedFunction:
    """One function; what does not belong to its trigger is empty. `methods` is empty when every method is meant."""

    name: str
    trigger: str
    route: str = ""
    methods: tuple[str, ...] = ()
    auth_level: str = ""
    queue: str = ""
    schedule: str = ""
    outputs: tuple[str, ...] = ()


def describe(name: str, bindings: Sequence[Mapping[str, Any]]) -> IndexedFunction:
    (trigger,) = (binding for binding in bindings if binding["type"].lower().endswith("trigger"))
    kind = trigger["type"]
    is_http = kind == "httpTrigger"
    return IndexedFunction(
        name=name,
        trigger=kind,
        route=(trigger.get("route") or name) if is_http else "",
        methods=tuple(sorted(method.upper() for method in trigger.get("methods") or ())) if is_http else (),
        auth_level=(trigger.get("authLevel") or "FUNCTION").lower() if is_http else "",
        queue=trigger.get("queueName", ""),
        schedule=trigger.get("schedule", ""),
        outputs=tuple(binding["queueName"] for binding in bindings if binding["type"] == "queue"),
    )


def index(app: Path) -> list[IndexedFunction]:
    """Index `app` in a process of its own: the worker library can do it once per process.

    Raise HostError with the library's reason when Azure would not load the app.
    """
    ran = subprocess.run(
        [sys.executable, "-m", "sandbox.host.index", str(app.resolve())],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise HostError(ran.stderr.strip())
    return [_read(row) for row in json.loads(ran.stdout)]


def _read(row: dict[str, Any]) -> IndexedFunction:
    lists = {name: tuple(value) for name, value in row.items() if isinstance(value, list)}
    return IndexedFunction(**{**row, **lists})


def main() -> int:
    from sandbox.host.worker import Worker

    parser = argparse.ArgumentParser(prog="python -m sandbox.host.index", description=__doc__)
    parser.add_argument("app", type=Path, help="the folder of function_app.py")
    app = parser.parse_args().app.resolve()
    try:
        worker = asyncio.run(Worker.load(app))
    except HostError as refused:
        print(refused, file=sys.stderr)
        return 1
    rows = [asdict(describe(loaded.name, loaded.bindings)) for loaded in worker.functions]
    print(json.dumps(sorted(rows, key=lambda row: str(row["name"])), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
