"""The audit log: who did what, when, from where."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Response

from functions.api.lists import CSV, Page, Pages
from functions.api.models import Shown
from functions.api.principal import Admin
from shared.accounts import audit

router = APIRouter(prefix="/accounts/{account}/audit", tags=["audit"])


class ShownAuditEntry(Shown):
    at: datetime
    who: str
    via: Literal["api", "link", "system"]
    action: str
    subject: str
    before: str
    after: str
    interrupted: bool
    """It was begun, and how it ended is not known: it may have taken effect or not. Look at its subject."""


@router.get("", operation_id="listAudit", response_model=Page[ShownAuditEntry], responses=CSV)
def list_audit(asking: Admin, paging: Pages) -> Page[ShownAuditEntry] | Response:
    """The newest first."""
    after = paging.after(asking, "audit")
    rows = audit.entries(asking.tables, asking.account, asking.now, after)
    return paging.answer(
        asking, "audit", ((key, ShownAuditEntry.model_validate(entry.model_dump())) for key, entry in rows)
    )
