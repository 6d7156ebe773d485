"""What the PSA's list of agreements says of those that we have lines in, and when it is not believed."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from sys import intern
from typing import NamedTuple

from shared.accounts.account import Account
from shared.accounts.companies import all_companies
from shared.accounts.runs import Run
from shared.billing.ending import without_what_is_over
from shared.billing.mapping.in_force import mappings_in_force
from shared.billing.models import (
    OF_THE_AGREEMENT,
    AgreementRecord,
    Block,
    BlockReason,
    LineRecord,
    Unreadable,
    UnreadableReason,
)
from shared.billing.planning.load import Planned
from shared.billing.profiles import billing_profiles
from shared.billing.psa.base import Agreement, Period, Product, Psa
from shared.billing.psa.causes import Cause
from shared.billing.psa_connections import ConnectionFailure, connection_failure
from shared.storage import keys
from shared.storage.keys import AccountId
from shared.storage.tables import Tables

SHOWN_MISSING = 100
"""So many of the agreements that a list lost are named."""


class Linked(NamedTuple):
    """To which company of which PSA an added company is linked."""

    name_in_mappings: str
    psa_connection: str
    psa_company: str


@dataclass(frozen=True, slots=True)
class Meant:
    """What an agreement must be like for its lines: facts of others, which may have changed since the save."""

    companies: Mapping[str, Sequence[Linked]] = field(default_factory=dict)
    """By tenant: an agreement can be moved to another company, and a customer be linked anew."""
    products: Mapping[str, Product] = field(default_factory=dict)
    types: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By mapping whose billing profile names types of agreement (K6)."""
    today: date = date.min
    """Of the account: the PSA's clock and status may be behind."""

    @classmethod
    def of(
        cls, tables: Tables, account: AccountId, psa: Psa, listed: Mapping[str, Agreement], today: date
    ) -> "Meant":
        """By what is in force, and by the PSA's products, which are only read where agreements have a period."""
        with_period = any(there.period is not Period.UNKNOWN for there in listed.values())
        products = psa.products() if with_period else []
        named = {
            profile.id: frozenset(kind.casefold() for kind in profile.agreement_types)
            for profile in billing_profiles(tables, account).values()
            if profile.agreement_types
        }
        decided = mappings_in_force(tables, account) if named else ()
        types = {
            mapping.id: named[mapping.profile]
            for tenant in decided
            for mapping in tenant.mappings
            if mapping.bill and mapping.profile in named
        }
        linked: defaultdict[str, list[Linked]] = defaultdict(list)
        for company in all_companies(tables, account):
            link = Linked(company.name_in_mappings, intern(company.psa_connection), company.psa_company)
            linked[company.tenant_id].append(link)
        return cls(linked, {product.id: product for product in products}, types, today)

    def what_differs(self, record: AgreementRecord, line: LineRecord, there: Agreement) -> Block | None:
        """Why an agreement that is there and active is not the one to bill the line by."""
        linked = self.companies.get(line.tenant_id, ())
        company = next((link for link in linked if link.name_in_mappings == line.company), None)
        its = record.connection, there.company_id
        if company is not None and (company.psa_connection, company.psa_company) != its:
            return Block(reason=BlockReason.OTHER_COMPANY, text=there.company_id)
        if there.period.differs_from(line.period):
            return Block(reason=BlockReason.OTHER_PERIOD, period=there.period, meant=line.period)
        product = self.products.get(line.product_id)
        if product is not None and there.period.differs_from(product.period):
            return Block(reason=BlockReason.PRODUCT_PERIOD, period=there.period, meant=product.period)
        types = self.types.get(line.mapping_id)
        if types is not None and there.type.casefold() not in types:
            return Block(reason=BlockReason.OTHER_TYPE, text=there.type)
        return None


@dataclass(frozen=True, slots=True)
class Listed:
    """A PSA connection's list of agreements, by id, and what they must be like."""

    connection: str
    agreements: Mapping[str, Agreement]
    meant: Meant
    may_bill_on: Callable[[AgreementRecord], bool] = lambda record: False
    """Of an agreement that the list does not show: a line that is to end may be billed after its day."""

    def noted(self, record: AgreementRecord) -> AgreementRecord:
        """The record with what the list says of it; one of another connection stays as it is."""
        if record.connection != self.connection:
            return record
        # A row without an id may be any of those that are missing: none of them is gone.
        there = self.agreements.get(record.agreement_id) or self.agreements.get("")
        left = without_what_is_over(record, there, self.meant.today)
        unlisted = there is None and self.may_bill_on(left)
        return noted(left, there, self.meant, unlisted=unlisted)


def loss_of_list(
    tables: Tables, account: Account, planned: Planned, listed: Listed, run: Run, now: datetime
) -> ConnectionFailure | None:
    """Why the list is not believed tonight; None when it is.

    It is believed when little is lost, when another night found the same lost, or when a person said of just these
    agreements that they are gone.
    """
    connection = listed.connection
    mapped = sorted(
        id_ for (of, id_), known in planned.outlines.items() if of == connection and known.was_there
    )
    lost = [id_ for id_ in mapped if id_ not in listed.agreements]
    if 2 * len(lost) <= len(mapped):
        return None
    hashed = keys.hashed("|".join(lost))
    if run.believes_lost == hashed:
        return None
    today = now.astimezone(account.zone).date()
    before = connection_failure(tables, account.id, connection)
    again = before is not None and before.lost == hashed
    since = before.since if before is not None and again and before.since is not None else today
    if again and since < today:
        return None
    return ConnectionFailure(
        connection=connection,
        code="list",
        cause=Cause.LIST_LOST,
        facts=(f"{len(mapped) - len(lost)} of {len(mapped)}",),
        lost=hashed,
        missing=len(lost),
        agreements=tuple(lost[:SHOWN_MISSING]),
        since=since,
        found_at=now,
    )


def noted(
    record: AgreementRecord, there: Agreement | None, meant: Meant, *, unlisted: bool = False
) -> AgreementRecord:
    """The record by the PSA's list: lines of an agreement that is gone, has ended or is not what is meant are blocked.

    They are freed when it is as it should be. `unlisted`: no list shows it, and its lines that are to end may bill on.
    """
    if there is not None and there.not_understood:
        why = Unreadable(reason=UnreadableReason.NOT_UNDERSTOOD, text=there.not_understood)
        # As if it was never read: it is then the first to be read once it is understood.
        return record.model_copy(update={"unreadable": why, "read_at": None}) if record.lines else record
    lines = {
        name: _noted(line, there, _of_the_agreement(record, line, there, meant, unlisted=unlisted))
        for name, line in record.lines.items()
    }
    changes: dict[str, object] = {}
    if there is not None:
        changes = {"proration": there.proration, "billed_through": there.billed_through}
    if there is None or not there.active:
        changes["unreadable"] = None  # its lines say what is wrong, and nobody reads it any more
    if lines != record.lines:
        changes["lines"] = lines
        if any(record.lines[name].blocked and not line.blocked for name, line in lines.items()):
            changes["read_at"] = None  # what the lines say now is not known any more
    return record.model_copy(update=changes)


def _of_the_agreement(
    record: AgreementRecord, line: LineRecord, there: Agreement | None, meant: Meant, *, unlisted: bool
) -> Block | None:
    if there is None:
        to_end = line.ending is not None and not line.is_ended
        reason = BlockReason.AGREEMENT_UNLISTED if unlisted and to_end else BlockReason.AGREEMENT_GONE
        return Block(reason=reason)
    if line.ending is not None:
        # It is to bill nothing, whatever else its agreement has become; in an inactive one it does not.
        return None if there.active else Block(reason=BlockReason.AGREEMENT_ENDED)
    if not there.active or (there.ends is not None and there.ends < meant.today):
        return Block(reason=BlockReason.AGREEMENT_ENDED)
    return meant.what_differs(record, line, there)


def _noted(line: LineRecord, there: Agreement | None, why: Block | None) -> LineRecord:
    changes: dict[str, object] = {}
    mine = line.blocked is not None and line.blocked.reason in OF_THE_AGREEMENT
    if line.blocked != why and (why is not None or mine):
        changes["blocked"] = why
    if line.period is Period.UNKNOWN and there is not None and there.period is not Period.UNKNOWN:
        changes["period"] = there.period
    return line.model_copy(update=changes) if changes else line
