"""`python -m sandbox.host --app DIR`: serve the app of a folder until SIGTERM."""

import argparse
import asyncio
import importlib
import logging
import os
import sys
from datetime import timedelta
from pathlib import Path

from sandbox.host.host import Options, serve
from sandbox.host.settings import HostError


def main() -> int:
    given = _arguments()
    logging.basicConfig(
        level=given.log_level.upper(), format="%(asctime)s %(name)s: %(message)s", stream=sys.stderr
    )
    if given.state:
        given.state.mkdir(parents=True, exist_ok=True)
    options = Options(
        app=given.app.resolve(),
        port=given.port,
        state=given.state,
        lease=timedelta(seconds=given.lease_seconds),
        longest_wait=given.poll_seconds,
        timers=not given.no_timers,
    )
    try:
        if given.setup:
            _set_up(given.setup)
        asyncio.run(serve(options, lambda address: print(f"READY {address}", flush=True)))
    except HostError as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.host", description=__doc__)
    parser.add_argument("--app", type=Path, required=True, help="the folder of function_app.py and host.json")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--state", type=Path, help="keeps the clock, what timers missed, and the keys")
    parser.add_argument(
        "--lease-seconds",
        type=float,
        default=600,
        help="how long a taken message stays hidden (default: 600)",
    )
    parser.add_argument(
        "--poll-seconds",
        type=float,
        default=0.5,
        help="the longest wait between looks at a queue (default: 0.5)",
    )
    parser.add_argument("--no-timers", action="store_true", help="timers run only when started by hand")
    parser.add_argument("--setup", metavar="MODULE:FUNCTION", help="called before the app is loaded")
    parser.add_argument("--log-level", default="warning", help="debug, info, warning (default) or error")
    return parser.parse_args()


def _set_up(target: str) -> None:
    module, _, name = target.partition(":")
    try:
        function = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as missing:
        raise HostError(f"--setup {target}: {missing}.") from missing
    function()


if __name__ == "__main__":
    code = main()
    # A function that does not end must not keep the process: its message comes back when the lease is over.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
