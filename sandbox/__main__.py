"""`python -m sandbox demo`: live with a demo MSP. `python -m sandbox control`: change its world."""

import argparse
import json
import signal
import sys
import tempfile
import threading
from pathlib import Path

from sandbox import demo_day, summary
from sandbox.azurite import AzuriteError
from sandbox.demo_day import DayFailed
from sandbox.operator.control import OWN, control
from sandbox.processes import SandboxProcesses
from sandbox.seed import ask_for_psa_lists, is_seeded, seed
from sandbox.standins.controls.commands import ControlError, send, usage
from sandbox.standins.worlds.registry import world_named
from sandbox.web import developed, served, web_config


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="run Seatwise with a demo MSP")
    demo.add_argument("--once", action="store_true", help="live one virtual day, then end")
    demo.add_argument("--state", type=Path, help="folder that keeps everything (default: a new one)")
    demo.add_argument("--json", action="store_true", help="the last line of stdout is one JSON object")
    demo.add_argument("--tenants", type=int, help="an MSP of that many tenants instead of the telling dozen")
    demo.add_argument(
        "--watch",
        choices=("renewals", "mailboxes"),
        help="with --tenants: watch renewals, or also shared mailboxes, of which each tenant then has one",
    )
    demo.add_argument(
        "--develop-web", action="store_true", help="the front end's development server, not its build"
    )
    change = commands.add_parser(
        "control",
        help="change the world, running or stopped",
        epilog=f"{OWN}\n{usage()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    change.add_argument("--state", type=Path, required=True, help="the folder of the sandbox")
    change.add_argument("words", nargs=argparse.REMAINDER, help="what to do; see below")
    given = parser.parse_args()
    if given.command == "demo" and given.tenants is not None and given.tenants < 1:
        parser.error("TENANTS must be a whole number of 1 or more.")
    try:
        return _demo(given) if given.command == "demo" else _control(given)
    except (AzuriteError, ControlError, DayFailed) as told:
        print(told, file=sys.stderr)
        return 1


def _control(given: argparse.Namespace) -> int:
    result = control(given.state, given.words)
    print(json.dumps(result, indent=2, default=str) if not isinstance(result, str) else result)
    return 0


def _demo(given: argparse.Namespace) -> int:
    state = given.state or Path(tempfile.mkdtemp(prefix="seatwise-"))
    world = "psas"
    if given.tenants:
        world = f"wide:{given.tenants}" + (f":{given.watch}" if given.watch else "")
    print(f"Seatwise sandbox in {state}", file=sys.stderr)
    with SandboxProcesses(state.resolve(), world) as processes:
        if not is_seeded(processes.wiring):
            print("Setting up the MSP ...", file=sys.stderr)
            seed(processes.wiring, world_named(world), processes.clock.now())
        host = processes.start_host(timers=not given.once)
        lived = demo_day.live(processes, host)
        numbers = summary.of(processes, lived)
        report = summary.text(numbers, wide=bool(given.tenants))
        print(f"\n{report}\n", file=sys.stderr if given.json else sys.stdout)
        if not given.once:
            ask_for_psa_lists(processes.wiring, processes.clock.now())
            serve = developed if given.develop_web else served
            with serve(processes.web_origin, web_config(host.address, processes.stand_ins.url)) as site:
                _stay(processes, host.address, site)
    if given.json:
        print(json.dumps(numbers))
    return 0


def api_call(processes: SandboxProcesses, host: str, person: str = "owner") -> str:
    """A command that asks the API as a person of the demo, ready to be pasted."""
    token = send(processes.state, {"do": "sign-in", "person": person})["token"]
    return f"curl -s -H 'Authorization: Bearer {token}' {host}/api/me"


def _stay(processes: SandboxProcesses, host: str, site: str) -> None:
    print(f"  Seatwise                     {site}/")
    print(f"  World, PSA lines and mails   {processes.stand_ins.url}/")
    print(f"  Functions host               {host}/admin/host/status")
    print(f"  Change the world             python -m sandbox control --state {processes.state} --help")
    print(f"  HTTP API, as its owner       {api_call(processes, host)}")
    print("Running; Ctrl-C ends it.", flush=True)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    signal.signal(signal.SIGINT, lambda *_: ended.set())
    ended.wait()


if __name__ == "__main__":
    sys.exit(main())
