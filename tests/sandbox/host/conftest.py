"""The sample app in a real host process, and what its functions noted."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
import requests
from azure.storage.queue import QueueClient, QueueServiceClient

PROJECT = Path(__file__).resolve().parents[3]
SAMPLE_APP = Path(__file__).parent / "sample_app"


def eventually[T](look: Callable[[], T], seconds: float = 20) -> T:
    """What `look` says once that is true, or at last."""
    give_up = time.monotonic() + seconds
    while not (seen := look()) and time.monotonic() < give_up:
        time.sleep(0.05)
    return seen


class RunningHost:
    """A host process with the sample app."""

    def __init__(self, process: subprocess.Popen[str], address: str, notes: Path) -> None:
        self.process = process
        self.address = address
        self._notes = notes

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        return requests.request(method, self.address + path, timeout=20, **options)

    def start(self, function: str, text: str = "") -> requests.Response:
        return self.ask("POST", f"/admin/functions/{function}", json={"input": text})

    def stats(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.ask("GET", "/admin/host/stats").json()
        return answer

    def notes(self, what: str) -> list[dict[str, Any]]:
        if not self._notes.exists():
            return []
        rows = [json.loads(line) for line in self._notes.read_text().splitlines()]
        return [row for row in rows if row["what"] == what]

    def noted(self, what: str, count: int = 1, seconds: float = 20) -> list[dict[str, Any]]:
        """The notes once there are `count` of them."""
        eventually(lambda: len(self.notes(what)) >= count, seconds)
        return self.notes(what)

    def end(self, sign: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(sign)
        return self.process.wait(20)


class StartHost(Protocol):
    def __call__(self, *options: str) -> RunningHost: ...


@contextmanager
def hosts(connection: str, folder: Path) -> Iterator[StartHost]:
    """Starts hosts of the sample app on one storage account; all are ended at the end."""
    started: list[subprocess.Popen[str]] = []
    notes, log = folder / "notes.jsonl", folder / "host.log"
    environment = {
        **os.environ,
        "AzureWebJobsStorage": connection,
        "SAMPLE_RESULTS": "results",
        "SAMPLE_NOTES": str(notes),
    }
    command = [sys.executable, "-m", "sandbox.host", "--app", str(SAMPLE_APP), "--poll-seconds", "0.2"]

    def start(*options: str) -> RunningHost:
        with log.open("a") as errors:
            process = subprocess.Popen(
                [*command, *options],
                cwd=PROJECT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        started.append(process)
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said.startswith("READY http://127.0.0.1:"), log.read_text()
        return RunningHost(process, said.split()[1], notes)

    try:
        yield start
    finally:
        for process in started:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()


@pytest.fixture
def start_host(storage_connection: str, tmp_path: Path) -> Iterator[StartHost]:
    with hosts(storage_connection, tmp_path) as start:
        yield start


@pytest.fixture
def host(start_host: StartHost, work: QueueClient) -> RunningHost:
    """A host without timers, on an account that has the queue `work`."""
    return start_host("--no-timers")


@pytest.fixture
def queues(storage_connection: str) -> Iterator[QueueServiceClient]:
    with QueueServiceClient.from_connection_string(storage_connection) as service:
        yield service


@pytest.fixture
def work(queues: QueueServiceClient) -> QueueClient:
    return queues.create_queue("work")


def put(queue: QueueClient, *bodies: str) -> None:
    for body in bodies:
        queue.send_message(base64.b64encode(body.encode()).decode())


def bodies(queue: QueueClient) -> list[str]:
    """Of the messages that can be seen now."""
    return [base64.b64decode(message.content).decode() for message in queue.peek_messages(32)]


def waiting(queue: QueueClient) -> int:
    """How many messages the queue holds, hidden ones too."""
    return queue.get_queue_properties().approximate_message_count or 0
