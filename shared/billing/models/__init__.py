"""Billing profiles, mappings, plans, and what is remembered about each agreement line."""

from shared.billing.models.agreements import AgreementRecord
from shared.billing.models.ledger import LedgerEntry, LedgerEvent
from shared.billing.models.mappings import (
    THE_PSAS_PRICE,
    Basis,
    BillingProfile,
    LicenceMapping,
    Options,
    PriceKind,
    PriceRule,
    PsaConnection,
    SoldByOthers,
    TenantMappings,
)
from shared.billing.models.not_written import (
    OF_THE_AGREEMENT,
    SAVED_AGAIN_IS_RIGHT,
    Block,
    BlockReason,
    Unplanned,
    UnplannedReason,
    Unreadable,
    UnreadableReason,
)
from shared.billing.models.plan import Change, Hold, HoldDecision, HoldReason, LineKey, Verdict, change_id
from shared.billing.models.records import (
    Drift,
    Ending,
    Frozen,
    Intent,
    LineRecord,
    LineState,
    Loss,
)

__all__ = [
    "OF_THE_AGREEMENT",
    "SAVED_AGAIN_IS_RIGHT",
    "THE_PSAS_PRICE",
    "AgreementRecord",
    "Basis",
    "BillingProfile",
    "Block",
    "BlockReason",
    "Change",
    "Drift",
    "Ending",
    "Frozen",
    "Hold",
    "HoldDecision",
    "HoldReason",
    "Intent",
    "LedgerEntry",
    "LedgerEvent",
    "LicenceMapping",
    "LineKey",
    "LineRecord",
    "LineState",
    "Loss",
    "Options",
    "PriceKind",
    "PriceRule",
    "PsaConnection",
    "SoldByOthers",
    "TenantMappings",
    "Unplanned",
    "UnplannedReason",
    "Unreadable",
    "UnreadableReason",
    "Verdict",
    "change_id",
]
