"""What Azure Table Storage takes, checked before anything is sent: the same for every implementation of Tables."""

import json
import re
import zlib
from collections.abc import Sequence

from shared.storage.documents import Document
from shared.storage.tables import TRANSACTION_LIMIT, Delete, Key, Replace, RowChange, TooLarge

TEXT_LIMIT = 4_000
"""Bytes of a body that is kept as text. A tenant's state has 20,000, of which a quarter is left: that is less to send,
to escape, and to keep in memory while a page of rows is read."""

PACKED_LIMIT = 60 * 1024
"""Bytes of a compressed body. Azure takes 64 KiB."""

PAYLOAD_LIMIT = 4_000_000
"""Bytes of one transaction on the wire, below Azure's 4 MiB."""

_PER_CHANGE = 3_000  # headers, boundaries and keys of one change
_LEGAL_KEY = re.compile(r"[ -~]{1,512}")  # no control characters; one order of rows for everybody
_FORBIDDEN = re.compile(r"[/\\#?]")


def check_key(key: Key) -> None:
    """Raise ValueError for a key that Azure refuses, or that sorts differently in different stores (not ASCII)."""
    check_key_text(key.partition)
    check_key_text(key.row)


def check_key_text(text: str) -> None:
    if not _LEGAL_KEY.fullmatch(text) or _FORBIDDEN.search(text):
        raise ValueError("a key is 1 to 512 printable ASCII characters without / \\ # ?; build it in keys.py")


def check_changes(changes: Sequence[RowChange]) -> None:
    """Raise ValueError for what can never be one transaction."""
    if not 1 <= len(changes) <= TRANSACTION_LIMIT:
        raise ValueError(f"a transaction holds 1 to {TRANSACTION_LIMIT} changes, not {len(changes)}")
    keys = [change.key for change in changes]
    for key in keys:
        check_key(key)
    if len({key.partition for key in keys}) > 1:
        raise ValueError("all changes of a transaction share one partition")
    if len(set(keys)) < len(keys):
        raise ValueError("a transaction changes a row once")
    for change in changes:
        # "*" is Azure's wildcard: it would overwrite whatever somebody else wrote in between.
        if isinstance(change, Replace | Delete) and change.etag in ("", "*"):
            raise ValueError("a Replace or Delete needs the ETag of the row that was read")


def packed(document: Document) -> str | bytes:
    """A document as it is stored: JSON text, or compressed when that is long. Raises TooLarge."""
    body = document.body()
    if len(body) <= TEXT_LIMIT:
        return body.decode()
    compressed = zlib.compress(body, level=1)
    if len(compressed) > PACKED_LIMIT:
        compressed = zlib.compress(body, level=9)  # slow, and a tenth shorter
    if len(compressed) > PACKED_LIMIT:
        raise TooLarge(
            f"{type(document).__name__} has {len(body):,} bytes, {len(compressed):,} compressed: more than "
            f"the {PACKED_LIMIT:,} of a row. Keep it in a blob."
        )
    return compressed


def unpacked(stored: str | bytes) -> bytes:
    return stored.encode() if isinstance(stored, str) else zlib.decompress(stored)


def check_payload(bodies: Sequence[str | bytes]) -> None:
    """Raise TooLarge when the bodies of one transaction are together more than a request may hold."""
    # As JSON, a UTF-8 byte becomes at most three characters; base64 makes four of three bytes.
    if (
        sum(3 * len(body.encode() if isinstance(body, str) else body) + _PER_CHANGE for body in bodies)
        <= PAYLOAD_LIMIT
    ):
        return
    size = sum(
        (len(json.dumps(body)) if isinstance(body, str) else len(body) * 4 // 3 + 4) + _PER_CHANGE
        for body in bodies
    )
    if size > PAYLOAD_LIMIT:
        raise TooLarge(f"{len(bodies)} changes are together {size:,} bytes, more than one transaction holds")
