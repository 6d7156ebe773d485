"""What a PSA offers to choose from - companies, agreements, products - as it was last read: no page asks the PSA."""

import gzip
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator

from shared.billing.models import PsaConnection
from shared.billing.psa.base import Agreement, Product, Proration, Psa, PsaCompany, PsaRefused, PsaUnavailable
from shared.errors import RetryLater
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.tables import Put, Tables

_STATE = "psa-lists"
TRIED_FOR = timedelta(minutes=10)
"""A PSA that cannot be read for so long is told about; a person may ask again."""


def _prorated(stored: object) -> object:
    """Until December 2026 it was stored whether an agreement prorates, and all that did were ConnectWise's."""
    if not isinstance(stored, list):
        return stored
    return [
        {"proration": Proration.BY_SECOND_LINE, **one}
        if isinstance(one, dict) and one.get("prorates")
        else one
        for one in stored
    ]


class PsaLists(Document):
    """All of a PSA connection, complete, as of `read_at`. Lines are not in here: they are read when one is chosen."""

    read_at: datetime
    companies: tuple[PsaCompany, ...]
    agreements: Annotated[tuple[Agreement, ...], BeforeValidator(_prorated)]
    products: tuple[Product, ...]


class ListsState(Document):
    """How fresh the lists are, and what became of the newest wish to read them again."""

    connection: str
    asked_at: datetime | None = None
    """None once the wish was fulfilled, or has failed."""
    read_at: datetime | None = None
    companies: int = 0
    agreements: int = 0
    products: int = 0
    failed_at: datetime | None = None
    failure: str = ""
    """In the PSA's own words, as it gave them."""

    @property
    def is_pending(self) -> bool:
        return self.asked_at is not None


def state(tables: Tables, account: AccountId, connection: str) -> ListsState:
    row = tables.get(keys.setting(account, _STATE, connection))
    return row.read(ListsState) if row else ListsState(connection=connection)


def ask(tables: Tables, account: AccountId, connection: str, now: datetime) -> bool:
    """Note that the lists are to be read again. False: somebody asked a moment ago, and they are being read."""
    known = state(tables, account, connection)
    if known.asked_at is not None and now < known.asked_at + TRIED_FOR:
        return False
    _save(tables, account, known.model_copy(update={"asked_at": now}))
    return True


def refresh(
    tables: Tables,
    blobs: Blobs,
    account: AccountId,
    connection: PsaConnection,
    sign_in: Callable[[], Psa],
    now: datetime,
) -> None:
    """Read all lists; they replace the old ones together. What was wrong is kept beside the old ones.

    Raises RetryLater while it may only be passing.
    """
    known = state(tables, account, connection.id)
    try:
        psa = sign_in()
        lists = PsaLists(
            read_at=now,
            companies=tuple(psa.companies()),
            agreements=tuple(psa.agreements()),
            products=tuple(psa.products()),
        )
    except PsaUnavailable as passing:
        if now < (known.asked_at or now) + TRIED_FOR:
            raise RetryLater(passing.after, f"the lists of {connection.name}: {passing}") from passing
        _not_read(tables, account, connection.id, str(passing), now)
        return
    except PsaRefused as refused:
        _not_read(tables, account, connection.id, refused.sentence, now)
        return
    blob = keys.psa_lists_blob(account, connection.id)
    blobs.put(blob, gzip.compress(lists.body(), compresslevel=1, mtime=0))
    fresh = ListsState(
        connection=connection.id,
        read_at=now,
        companies=len(lists.companies),
        agreements=len(lists.agreements),
        products=len(lists.products),
    )
    _save(tables, account, fresh)


def _not_read(tables: Tables, account: AccountId, connection: str, why: str, now: datetime) -> None:
    """The old lists stay, with what is wrong."""
    known = state(tables, account, connection)
    _save(tables, account, known.model_copy(update={"asked_at": None, "failed_at": now, "failure": why}))


def load(blobs: Blobs, account: AccountId, connection: str) -> PsaLists | None:
    """None: never read."""
    data = blobs.get(keys.psa_lists_blob(account, connection))
    return PsaLists.model_validate_json(gzip.decompress(data)) if data is not None else None


def forget(tables: Tables, blobs: Blobs, account: AccountId, connection: str) -> None:
    blobs.delete(keys.psa_lists_blob(account, connection))
    _save(tables, account, ListsState(connection=connection))


def _save(tables: Tables, account: AccountId, known: ListsState) -> None:
    tables.commit([Put(keys.setting(account, _STATE, known.connection), known)])
