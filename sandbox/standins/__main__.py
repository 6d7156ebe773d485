"""`python -m sandbox.standins --state DIR --port 0`: run the stand-ins in this process."""

import argparse
import asyncio
import contextlib
import signal
from pathlib import Path

from sandbox.standins.server import serve
from sandbox.standins.state import State
from sandbox.standins.worlds.load import load_world
from sandbox.standins.worlds.registry import world_named


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.standins", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder that keeps everything")
    parser.add_argument("--port", type=int, default=0, help="0 = any free port")
    parser.add_argument(
        "--world",
        default="demo",
        help="demo, or wide:1000 with :renewals or :mailboxes behind it; only for an empty state",
    )
    chosen = parser.parse_args()
    state = State(chosen.state)
    if state.empty:
        load_world(state, world_named(chosen.world))
    with contextlib.closing(state), contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(_until_terminated(state, chosen.port))


async def _until_terminated(state: State, port: int) -> None:
    task = asyncio.ensure_future(serve(state, port))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await task


if __name__ == "__main__":
    main()
