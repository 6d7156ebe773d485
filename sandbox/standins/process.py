"""Start the stand-ins as a process of their own, from tests and from the sandbox."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests


class RunningStandIns:
    """The stand-ins' process and its control address."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self._process = process
        self.url = url
        self.pid = process.pid
        self._session = requests.Session()
        self._session.trust_env = False

    def counts(self) -> dict[str, int]:
        """How often each kind was asked since the start or the last reset."""
        answer: dict[str, int] = self._session.get(f"{self.url}/sandbox/counts", timeout=30).json()
        return answer

    def reset_counts(self) -> None:
        self._session.post(f"{self.url}/sandbox/counts/reset", timeout=30).raise_for_status()

    def control(self, do: str, **words: Any) -> Any:
        """Run one control; ValueError carries its sentence when it is refused."""
        answer = self._session.post(f"{self.url}/sandbox/control", json={"do": do, **words}, timeout=120)
        content = answer.json()
        if answer.status_code != 200:
            raise ValueError(content["error"])
        return content["result"]

    def alive(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        self._session.close()
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


def launch(state: Path, world: str = "demo", port: int = 0) -> RunningStandIns:
    """Start the process and wait until it is ready; the caller stops it."""
    command = [
        sys.executable,
        "-m",
        "sandbox.standins",
        "--state",
        str(state),
        "--port",
        str(port),
        "--world",
        world,
    ]
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)
    line = process.stdout.readline() if process.stdout else ""
    if not line.startswith("READY "):
        process.kill()
        process.wait()
        raise RuntimeError(f"The stand-ins did not start: {line.strip() or 'see their output above'}")
    return RunningStandIns(process, line.split()[1])


@contextmanager
def start(state: Path, world: str = "demo") -> Iterator[RunningStandIns]:
    """The running stand-ins of `state`, stopped at the end. `world` counts only for an empty state."""
    running = launch(state, world)
    try:
        yield running
    finally:
        running.stop()
