"""A Key Vault of a few routes over real HTTP: challenge, versions, soft delete and recovery as documented."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from azure.keyvault.secrets import SecretClient

HOST = "https://seatwise-test.vault.azure.net"


class Vault:
    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}
        self.deleted: dict[str, str] = {}
        self.reads = 0
        self.fault: int | None = None
        """Every answer has this status from now on."""
        self.purging_forbidden = False

    def answer(self, method: str, path: list[str], body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.fault:
            return self.fault, _error("Fault", "The vault says no.")
        match method, path:
            case "PUT", ["secrets", name] if name in self.deleted:
                return 409, _error(
                    "Conflict", f"Secret {name} is currently in a deleted but recoverable state"
                )
            case "PUT", ["secrets", name]:
                self.secrets[name] = body["value"]
                return 200, _bundle(name, body["value"])
            case "GET", ["secrets", name, *_] if name in self.secrets:
                self.reads += 1
                return 200, _bundle(name, self.secrets[name])
            case "DELETE", ["secrets", name] if name in self.secrets:
                self.deleted[name] = self.secrets.pop(name)
                return 200, _bundle(name)
            case "GET", ["secrets"]:
                return 200, {"value": [_bundle(name) for name in self.secrets]}
            case "GET", ["deletedsecrets"]:
                return 200, {"value": [_bundle(name) for name in self.deleted]}
            case "DELETE", ["deletedsecrets", name] if name in self.deleted:
                if self.purging_forbidden:
                    return 403, _error("Forbidden", "Operation purge is not allowed on this vault.")
                del self.deleted[name]
                return 204, {}
            case "GET", ["deletedsecrets", name] if name in self.deleted:
                return 200, _bundle(name)
            case "POST", ["deletedsecrets", name, "recover"] if name in self.deleted:
                self.secrets[name] = self.deleted.pop(name)
                return 200, _bundle(name)
        return 404, _error("SecretNotFound", f"{'/'.join(path)} was not found in this key vault.")


def _bundle(name: str, value: str | None = None) -> dict[str, Any]:
    return {
        "id": f"{HOST}/secrets/{name}/1",
        "attributes": {"enabled": True},
        **({"value": value} if value else {}),
    }


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


class _ToLoopback(RequestsTransport):  # type: ignore[misc]  # azure-core loads its transports lazily, untyped
    """Keeps the vault's own address in everything the SDK checks, and connects to this machine."""

    def __init__(self, port: int) -> None:
        super().__init__(use_env_settings=False)
        self._port = port

    def __enter__(self) -> Self:
        self.open()
        return self

    def send(self, request: Any, **options: Any) -> Any:
        address = request.url
        request.url = address.replace(HOST, f"http://127.0.0.1:{self._port}", 1)
        try:
            return super().send(request, **options)
        finally:
            request.url = address


class _Credential:
    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken("token-of-the-app", 4_000_000_000)


@contextmanager
def running(vault: Vault) -> Iterator[SecretClient]:
    """Microsoft's own client, talking to this vault."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            if self.headers.get("Authorization") != "Bearer token-of-the-app":
                status, answer = (
                    401,
                    _error("Unauthorized", "AKV10000: Request is missing a Bearer or PoP token."),
                )
            else:
                path = [part for part in urlsplit(self.path).path.split("/") if part]
                status, answer = vault.answer(self.command, path, body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            if status == 401:
                challenge = 'Bearer authorization="https://login.microsoftonline.com/t1", resource="https://vault.azure.net"'
                self.send_header("WWW-Authenticate", challenge)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = _handle  # noqa: N815

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    client = SecretClient(HOST, _Credential(), transport=_ToLoopback(server.server_port), retry_total=0)
    try:
        yield client
    finally:
        client.close()
        server.shutdown()
        server.server_close()
        thread.join()
