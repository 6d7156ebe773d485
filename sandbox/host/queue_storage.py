"""Queue Storage as the host needs it: a few plain requests on kept connections.

The SDK takes several times the processor time for each; the host's share must stay small beside the product's.
"""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, Self
from xml.sax.saxutils import escape

import aiohttp
from yarl import URL

from sandbox.host.settings import HostError

SAS_LIFETIME: Final = timedelta(days=3650)
# The emulator closes a connection that was idle for five seconds.
KEEP_ALIVE_SECONDS: Final = 4


class StorageError(Exception):
    """The storage answered with an error; `status` is its HTTP status."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"Queue Storage answered {status} {code}")
        self.status = status


@dataclass
class QueueItem:
    """A message taken from a queue. Renewing its lease changes the receipt."""

    id: str
    receipt: str
    text: str
    dequeue_count: int
    inserted: datetime
    expires: datetime
    next_visible: datetime


class QueueStorage:
    """The queues of one storage account."""

    def __init__(self, connection_string: str) -> None:
        self._endpoint, self._sas = _signed(connection_string)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=64, keepalive_timeout=KEEP_ALIVE_SECONDS),
            timeout=aiohttp.ClientTimeout(total=60),
            auto_decompress=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._session.close()

    async def take(self, queue: str, count: int, lease: timedelta) -> list[QueueItem]:
        """Up to `count` messages, hidden from others for `lease`."""
        query = f"numofmessages={count}&visibilitytimeout={_seconds(lease)}"
        body = await self._send("GET", f"{queue}/messages", query, {200})
        # An empty list is the usual answer and is not worth a parser.
        return [_item(node) for node in ET.fromstring(body)] if b"<MessageId>" in body else []  # noqa: S314 - answers of our own emulator

    async def put(self, queue: str, text: str) -> None:
        """Send to `queue`, which is created when it is missing."""
        body = f"<QueueMessage><MessageText>{escape(text)}</MessageText></QueueMessage>"
        try:
            await self._send("POST", f"{queue}/messages", "", {201}, body)
        except StorageError as missing:
            if missing.status != 404:
                raise
            await self._send("PUT", queue, "", {201, 204, 409})
            await self._send("POST", f"{queue}/messages", "", {201}, body)

    async def hide(self, queue: str, item: QueueItem, span: timedelta) -> None:
        """Let the message be visible again after `span` from now."""
        query = f"popreceipt={_quoted(item.receipt)}&visibilitytimeout={_seconds(span)}"
        item.receipt = await self._changed(f"{queue}/messages/{item.id}", query)

    async def delete(self, queue: str, item: QueueItem) -> None:
        query = f"popreceipt={_quoted(item.receipt)}"
        await self._send("DELETE", f"{queue}/messages/{item.id}", query, {204})

    async def _changed(self, path: str, query: str) -> str:
        async with self._session.put(self._url(path, query)) as answer:
            await _check(answer, {204})
            return answer.headers["x-ms-popreceipt"]

    async def _send(self, method: str, path: str, query: str, wanted: set[int], body: str = "") -> bytes:
        data = body.encode() if body else None
        async with self._session.request(method, self._url(path, query), data=data) as answer:
            return await _check(answer, wanted)

    def _url(self, path: str, query: str) -> URL:
        joined = f"{query}&{self._sas}" if query else self._sas
        return URL(f"{self._endpoint}/{path}?{joined}", encoded=True)


async def _check(answer: aiohttp.ClientResponse, wanted: set[int]) -> bytes:
    body = await answer.read()
    if answer.status not in wanted:
        raise StorageError(answer.status, answer.headers.get("x-ms-error-code", ""))
    return body


def _signed(connection_string: str) -> tuple[str, str]:
    """The queue endpoint and a shared access signature for it: signed once, not for every request."""
    from azure.storage.queue import AccountSasPermissions, ResourceTypes, generate_account_sas

    parts = dict(part.split("=", 1) for part in connection_string.strip(";").split(";"))
    try:
        name, key, endpoint = parts["AccountName"], parts["AccountKey"], parts["QueueEndpoint"]
    except KeyError as missing:
        raise HostError(
            f"The storage connection string has no {missing.args[0]}. The local host needs AccountName, AccountKey and "
            "QueueEndpoint, as an emulator's connection string has them."
        ) from missing
    sas = generate_account_sas(
        account_name=name,
        account_key=key,
        resource_types=ResourceTypes(service=True, container=True, object=True),
        permission=AccountSasPermissions(
            read=True, write=True, delete=True, list=True, add=True, create=True, update=True, process=True
        ),
        expiry=datetime.now(UTC) + SAS_LIFETIME,
    )
    return endpoint.rstrip("/"), sas


def _item(node: ET.Element) -> QueueItem:
    def text(name: str) -> str:
        return node.findtext(name) or ""

    return QueueItem(
        id=text("MessageId"),
        receipt=text("PopReceipt"),
        text=text("MessageText"),
        dequeue_count=int(text("DequeueCount")),
        inserted=parsedate_to_datetime(text("InsertionTime")),
        expires=parsedate_to_datetime(text("ExpirationTime")),
        next_visible=parsedate_to_datetime(text("TimeNextVisible")),
    )


def _quoted(receipt: str) -> str:
    return receipt.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")


def _seconds(span: timedelta) -> int:
    return max(0, round(span.total_seconds()))
