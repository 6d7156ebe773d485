"""The processes of one sandbox: Azurite, the stand-ins and the host, over one state folder."""

import base64
import json
import os
import random
import secrets
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from functions.queues.messages import QUEUES
from sandbox import overrides
from sandbox.azurite import Azurite, command_of
from sandbox.clock import SandboxClock
from sandbox.standins import process
from sandbox.standins.process import RunningStandIns
from sandbox.standins.worlds.operators import APP_CLIENT_ID, MAY_OPEN
from shared import config
from shared.wiring import Wiring

RUNNING = "processes.json"
"""File in the state folder that says how a running sandbox is reached."""
PORTS = range(20_000, 32_000)
"""Below those that the system hands out, so that nobody is given the host's while it is away."""
ROOT = Path(__file__).resolve().parents[1]


class SandboxProcesses:
    """Start what is needed, in order; everything ends with the `with` block.

    Without the host it is what a control needs to reach the storage of a stopped sandbox.
    """

    def __init__(self, state: Path, world: str, *, settings: Mapping[str, str] | None = None) -> None:
        self.state = state
        self.world = world
        self.clock = SandboxClock(state)
        self.host: HostProcess | None = None
        self.host_log: Path | None = None
        """Where the host's own words go; None = where ours go."""
        self._settings = dict(settings or {})
        self._ends = ExitStack()

    def __enter__(self) -> Self:
        self.state.mkdir(parents=True, exist_ok=True)
        self.port = port_of(self.state)
        try:
            self.azurite = self._ends.enter_context(Azurite(self.state / "azurite"))
            self.stand_ins: RunningStandIns = self._ends.enter_context(process.start(self.state, self.world))
            self.wiring = Wiring(
                config.read(self.environment), overrides.sandbox_overrides(self.state, self.stand_ins.url)
            )
            self.wiring.storage.ensure([*QUEUES, *(f"{queue}-poison" for queue in QUEUES)])
            self._tell_where()
        except BaseException:
            self._ends.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.close()

    @property
    def mails(self) -> Path:
        return self.state / "mails"

    @property
    def web_origin(self) -> str:
        """Where the front end is served: beside the host, on an origin of its own."""
        return f"http://127.0.0.1:{self.port + 1}"

    @property
    def environment(self) -> dict[str, str]:
        """The application settings of the sandbox; nothing of the machine's environment counts."""
        return {
            "AzureWebJobsStorage": self.azurite.connection_string,
            "SEATWISE_SECRET_KEYS": self._key("secrets.key"),
            "SEATWISE_LINK_KEYS": self._key("links.key"),
            "SEATWISE_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "SEATWISE_MAIL": "folder",
            "SEATWISE_MAIL_PATH": str(self.mails),
            "SEATWISE_SENDER": "seatwise@sandbox.example.com",
            "SEATWISE_API_CLIENT_ID": APP_CLIENT_ID,
            "SEATWISE_OWNER_TENANTS": ",".join(MAY_OPEN),
            "SEATWISE_WEB_ORIGIN": self.web_origin,
            "PYTHON_THREADPOOL_THREAD_COUNT": "32",
            "MALLOC_ARENA_MAX": "2",
            overrides.STATE: str(self.state),
            overrides.STAND_INS: self.stand_ins.url,
            **self._settings,
        }

    def start_host(self, *, timers: bool, lease_seconds: float = 600) -> "HostProcess":
        self.host = self._ends.enter_context(HostProcess(self, timers=timers, lease_seconds=lease_seconds))
        return self.host

    def restart_stand_ins(self) -> None:
        """Start stand-ins that have ended again, at the same address and with all they had."""
        self.stand_ins.stop()
        port = int(self.stand_ins.url.rsplit(":", 1)[1])
        self.stand_ins = process.launch(self.state, self.world, port)
        self._ends.callback(self.stand_ins.stop)

    def restart_storage(self) -> None:
        """Start a storage emulator that has ended again, at the same addresses and with all it had."""
        self.azurite.stop()
        self.azurite.start()

    def _tell_where(self) -> None:
        """Let a control of another process find the storage while this one runs."""
        where = self.state / RUNNING
        where.touch(mode=0o600)
        where.write_text(json.dumps({"pid": os.getpid(), "environment": self.environment}))
        self._ends.callback(where.unlink, missing_ok=True)

    def _key(self, name: str) -> str:
        """A key of the sandbox, for its secrets or its links: made once, readable by its owner only."""
        file = self.state / name
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(base64.b64encode(secrets.token_bytes(32)).decode())
        return file.read_text()


def port_of(state: Path) -> int:
    """Where this sandbox's host listens, and one further on the front end: the same while free, so that links last."""
    file = state / "host-port"
    candidates = [int(file.read_text())] if file.exists() else []
    candidates += random.sample(PORTS, 20)
    port = next(port for port in candidates if _is_free(port) and _is_free(port + 1))
    file.write_text(str(port))
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def running(state: Path) -> Wiring | None:
    """The product's wiring of a sandbox that runs over this folder, or None when none does."""
    try:
        told = json.loads((state / RUNNING).read_text())
    except FileNotFoundError:
        return None
    if not command_of(told["pid"]):
        return None
    environment = told["environment"]
    return Wiring(
        config.read(environment), overrides.sandbox_overrides(state, environment[overrides.STAND_INS])
    )


class HostProcess:
    """The local Functions host with the product in it, as a process of its own."""

    def __init__(self, processes: SandboxProcesses, *, timers: bool, lease_seconds: float) -> None:
        command = [sys.executable, "-m", "sandbox.host", "--app", str(ROOT), "--state", str(processes.state)]
        command += ["--port", str(processes.port), "--setup", "sandbox.overrides:install"]
        command += ["--lease-seconds", str(lease_seconds)]
        command += ["--poll-seconds", "2", "--log-level", "error"]
        if not timers:
            command.append("--no-timers")
        with ExitStack() as words:
            log = words.enter_context(processes.host_log.open("a")) if processes.host_log else None
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **processes.environment},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line.startswith("READY "):
            self._process.kill()
            self._process.wait()
            raise RuntimeError("The host did not start; its own words are above.")
        self.address = line.split()[1]
        self.pid = self._process.pid
        self._session = requests.Session()
        self._session.trust_env = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def tick(self) -> None:
        """Fire the timer by hand, as the Functions host's admin address does."""
        answer = self._session.post(f"{self.address}/admin/functions/tick", json={"input": ""}, timeout=30)
        answer.raise_for_status()

    def stats(self) -> dict[str, Any]:
        answer: dict[str, Any] = self._session.get(f"{self.address}/admin/host/stats", timeout=30).json()
        return answer

    def alive(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        self._session.close()
        if self.alive():
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
