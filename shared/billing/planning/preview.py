"""What the next push would do to each line, by the same plan that it is made from; and switching an account live."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.accounts.account import Account, Mode
from shared.accounts.directory import load_account, update_account
from shared.billing import why_not
from shared.billing.mapping.in_force import mappings_in_force
from shared.billing.models import (
    AgreementRecord,
    Change,
    HoldReason,
    LicenceMapping,
    LineRecord,
    LineState,
    TextState,
    Verdict,
    text_state,
)
from shared.billing.planning import in_record, load
from shared.billing.planning.line_state import NO_LINE, NOT_READ_YET, line_state, why_blocked
from shared.billing.planning.load import Planned
from shared.billing.planning.plan import Plan
from shared.billing.planning.wishes import Wish
from shared.billing.psa.texts import digest as digest_of_text
from shared.billing.psa.write_failures import told
from shared.billing.psa_connections import connection_failures
from shared.errors import Rejected
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


class Effect(StrEnum):
    """What the next push does with a line."""

    IN_STEP = "in_step"
    WRITTEN = "written"
    CREATED = "created"
    SCHEDULED = "scheduled"
    """It counts from a later day, and is written then."""
    HELD = "held"
    """A person's word is waited for, or was no."""
    DRIFT = "drift"
    """Somebody changed it in the PSA: a person chooses."""
    FROZEN = "frozen"
    """A person wants it left alone."""
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    """A write is not settled."""
    TEXT = "text"
    """It has its seats; only its text on the invoice is written."""
    NOT_BILLED = "not_billed"


@dataclass(frozen=True, slots=True)
class LinePreview:
    """One mapping's line. `before` is what the PSA was last proven to say, `after` what it should say."""

    tenant_id: str
    mapping: LicenceMapping
    effect: Effect
    line_id: str = ""
    before: int | None = None
    after: int | None = None
    change: Change | None = None
    reasons: tuple[HoldReason, ...] = ()
    decided: Verdict | None = None
    why: str = ""
    """Why it is blocked: a sentence for a person."""

    text: "TextPreview | None" = None
    """None: nobody asks for a text, and Seatwise wrote none."""


@dataclass(frozen=True, slots=True)
class TextPreview:
    """What the customer reads of a line on the invoice."""

    state: TextState
    before: str | None
    """Now; None: there is no line yet, or nobody has looked."""
    after: str | None
    """As the mapping wants it; None: it could not be read, and the text stays."""

    @property
    def digest(self) -> str:
        """Names the text that is there: a person who gives it up for ours names this one."""
        return digest_of_text(self.before or "")


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """Every line that is not in step."""

    at: datetime
    mode: Mode
    lines: tuple[LinePreview, ...]
    digest: str
    """Names exactly these changes: other numbers, or another hold, have another one."""


def preview(tables: Tables, blobs: Blobs, account: Account, now: datetime) -> PlanPreview:
    """The plan of the whole account. Writes nothing."""
    planned = load.plan_account(tables, blobs, account, now)
    mapped = {
        mapping.id: (tenant.tenant_id, mapping)
        for tenant in mappings_in_force(tables, account.id)
        for mapping in tenant.mappings
        if mapping.bill
    }
    failed = {failure.connection for failure in connection_failures(tables, account.id)}
    lines, kept = [], set[str]()
    for outline in planned.outlines.values():
        record = in_record.apply_to(outline.kept().record, planned.plan, now)
        wished = planned.wishes.of(record)
        for line in record.lines.values():
            kept.add(line.mapping_id)
            if line.mapping_id in mapped:
                reached = record.connection not in failed
                seen = line_preview(*mapped[line.mapping_id], record, planned, wished, reached=reached)
                if seen.effect is not Effect.IN_STEP:
                    lines.append(seen)
    without = (mapped[name] for name in mapped.keys() - kept)
    lines += [LinePreview(*line, Effect.BLOCKED, why=NO_LINE) for line in without]
    return PlanPreview(now, account.mode, tuple(lines), digest(planned.plan))


def line_preview(
    tenant_id: str,
    mapping: LicenceMapping,
    record: AgreementRecord,
    planned: Planned,
    wished: Mapping[str, Wish],
    *,
    reached: bool = True,
) -> LinePreview:
    """`record` is the agreement's after the plan was applied to it, `wished` what is wanted of its lines.

    `reached`: its PSA connection was, lately.
    """
    line = record.lines[mapping.id]
    key = mapping.line_key
    wish, change = wished.get(mapping.id), planned.plan.by_line.get(key)
    effect, why = _effect(line, wish, change, planned.plan)
    if effect is Effect.IN_STEP and line_state(record, line, wish, reached=reached) is LineState.BLOCKED:
        effect, why = Effect.BLOCKED, why_blocked(record, line, wish, reached=reached)
    if effect is Effect.IN_STEP and key in planned.plan.texts:
        effect = Effect.TEXT
    hold = line.hold if effect is Effect.HELD else None
    return LinePreview(
        tenant_id=tenant_id,
        mapping=mapping,
        effect=effect,
        line_id=line.line_id,
        before=change.before if change else line.confirmed,
        after=wish.quantity if wish else None,
        change=change,
        reasons=planned.plan.holds.get(change.id, ()) if change and hold else (),
        decided=hold.decided.verdict if hold and hold.decided else None,
        why=why,
        text=_text(mapping, line, wish),
    )


def _text(mapping: LicenceMapping, line: LineRecord, wish: Wish | None) -> TextPreview | None:
    wanted = wish.text if wish else None
    if not line.line_id:
        wanted = wanted or mapping.options.invoice_text or None
        return TextPreview(TextState.TO_WRITE, None, wanted) if mapping.options.has_text else None
    state = text_state(line.text, wanted, mapping.options)
    if state is TextState.NONE:
        return None
    return TextPreview(state, line.text.there if line.text else None, wanted)


def _effect(line: LineRecord, wish: Wish | None, change: Change | None, made: Plan) -> tuple[Effect, str]:
    match line.state:
        case LineState.UNKNOWN:
            return Effect.UNKNOWN, told(line.intent.why) if line.intent else ""
        case LineState.BLOCKED:
            return Effect.BLOCKED, why_not.of_line(line)
        case LineState.FROZEN:
            return Effect.FROZEN, ""
        case LineState.DRIFT:
            return Effect.DRIFT, ""
    if wish is None:
        return Effect.BLOCKED, NOT_READ_YET
    if change is None:
        return Effect.IN_STEP, ""
    if change.id in made.holds:
        return Effect.HELD, ""
    if made.is_scheduled(change):
        return Effect.SCHEDULED, ""
    return (Effect.WRITTEN if change.line_id else Effect.CREATED), ""


def digest(made: Plan) -> str:
    """The same for the same changes and holds, in whatever order they were found."""
    told = sorted(f"{change.id}|{'held' if change.id in made.holds else ''}" for change in made.changes)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:24]


def go_live(tables: Tables, blobs: Blobs, account_id: AccountId, expected: str, now: datetime) -> Account:
    """Switch the account live, for a person who saw the plan of this digest. Live already: nothing changes.

    Raises Rejected when the plan is another one by now.
    """
    account = load_account(tables, account_id)
    if account.mode is Mode.LIVE:
        return account
    if digest(load.plan_account(tables, blobs, account, now).plan) != expected:
        raise Rejected(
            "The plan has changed since you looked at it. Look at what the first push would do now, then switch "
            "the account live again.",
            "plan_changed",
            "plan",
        )
    return update_account(
        tables, account_id, lambda before: before.model_copy(update={"mode": Mode.LIVE})
    ).after


def back_to_preview(tables: Tables, account_id: AccountId) -> Account:
    """Nothing is written to a PSA from now on; what is being written at this moment is finished."""
    return update_account(
        tables, account_id, lambda before: before.model_copy(update={"mode": Mode.PREVIEW})
    ).after
