"""How the newest read of each tenant went, as of the newest evaluation: small enough to list a thousand of them."""

import gzip
from collections.abc import Iterable
from datetime import datetime

from shared.licensing.tenant_state import ReadFailure, ReadStatus, TenantState
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.documents import Document
from shared.storage.keys import AccountId


class TenantReading(Document):
    """As much of a tenant's head as a list of tenants shows."""

    tenant_id: str
    status: ReadStatus
    read_at: datetime | None = None
    """When the newest complete read began; None: there was never one."""
    unread_since: datetime | None = None
    failure: ReadFailure | None = None
    """Why the newest attempt failed."""
    doubted: bool = False
    """Its numbers are hard to believe: every decrease waits for a person."""

    @classmethod
    def of(cls, state: TenantState) -> "TenantReading":
        newest = state.snapshot
        return cls(
            tenant_id=state.tenant_id,
            status=state.status,
            read_at=newest.began if newest else None,
            unread_since=state.unread_since,
            failure=state.failure,
            doubted=bool(newest and newest.doubts),
        )


class _Readings(Document):
    readings: tuple[TenantReading, ...] = ()


def store(blobs: Blobs, account: AccountId, seen: Iterable[TenantReading]) -> None:
    """Replace what is kept."""
    body = _Readings(readings=tuple(seen)).body()
    blobs.put(keys.readings_blob(account), gzip.compress(body, compresslevel=1, mtime=0))


def stored(blobs: Blobs, account: AccountId) -> dict[str, TenantReading]:
    """By tenant id; empty before the first evaluation."""
    data = blobs.get(keys.readings_blob(account))
    if data is None:
        return {}
    return {
        reading.tenant_id: reading
        for reading in _Readings.model_validate_json(gzip.decompress(data)).readings
    }
