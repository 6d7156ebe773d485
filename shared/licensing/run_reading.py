"""What the reading half of a run works with."""

from dataclasses import dataclass
from datetime import datetime

from shared.accounts.account import Account
from shared.accounts.runs import Run
from shared.licensing.custom_licences.defined import NO_CUSTOM, Defined
from shared.microsoft.connector import Microsoft
from shared.storage.blobs import Blobs
from shared.storage.secrets import Secrets
from shared.storage.tables import Tables


@dataclass(frozen=True, slots=True)
class RunReading:
    tables: Tables
    blobs: Blobs
    secrets: Secrets
    microsoft: Microsoft
    account: Account
    run: Run
    now: datetime
    custom: Defined = NO_CUSTOM
    """What custom licences count beside licences is read with the tenants that have some."""
