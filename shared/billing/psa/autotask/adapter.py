"""Autotask PSA: a line is a contract service, and its units are changed by signed, dated adjustments.

What shapes this file: an adjustment can be neither listed nor undone, and sent twice it counts twice; the units of a
day stand in rows by period, also of periods to come; nearly every refusal is a 500; a user who may not see a row is
told nothing.
"""

from datetime import timedelta

import requests

from shared.billing.psa.autotask import shapes
from shared.billing.psa.autotask.asking import Api
from shared.billing.psa.autotask.lists import EVERY, Condition, eq, id_of, read_list, read_rows
from shared.billing.psa.autotask.picklists import picklists
from shared.billing.psa.autotask.settings import AutotaskSettings
from shared.billing.psa.base import (
    Agreement,
    BillableOption,
    Effect,
    EndsBy,
    Evidence,
    Line,
    NotThere,
    Product,
    PsaCompany,
    PsaRefused,
    PsaUnavailable,
    Sent,
    Write,
    WriteAnswer,
    WriteKind,
)
from shared.billing.psa.causes import Cause
from shared.billing.psa.read_back import judge_created, judge_once
from shared.http.client import Http, Unreachable, json_of

CONTRACTS, SERVICES, COMPANIES = "Contracts", "Services", "Companies"
LINES, UNITS, ADJUSTMENTS = "ContractServices", "ContractServiceUnits", "ContractServiceAdjustments"
_MUST_SEE = (COMPANIES, SERVICES, CONTRACTS, LINES, UNITS)
_MUST_CREATE = (LINES, ADJUSTMENTS)
_MARKER_LENGTH = 50
_RIGHTS = {WriteKind.CREATE_LINE: f"{LINES} (create)", WriteKind.SET_TEXT: f"{LINES} (update)"}
"""The right that a write needs, where it is no adjustment."""
_A_DAY = timedelta(days=1)
"""It is still yesterday west of Greenwich."""
_BUSY_WAIT = timedelta(seconds=30)


class Autotask:
    """One signed-in Autotask. Only `apply` writes, and it sends one request."""

    max_parallel = 2
    repeatable = frozenset({WriteKind.SET_TEXT})
    text_with_quantity = False
    whole_document = False
    creates_empty = True
    ends_by = EndsBy.NO_SEATS

    def __init__(self, settings: AutotaskSettings, secret: str, http: Http) -> None:
        self._api = Api(settings, secret, http)

    # Reading

    def check(self) -> None:
        """Ask what the nights ask, and for the rights to see every row and to adjust."""
        wanted = [*((name, "Query") for name in _MUST_SEE), *((name, "Create") for name in _MUST_CREATE)]
        missing = [f"{entity} ({way.lower()})" for entity, way in wanted if not self._api.may(entity, way)]
        if missing:
            raise PsaRefused.for_all("Autotask", Cause.RIGHTS, "permissions", *missing)
        read_list(self._api, CONTRACTS, eq("id", 0))

    def companies(self) -> list[PsaCompany]:
        rows = self._whole(COMPANIES).values()
        return [company for row in rows if (company := shapes.company(row))]

    def products(self) -> list[Product]:
        periods = self._periods()
        return [shapes.product(row, periods) for row in self._whole(SERVICES).values()]

    def _periods(self) -> dict[str, str]:
        """Labels of periodType by value."""
        told = picklists(self._api.ask(f"{SERVICES}/entityInformation/fields", {}))
        return {str(one.get("value")): str(one.get("label")) for one in told.get("periodType", ())}

    def agreements(self) -> list[Agreement]:
        self._api.wait_for_the_pace()
        today, of_services = self._api.http.clock().date(), eq("contractType", shapes.RECURRING_SERVICE)
        found = read_rows(self._api, CONTRACTS, of_services, counted=True)
        return shapes.agreements(found, today)

    def _whole(self, entity: str) -> dict[int, dict[str, object]]:
        """What people choose from: a row without an id that is understood is not one of it."""
        self._api.wait_for_the_pace()
        return read_rows(self._api, entity, EVERY, counted=True).by_id

    def lines(self, agreement_id: str) -> list[Line]:
        self._api.wait_for_the_pace()
        return self._lines(agreement_id)

    def _lines(self, agreement_id: str) -> list[Line]:
        of_contract = eq("contractID", _number(agreement_id))
        services = read_list(self._api, LINES, of_contract)
        if not services and not self._is_there(agreement_id):
            raise NotThere(
                "gone",
                f"Contract {agreement_id} is not in Autotask any more, or the API user may not see it."
                " Map its licences to another agreement.",
            )
        units = read_list(self._api, UNITS, of_contract, self._not_over()) if services else {}
        if services.keys() - {id_of(row, "contractServiceID") for row in units.values()}:
            self._prove_that_units_are_seen()
        return shapes.lines(services.values(), units.values(), self._api.http.clock().date())

    def _prove_that_units_are_seen(self) -> None:
        """A service has no units before its first adjustment, or the API user may not see them any more: that is no 0.

        Raises PsaRefused for the whole connection.
        """
        if not self._api.may(UNITS, "Query"):
            raise PsaRefused.for_all("Autotask", Cause.RIGHTS, "permissions", f"{UNITS} (query)")

    def _not_over(self) -> Condition:
        """Rows of today and later: a contract has one for each service and month of its whole time."""
        day = self._api.http.clock().date() - _A_DAY
        return {"op": "gte", "field": "endDate", "value": f"{day.isoformat()}T00:00:00"}

    def _is_there(self, agreement_id: str) -> bool:
        try:
            told = self._api.ask(f"{CONTRACTS}/{_number(agreement_id)}", {})
        except NotThere:
            return False
        return isinstance(told, dict) and told.get("item") is not None

    def find_effect(self, write: Write, line_id: str = "") -> Evidence:
        if write.kind is WriteKind.CREATE_LINE:
            try:
                return self._find_created(write, line_id)
            except NotThere:
                return Evidence(Effect.DIVERGED, None)
        number = _number(write.line_id)
        service = read_list(self._api, LINES, eq("id", number)).get(number)
        if service is None:
            return Evidence(Effect.DIVERGED, None)
        units = read_list(self._api, UNITS, eq("contractServiceID", number), self._not_over())
        if not units:
            self._prove_that_units_are_seen()
        there = shapes.line(service, units.values(), self._api.http.clock().date())
        if why := there.not_writable or (there.untold if write.before else ""):
            raise PsaUnavailable(f"Line {write.line_id}: {why}")  # it proves nothing
        return judge_once(write, there)

    def _find_created(self, write: Write, line_id: str) -> Evidence:
        # A service is not billed from a day: its units are.
        undated = write.model_copy(update={"effective": None})
        evidence = judge_created(undated, self._lines(write.agreement_id), line_id)
        made = evidence.line
        if made is None or evidence.effect is not Effect.APPLIED or made.unit_price:
            return evidence
        number = _number(write.product_id)
        service = read_list(self._api, SERVICES, eq("id", number)).get(number)
        price = shapes.product(service, {}).price if service is not None else None
        if not price:
            return evidence
        why = "The new line was made without a price, and its service has one. Enter it in Autotask."
        return Evidence(Effect.DIVERGED, made, why, price=price)

    # Writing

    def apply(self, *writes: Write) -> WriteAnswer:
        (write,) = writes
        try:
            method, path, body = _request(write)
        except PsaRefused as refused:
            return WriteAnswer(Sent.REFUSED, refused.sentence)
        right = _RIGHTS.get(write.kind, f"{ADJUSTMENTS} (create)")
        answer = self._api.written(path, body, right, method)
        return answer if isinstance(answer, WriteAnswer) else _yes(write, answer)


def _yes(write: Write, answer: requests.Response) -> WriteAnswer:
    """The id of what was made: of the service, or of the adjustment, by which nobody can look it up."""
    try:
        body = json_of(answer)
    except Unreachable as error:
        return WriteAnswer(Sent.UNCLEAR, error.why)
    item = id_of(body, "itemId") if isinstance(body, dict) else None
    if item is None:
        return WriteAnswer(Sent.UNCLEAR, "Autotask said yes without the id of what it made.")
    if write.kind is WriteKind.CREATE_LINE:
        return WriteAnswer(Sent.ANSWERED, line_id=str(item))
    return WriteAnswer(Sent.ANSWERED, receipt=str(item))


def _request(write: Write) -> tuple[str, str, dict[str, object]]:
    """Method, path and body of the one request of a write. Raises PsaRefused for a write that cannot be one."""
    contract = _number(write.agreement_id)
    if write.kind is WriteKind.SET_TEXT:
        # Of a service only its price and this can be changed: https://ww2.autotask.net, ContractServicesEntity.
        text = {"id": _number(write.line_id), "invoiceDescription": write.invoice_text}
        return "PATCH", f"{CONTRACTS}/{contract}/Services", text
    if write.kind is not WriteKind.CREATE_LINE:
        return "POST", f"{CONTRACTS}/{contract}/ServiceAdjustments", _adjustment(contract, write)
    if not 0 < len(write.marker) <= _MARKER_LENGTH:
        raise PsaRefused("marker", f"A new line needs a marker of 1 to {_MARKER_LENGTH} characters.")
    if write.billable is not BillableOption.BILLABLE:
        raise PsaRefused("billable", "Autotask bills every service of a contract. Choose a billable profile.")
    body: dict[str, object] = {
        "contractID": contract,
        "serviceID": _number(write.product_id),
        "internalDescription": write.marker,
    }
    if write.unit_price is not None:
        body["unitPrice"] = float(
            write.unit_price
        )  # JSON has one kind of number; the shortest text is the same
    if write.invoice_text:
        body["invoiceDescription"] = write.invoice_text
    return "POST", f"{CONTRACTS}/{contract}/Services", body


def _adjustment(contract: int, write: Write) -> dict[str, object]:
    """A service has no last day: all its units are taken away on the day after."""
    ends = write.kind is WriteKind.END_LINE
    if write.effective is None:
        raise PsaRefused("undated", "An adjustment needs the day from which it counts.")
    return {
        "contractID": contract,
        "contractServiceID": _number(write.line_id),
        "unitChange": -write.before if ends else write.after - write.before,
        "effectiveDate": write.effective.isoformat(),
    }


def _number(text: str) -> int:
    """An id as it may stand in an address. Raises PsaRefused: whose id is wrong is one line's trouble, not more."""
    if not (text.isascii() and text.isdecimal()):
        raise PsaRefused(
            "not an id", f"'{text}' is no id of Autotask, whose ids are numbers. Choose it again."
        )
    return int(text)
