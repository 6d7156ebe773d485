"""Azurite, the storage emulator, as a process of the sandbox: on free ports, with its own count of operations."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

PROGRAM: Final = Path(__file__).resolve().parents[1] / "node_modules/azurite/dist/src/azurite.js"
START_SECONDS: Final = 60
STOP_SECONDS: Final = 20

# The account that every storage emulator knows; its key is public.
DEFAULT_ACCOUNT: Final = "devstoreaccount1"
DEFAULT_KEY: Final = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

LISTENING: Final = re.compile(r"Azurite (\w+) service is successfully listening at (http://\S+)")
REQUEST: Final = re.compile(
    r'^\S+ - - \[[^\]]+\] "([A-Z]+) /([^/?\s]+)/?([^?\s]*)(?:\?(\S*))? HTTP/', re.MULTILINE
)


class AzuriteError(Exception):
    """Azurite cannot run; the message is a sentence that says what to do."""


class Azurite:
    """Keeps its data in `folder`, or only in memory when there is none. Stop it, or what it wrote last is lost.

    `accounts` maps names to base64 keys; each account is a storage of its own.
    """

    def __init__(self, folder: Path | None, accounts: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._accounts = dict(accounts or {DEFAULT_ACCOUNT: DEFAULT_KEY})
        self._process: subprocess.Popen[bytes] | None = None
        self._ports = dict.fromkeys(("blob", "queue", "table"), 0)
        self._endpoints: dict[str, str] = {}
        self._scratch = Path(tempfile.mkdtemp(prefix="azurite-")) if folder is None else None
        self._log = (self._scratch or folder or Path()) / "azurite.log"
        self._owner = folder / "azurite.pid" if folder else None
        self._read_to = 0
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Of the running process. End it by SIGTERM only: it writes what it was given when it ends."""
        if self._process is None:
            raise AzuriteError("The storage emulator is not running.")
        return self._process.pid

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def connection_string(self) -> str:
        """Of the first account."""
        return self.connection_string_for(next(iter(self._accounts)))

    def connection_string_for(self, account: str) -> str:
        parts = {
            "DefaultEndpointsProtocol": "http",
            "AccountName": account,
            "AccountKey": self._accounts[account],
            **{f"{kind}Endpoint": f"{address}/{account}" for kind, address in self._endpoints.items()},
        }
        return "".join(f"{name}={value};" for name, value in parts.items())

    def start(self) -> Self:
        """Start and wait until all three services listen; started again, on the ports of before."""
        node = shutil.which("node")
        if node is None:
            raise AzuriteError(
                "The storage emulator needs Node.js 18 or newer: install it, then call this again."
            )
        if not PROGRAM.exists():
            raise AzuriteError("The storage emulator is not set up: call `make setup`.")
        if self._folder and self._owner:
            self._folder.mkdir(parents=True, exist_ok=True)
            _end_leftover(self._owner)
        self._read_to = 0
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [node, str(PROGRAM), *self._options()],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "AZURITE_ACCOUNTS": self._accounts_setting()},
                # Ctrl-C in a terminal goes to every process in front; this one is stopped by us, last.
                start_new_session=True,
            )
        if self._owner:
            self._owner.write_text(f"{self._process.pid} {os.getpid()}")
        self._wait_until_listening(self._process)
        return self

    def stop(self) -> None:
        """End it and wait: data in a folder is complete only when the process has gone."""
        if self._process:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
            if self._owner:
                self._owner.unlink(missing_ok=True)
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def operations(self, account: str | None = None) -> dict[str, int]:
        """Requests since the start by kind, as Azurite's own access log has them; of one account or of all.

        `queue_get` counts the empty answers too: the log does not tell them apart (the host's stats do).
        A request is logged a moment after it was answered, so the very last ones may still be missing.
        """
        with self._log.open("rb") as log:
            log.seek(self._read_to)
            fresh = log.read()
        complete = fresh[: fresh.rfind(b"\n") + 1]
        self._read_to += len(complete)
        for method, name, path, query in REQUEST.findall(complete.decode(errors="replace")):
            self._counts[name][kind_of(method, path, query)] += 1
        counted = [self._counts[account]] if account else self._counts.values()
        return dict(sum(counted, Counter[str]()))

    def _options(self) -> list[str]:
        place = ["--location", str(self._folder)] if self._folder else ["--inMemoryPersistence"]
        ports = [word for name, port in self._ports.items() for word in (f"--{name}Port", str(port))]
        return ["--disableTelemetry", "--skipApiVersionCheck", *ports, *place]

    def _accounts_setting(self) -> str:
        return ";".join(f"{name}:{key}" for name, key in self._accounts.items())

    def _wait_until_listening(self, process: subprocess.Popen[bytes]) -> None:
        give_up = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up:
            said = self._log.read_text(errors="replace")
            self._endpoints = {f"{kind}": address for kind, address in LISTENING.findall(said)}
            if len(self._endpoints) == 3:
                ports = {kind.lower(): urlsplit(url).port or 0 for kind, url in self._endpoints.items()}
                self._ports = {name: ports[name] for name in self._ports}
                return
            if process.poll() is not None:
                raise AzuriteError(f"The storage emulator ended at once:\n{said.strip()}")
            time.sleep(0.05)
        raise AzuriteError(f"The storage emulator did not start within {START_SECONDS} seconds.")


def _end_leftover(file: Path) -> None:
    """Two emulators on one folder destroy its data: end one whose starter was killed, refuse beside a living one."""
    if not file.exists():
        return
    emulator, starter = (int(pid) for pid in file.read_text().split())
    if not command_of(emulator).endswith(str(file.parent)):
        return
    if command_of(starter):
        raise AzuriteError(
            f"The storage in {file.parent} is in use by process {starter}: end that first, or choose another folder."
        )
    os.kill(emulator, signal.SIGTERM)
    give_up = time.monotonic() + STOP_SECONDS
    while command_of(emulator):
        if time.monotonic() > give_up:
            raise AzuriteError(
                f"The storage emulator {emulator} of an earlier run does not end: end it by hand."
            )
        time.sleep(0.05)


def command_of(pid: int) -> str:
    """The command line of a living process, else empty (a defunct one has none)."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").replace("\0", " ")
        except OSError:
            return ""
    # macOS has no /proc, but always ps.
    asked = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip()


def kind_of(method: str, path: str, query: str) -> str:
    """What a request of the access log asks for; `path` is without the account."""
    if path in {"Tables", "$batch"} or path.startswith("Tables("):
        return "table_batch" if path == "$batch" else "table_admin"
    if "(" in path or (method == "POST" and "/" not in path and not query):
        return _table_kind(method, path)
    container, _, rest = path.partition("/")
    if rest == "messages" or rest.startswith("messages/"):
        return _queue_kind(method, rest, query)
    if not rest:
        return "blob_list" if "comp=list" in query and container else "container_or_queue_admin"
    return {"GET": "blob_get", "HEAD": "blob_head", "PUT": "blob_put", "DELETE": "blob_delete"}.get(
        method, "other"
    )


def _table_kind(method: str, path: str) -> str:
    if method == "GET":
        return "table_query" if path.endswith("()") else "table_get"
    return {"POST": "table_insert", "DELETE": "table_delete"}.get(method, "table_update")


def _queue_kind(method: str, rest: str, query: str) -> str:
    if method == "GET":
        return "queue_peek" if "peekonly=true" in query else "queue_get"
    if method == "DELETE":
        return "queue_delete" if "/" in rest else "queue_clear"
    return {"POST": "queue_put", "PUT": "queue_update"}.get(method, "other")
