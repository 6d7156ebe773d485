"""ConnectWise PSA: a line is an agreement addition, its quantity is written as an absolute number.

What shapes this file: a wrong password may be answered 404; a 200 does not prove a change; there is neither a
conditional write nor an idempotency key.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import requests

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
from shared.billing.psa.connectwise import bodies, shapes
from shared.billing.psa.connectwise.asking import (
    AGREEMENTS,
    CATALOGUE,
    COMPANIES,
    MAY_ADD,
    MAY_EDIT,
    PSA,
    RIGHTS,
    Api,
)
from shared.billing.psa.connectwise.lists import read_list, rows_of
from shared.billing.psa.connectwise.settings import ConnectWiseSettings
from shared.billing.psa.connectwise.shapes import WholeList, id_of
from shared.billing.psa.read_back import judge_created, judge_quantity
from shared.http.client import Http, NotConnected, Unclear, Unreachable, json_of

_MARKER_LENGTH = 50
"""Characters of a serial number: a longer marker would be cut, and its line never found again."""
_COLUMNS = {
    AGREEMENTS: shapes.AGREEMENT_COLUMNS,
    CATALOGUE: shapes.PRODUCT_COLUMNS,
    COMPANIES: shapes.COMPANY_COLUMNS,
}
_NO_LINE = 0
"""No addition has this id."""


class ConnectWise:
    """One signed-in ConnectWise. Only `apply` writes, and it sends one request."""

    max_parallel = 8
    repeatable = frozenset({WriteKind.SET_QUANTITY, WriteKind.SET_TEXT, WriteKind.END_LINE})
    text_with_quantity = True
    whole_document = creates_empty = False
    ends_by = EndsBy.DATE

    def __init__(self, settings: ConnectWiseSettings, private_key: str, http: Http) -> None:
        self._api = Api(settings, private_key, http)
        self._in_advance = settings.in_advance

    # Reading

    def check(self) -> None:
        """Ask what the nights ask, with their columns, and for the right to edit lines."""
        self._api.prove_sign_in()
        missing = []
        for path in RIGHTS:
            try:
                missing += self._missing_at(path)
            except PsaRefused as refused:
                if refused.cause is not Cause.RIGHTS:
                    raise
                missing += refused.facts
        if missing:
            raise PsaRefused.for_all(PSA, Cause.RIGHTS, "Forbidden", *missing)

    def _missing_at(self, path: str) -> list[str]:
        """Rights that are missing beside that to read the list itself. Raises PsaRefused for that."""
        first: Mapping[str, str | int] = {"pageSize": 1}
        rows = rows_of(self._api, self._api.ask(path, {**first, "fields": _COLUMNS[path]}))
        ids = [id_ for row in rows if (id_ := id_of(row))]
        if path != AGREEMENTS or not ids:
            return []
        additions = _additions(str(ids[0]))
        rows_of(self._api, self._api.ask(additions, {**first, "fields": shapes.LINE_COLUMNS}))
        return [] if self._may_edit(additions) else [MAY_EDIT]

    def _may_edit(self, additions: str) -> bool:
        """Ask for no change of a line that does not exist: nothing can come of it but whether we might."""
        try:
            answer = self._api.write("PATCH", f"{additions}/{_NO_LINE}", [])
        except (NotConnected, Unclear) as error:
            raise PsaUnavailable(error.why) from None
        return answer.status_code != HTTPStatus.FORBIDDEN

    def companies(self) -> list[PsaCompany]:
        rows = self._whole(COMPANIES).rows.values()
        return [company for row in rows if (company := shapes.company(row))]

    def products(self) -> list[Product]:
        rows = self._whole(CATALOGUE).rows.values()
        return [product for row in rows if (product := shapes.product(row))]

    def agreements(self) -> list[Agreement]:
        today = self._api.http.clock().date()
        return shapes.agreements(self._whole(AGREEMENTS), today, self._in_advance)

    def _whole(self, path: str) -> WholeList:
        return read_list(self._api, path, _COLUMNS[path], counted=True)

    def lines(self, agreement_id: str) -> list[Line]:
        return shapes.lines(self._addition_rows(agreement_id), agreement_id)

    def _addition_rows(self, agreement_id: str) -> list[Mapping[str, Any]]:
        try:
            found = read_list(self._api, _additions(agreement_id), shapes.LINE_COLUMNS)
        except NotThere as error:
            raise NotThere(
                error.code,
                f"Agreement {agreement_id} is not in ConnectWise any more."
                " Map its licences to another agreement.",
            ) from None
        if found.nameless:
            raise PsaUnavailable(f"ConnectWise sent a line of agreement {agreement_id} without an id.")
        return list(found.rows.values())

    def find_effect(self, write: Write, line_id: str = "") -> Evidence:
        try:
            if not write.line_id:
                return self._find_created(write, line_id)
            path = f"{_additions(write.agreement_id)}/{_number(write.line_id)}"
            row = self._api.json(self._api.ask(path, {"fields": shapes.LINE_COLUMNS}))
        except NotThere:
            return Evidence(Effect.DIVERGED, None)
        if not isinstance(row, dict) or str(id_of(row)) != write.line_id:
            sent = id_of(row) if isinstance(row, dict) else "something else"
            raise PsaUnavailable(f"ConnectWise was asked for line {write.line_id} and sent line {sent}.")
        return judge_quantity(write, self._understood(row, write.agreement_id))

    def _find_created(self, write: Write, line_id: str) -> Evidence:
        rows = self._addition_rows(write.agreement_id)
        lines = shapes.lines(rows, write.agreement_id)
        evidence = judge_created(write, lines, line_id)
        for row in rows:
            if evidence.line is not None and str(id_of(row)) == evidence.line.id:
                self._understood(row, write.agreement_id)
        return self._unless_it_has_no_price(write, evidence)

    def _unless_it_has_no_price(self, write: Write, evidence: Evidence) -> Evidence:
        """No price was sent, so a new line takes that of the catalogue: one without charges nothing. A second line of
        one that charges nothing is sent just that.
        """
        line = evidence.line
        if line is None or evidence.effect is not Effect.APPLIED or line.unit_price:
            return evidence
        if write.unit_price == 0:
            return evidence
        if write.billable is not BillableOption.BILLABLE:
            return evidence
        path = f"{CATALOGUE}/{_number(write.product_id)}"
        row = self._api.json(self._api.ask(path, {"fields": shapes.PRODUCT_COLUMNS}))
        product = shapes.product(row) if isinstance(row, dict) else None
        if product is None or not product.price:
            return evidence
        why = f"The new line was made without a price, and the catalogue says {product.price.normalize():f}."
        why = f"{why} Enter it in ConnectWise, or the line charges nothing."
        return Evidence(Effect.DIVERGED, line, why, price=product.price)

    def _understood(self, row: Mapping[str, Any], agreement_id: str) -> Line:
        """The line of a row as evidence. Raises PsaUnavailable: what is not understood proves nothing."""
        line = shapes.line(row, agreement_id)
        if odd := line.not_understood:
            raise PsaUnavailable(f"ConnectWise shows line {line.id} with what is not understood: {odd}.")
        return line

    # Writing

    def apply(self, *writes: Write) -> WriteAnswer:
        (write,) = writes
        try:
            method, path, body = _request(write)
        except PsaRefused as refused:
            return WriteAnswer(Sent.REFUSED, refused.sentence)
        answer = self._api.written(method, path, body, MAY_EDIT if write.line_id else MAY_ADD)
        return answer if isinstance(answer, WriteAnswer) else _yes(write, answer)


def _yes(write: Write, answer: requests.Response) -> WriteAnswer:
    try:
        body = json_of(answer)
    except Unreachable as error:
        return WriteAnswer(Sent.UNCLEAR, error.why)
    return WriteAnswer(Sent.ANSWERED, _what_a_yes_hides(write, body), line_id=_id_of(body))


def _request(write: Write) -> tuple[str, str, object]:
    """Method, path and body of the one request of a write. Raises PsaRefused for a write that cannot be one."""
    path = _additions(write.agreement_id)
    if write.kind is WriteKind.SET_QUANTITY:
        return "PATCH", f"{path}/{_number(write.line_id)}", bodies.new_quantity(write)
    if write.kind is WriteKind.SET_TEXT:
        return "PATCH", f"{path}/{_number(write.line_id)}", bodies.new_text(write)
    if write.kind is WriteKind.END_LINE:
        return "PATCH", f"{path}/{_number(write.line_id)}", bodies.last_day(write)
    if not 0 < len(write.marker) <= _MARKER_LENGTH:
        raise PsaRefused(
            "marker",
            f"A new line needs a marker of 1 to {_MARKER_LENGTH} characters, else it is not found again.",
        )
    _number(write.product_id)
    return "POST", path, bodies.new_addition(write)


def _additions(agreement_id: str) -> str:
    return f"{AGREEMENTS}/{_number(agreement_id)}/additions"


def _number(text: str) -> int:
    """An id as it may stand in an address. Raises PsaRefused: whose id is wrong is one line's trouble, not more."""
    if not (text.isascii() and text.isdecimal()):
        raise PsaRefused(
            "not an id",
            f"'{text}' is no id of ConnectWise, whose ids are numbers. Choose it again in Seatwise.",
        )
    return int(text)


def _id_of(body: object) -> str:
    """The addition that an answer shows, "" when it shows none: a 201 has the whole of it."""
    found = id_of(body) if isinstance(body, dict) else None
    return str(found) if found else ""


def _what_a_yes_hides(write: Write, body: object) -> str:
    """A sentence when the answer to a write does not show what was asked for; the read-back decides."""
    if write.kind in (WriteKind.END_LINE, WriteKind.SET_TEXT):
        return ""
    shown = body.get("quantity") if isinstance(body, dict) else None
    if shown == write.after:
        return ""
    return f"ConnectWise said yes, but its answer shows the quantity {shown} instead of {write.after}."
