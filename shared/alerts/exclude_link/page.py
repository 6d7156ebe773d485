"""What the page behind an exclude link says, and what its button does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from shared import templates
from shared.accounts import audit
from shared.accounts.account import Account
from shared.accounts.audit import Actor, Via
from shared.accounts.companies import added_tenants
from shared.accounts.directory import load_account
from shared.alerts import exclusions
from shared.alerts.exclude_link.form import Form, Wrong, blank, pressed
from shared.alerts.exclude_link.link import LINKED, LIVES, Expired, Forged, Link, Links, recipient_mark
from shared.alerts.matching import identity
from shared.alerts.models import Alert, Exclusion, ExclusionScope, Slug, Target
from shared.alerts.rules import BY_SLUG, RULES
from shared.alerts.rules.phrases import listed, name, seats
from shared.errors import NotFound
from shared.licensing.licences import LicenceRows
from shared.licensing.tenant_state import TenantState
from shared.licensing.terms import next_end
from shared.storage import keys
from shared.storage.decisions import Decision
from shared.storage.keys import AccountId, account_id
from shared.storage.tables import Tables

UNHARMED: Final = "What is synced and billed stays exactly as it is."


class LinkOutcome(StrEnum):
    """What became of a visit to a link."""

    ASKED = "asked"
    """The link is good, and nothing was changed yet."""
    EXCLUDED = "excluded"
    """It is excluded, by this visit or before."""
    WRONG_INPUT = "wrong_input"
    """Something in the form must change first."""
    NOT_VALID = "not_valid"
    """Not a link of ours, or its key is no longer in use."""
    RETIRED = "retired"
    """A link of ours that does nothing any more."""


@dataclass(frozen=True, slots=True)
class ExcludePage:
    """A page in words. What belongs to an account is on it only after the link's signature was verified."""

    outcome: LinkOutcome
    heading: str
    text: tuple[str, ...]
    account_name: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    form: Form | None = None
    foot: str = ""


class ButtonResult(NamedTuple):
    page: ExcludePage
    recorded: AccountId | None = None
    """The account whose alerts are to be judged anew."""


@dataclass(frozen=True, slots=True)
class ExcludePages:
    """Where a link is taken in."""

    tables: Tables
    links: Links | None
    names: Callable[[], Callable[[str, str], str]]
    """Loads the friendly names of SKUs, by id and part number: only for a link that is good."""
    now: datetime

    def look(self, token: str) -> ExcludePage:
        """What GET shows. Changes nothing, whoever asks and however often."""
        case = self._case(token)
        return case if isinstance(case, ExcludePage) else case.page(self._form(case))

    def press(self, token: str, given: Mapping[str, str]) -> ButtonResult:
        """What the button does: record it, unless that was done already."""
        case = self._case(token)
        if isinstance(case, ExcludePage):
            return ButtonResult(case)
        form = self._form(case)
        try:
            terms = pressed(form, given)
        except Wrong as wrong:
            return ButtonResult(replace(case.page(wrong.form), outcome=LinkOutcome.WRONG_INPUT))
        by = Actor(f"link sent to {case.recipient}", Via.LINK, self.now)
        more = {"spare_at_most": terms.spare_at_most, "until": terms.until, "renewal": terms.renewal}
        chosen = [exclusion.model_copy(update=more) for exclusion in case.exclusions]
        recorded = [self._record(case, exclusion, by, terms.reason) for exclusion in chosen]
        done = case.done("Excluded" if any(recorded) else "Already excluded", chosen[0].how_long)
        return ButtonResult(done, case.account.id if any(recorded) else None)

    def _record(self, case: "_Case", exclusion: Exclusion, by: Actor, reason: str) -> bool:
        account, subject = case.account.id, exclusions.exclusion_id(exclusion.target)
        with audit.noted(self.tables, account, by, "exclusion.added", subject):
            new = exclusions.exclude(self.tables, account, exclusion, by.decider(reason))
            if new:
                said = exclusion.model_dump_json(exclude_defaults=True)
                audit.record(self.tables, account, by, "exclusion.added", subject, "", said)
        return new

    def _case(self, token: str) -> "_Case | ExcludePage":
        """The case of a link that can still exclude something, or the page that says why it cannot."""
        if self.links is None:
            return NOT_VALID
        try:
            link = self.links.read(token, self.now)
        except Forged:
            return NOT_VALID
        except Expired:
            return EXPIRED
        try:
            account = load_account(self.tables, account_id(link.account))
        except NotFound:
            return _retired("The account that it belongs to is no longer in Seatwise.")
        marks = {recipient_mark(address): address for address in account.digest.everybody}
        if link.recipient not in marks:
            return _retired("The address that it was sent to no longer gets this account’s mails.")
        case = self._found(account, link, marks[link.recipient])
        return case if isinstance(case, ExcludePage) else self._settled(case) or case

    def _found(self, account: Account, link: Link, recipient: str) -> "_Case | ExcludePage":
        """The customer and licences that the link names, as they are called today."""
        company = added_tenants(self.tables, account.id).get(link.tenant_id)
        if company is not None and link.slug == Slug.TENANT_NOT_ADDED:
            return _retired(f"{name(company.name)} was added to a company since the mail was written.")
        if not link.skus:
            called = name(company.name) if company else self._customer(account.id, link.tenant_id)
            whole = Exclusion(tenant_id=link.tenant_id, customer=called)
            return _Case(account, link, recipient, (whole,), 0)
        if company is None:
            return _retired("The customer that it is about is no longer one of your companies.")
        row = self.tables.get(keys.tenant_state(account.id, link.tenant_id))
        state = row.read(TenantState) if row else TenantState(tenant_id=link.tenant_id)
        parts = {sku.sku_id: sku.part_number for sku in state.snapshot.skus} if state.snapshot else {}
        held = (
            {licence.key.sku_id: licence for licence in LicenceRows(state.snapshot, ()).countable()}
            if state.snapshot
            else {}
        )
        names = self.names()
        wanted = tuple(
            Exclusion(
                slug=link.slug,
                tenant_id=link.tenant_id,
                sku_id=sku,
                customer=name(company.name) or link.tenant_id,
                product=name(names(sku, parts.get(sku, ""))) or sku,
            )
            for sku in link.skus
        )
        spare = sum(held[sku].spare for sku in link.skus if sku in held)
        return _Case(account, link, recipient, wanted, spare, next_end(state, link.skus, self.now))

    def _customer(self, account: AccountId, tenant_id: str) -> str:
        """The name of a tenant without a company: its alert knows it, open or not."""
        row = self.tables.get(keys.alert(account, Slug.TENANT_NOT_ADDED, identity(tenant_id)))
        if row is not None:
            return name(row.read(Alert).finding.who) or tenant_id
        known = exclusions.newest(self.tables, account, Target(tenant_id=tenant_id))
        before = known.read(Exclusion) if known else None
        return before.customer if before else tenant_id

    def _settled(self, case: "_Case") -> ExcludePage | None:
        """The page for what is excluded already, or was and was taken back after the link was made."""
        decided = [
            exclusions.newest(self.tables, case.account.id, exclusion.target) for exclusion in case.exclusions
        ]
        back = [
            exclusion
            for exclusion in decided
            if exclusion and exclusion.content is None and exclusion.valid_from > case.link.made_at
        ]
        if back:
            on = case.day(back[0].valid_from)
            return _retired(f"What it excluded was taken back on {on}, after the mail was written.")
        holding = [decision for decision in decided if decision is not None and self._holds(case, decision)]
        if len(holding) < len(case.exclusions):
            return None
        newest = max(holding, key=lambda decision: decision.valid_from)
        excluded = newest.read(Exclusion)
        how_long = excluded.how_long if excluded else ""
        more = [("Since", case.day(newest.valid_from)), ("By", name(newest.who)), ("Reason", newest.reason)]
        return case.done("Already excluded", how_long, *(fact for fact in more if fact[1]))

    def _holds(self, case: "_Case", decision: Decision) -> bool:
        exclusion = decision.read(Exclusion)
        return exclusion is not None and exclusion.holds(case.spare, self._today(case))

    def _form(self, case: "_Case") -> Form:
        return blank(case.spare, case.unused, case.renews, self._today(case))

    def _today(self, case: "_Case") -> date:
        return self.now.astimezone(case.account.zone).date()


@dataclass(frozen=True, slots=True)
class _Case:
    """A good link with what it is about."""

    account: Account
    link: Link
    recipient: str
    exclusions: tuple[Exclusion, ...]
    spare: int
    """Seats that were unused at the newest read."""
    renews: date | None = None
    """When the first of their terms ends, where that is known."""

    @property
    def unused(self) -> bool:
        return self.link.slug == Slug.UNUSED_LICENSES

    @property
    def customer(self) -> str:
        return self.exclusions[0].customer

    @property
    def products(self) -> str:
        return listed([exclusion.product for exclusion in self.exclusions])

    def page(self, form: Form) -> ExcludePage:
        """The question, with its button."""
        until = self.day(self.link.made_at + LIVES)
        words = LINKED[self.link.slug]
        named = {"customer": self.customer, "product": self.products}
        return ExcludePage(
            outcome=LinkOutcome.ASKED,
            heading=words.question.format(**named),
            text=(f"{words.effect.format(**named)} {UNHARMED}",),
            account_name=name(self.account.name),
            facts=self._facts(),
            form=form,
            foot=f"This link was sent to {self.recipient} and works until {until}. It can do what stands here, and "
            "nothing else. Nothing has been changed yet.",
        )

    def done(self, heading: str, how_long: str, *more: tuple[str, str]) -> ExcludePage:
        return ExcludePage(
            outcome=LinkOutcome.EXCLUDED,
            heading=heading,
            text=(
                f"This is left out of the mails {how_long}. {UNHARMED}",
                "To take it back, remove it from the list of exclusions in Seatwise.",
            ),
            account_name=name(self.account.name),
            facts=(*self._facts(), *more),
        )

    def day(self, at: datetime) -> str:
        local = at.astimezone(self.account.zone)
        return f"{local.day} {local:%b %Y}"

    def _facts(self) -> tuple[tuple[str, str], ...]:
        label = "Licence" if len(self.exclusions) == 1 else "Licences"
        facts = [("Customer", self.customer), (label, self.products)]
        if self.unused:
            facts.append(("Unused now", seats(self.spare)))
        all_types = [rule.words.title for rule in RULES if ExclusionScope.TENANT in rule.reach]
        types = [BY_SLUG[self.link.slug].words.title] if self.link.skus else all_types
        facts.append(("Left out of", listed(types)))
        return tuple((label, value) for label, value in facts if value)


def _retired(why: str) -> ExcludePage:
    newest = "If it is still an exception, your newest Seatwise mail has a link that works."
    return ExcludePage(
        LinkOutcome.RETIRED, "This link is no longer in use", (f"{why} Nothing was changed.", newest)
    )


NOT_VALID: Final = ExcludePage(
    LinkOutcome.NOT_VALID,
    "This link is not valid",
    (
        "A mail program may have cut it off, or its key is no longer in use. Nothing was changed.",
        "Open the link from your newest Seatwise mail, with a click instead of copying it.",
    ),
)
EXPIRED: Final = ExcludePage(
    LinkOutcome.RETIRED,
    "This link has expired",
    (
        f"Links in Seatwise’s mails work for {LIVES // timedelta(days=1)} days. Nothing was changed.",
        "If it is still an exception, your newest Seatwise mail has a link that works.",
    ),
)


def render(page: ExcludePage) -> str:
    style = templates.style("page.css")
    template = templates.html().get_template("exclude.html")
    return template.render(page=page, heading=page.heading, text=page.text, style=style)
