"""HaloPSA: a line is part of a recurring invoice, and a write sends the whole of it back.

What shapes this file: what is not sent back is lost, and so is what a person changed after it was read; Halo counts
some lines itself; pending pro-rata rows are part of the number; 300 calls in 5 minutes for all tools together.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
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
from shared.billing.psa.halo import invoice_lines, shapes
from shared.billing.psa.halo.asking import (
    CHANGES,
    CLIENTS,
    INVOICES,
    ITEMS,
    MAY_EDIT,
    PSA,
    RIGHTS,
    Api,
    Params,
)
from shared.billing.psa.halo.documents import (
    Document,
    document_of,
    edited,
    made_by,
    undone_edits,
    with_new_line,
)
from shared.billing.psa.halo.lists import PAGE_SIZE, page_of, read_list
from shared.billing.psa.halo.rows import id_of
from shared.billing.psa.halo.settings import HaloSettings
from shared.billing.psa.read_back import judge_created, judge_once
from shared.http.client import Http


class Halo:
    """One signed-in Halo. Only `apply` writes, and it sends one request."""

    max_parallel = 1
    whole_document, creates_empty = True, False
    repeatable: frozenset[WriteKind] = frozenset()
    ends_by = EndsBy.DATE
    text_with_quantity = True

    def __init__(self, settings: HaloSettings, client_secret: str, http: Http) -> None:
        self._api = Api(settings, client_secret, http)
        self._by_hand = settings.quantity_by_hand
        self._prorates = settings.prorates
        self._sent: dict[str, tuple[Write, ...]] = {}
        """Of each recurring invoice, the writes of the last document that was sent."""

    # Reading

    def check(self) -> None:
        """Ask what the nights ask, and for the right to edit recurring invoices."""
        missing: list[str] = []
        for path, of in ((CLIENTS, {}), (ITEMS, {}), (INVOICES, {}), (CHANGES, {"invoice_id": 1})):
            try:
                page_of(self._api, path, 1, 1, of)
            except PsaRefused as refused:
                if refused.cause is not Cause.RIGHTS:
                    raise
                missing += refused.facts
        if RIGHTS[INVOICES] not in missing and not self._api.may_edit():
            missing.append(MAY_EDIT)
        if missing:
            raise PsaRefused.for_all(PSA, Cause.RIGHTS, "Forbidden", *dict.fromkeys(missing))

    def companies(self) -> list[PsaCompany]:
        rows = read_list(self._api, CLIENTS).rows.values()
        return [company for row in rows if (company := shapes.company(row))]

    def products(self) -> list[Product]:
        return [shapes.product(row) for row in read_list(self._api, ITEMS).rows.values()]

    def agreements(self) -> list[Agreement]:
        listed, today = read_list(self._api, INVOICES), self._api.http.clock().date()
        return shapes.agreements(listed, today, prorates=self._prorates)

    def lines(self, agreement_id: str) -> list[Line]:
        self._api.wait_for_the_pace()
        return invoice_lines.lines(self._document(agreement_id), self._by_hand)

    def _document(self, agreement_id: str) -> Document:
        try:
            body = self._api.ask(f"{INVOICES}/{_number(agreement_id)}", {"includedetails": "true"})
        except NotThere as error:
            raise NotThere(
                error.code,
                f"Recurring invoice {agreement_id} is not in HaloPSA any more. Map its licences to another one.",
            ) from None
        return document_of(body, agreement_id)

    def find_effect(self, write: Write, line_id: str = "") -> Evidence:
        try:
            document = self._document(write.agreement_id)
        except NotThere:
            return Evidence(Effect.DIVERGED, None)
        lines = {line.id: line for line in invoice_lines.lines(document, self._by_hand)}
        if write.kind is WriteKind.CREATE_LINE:
            evidence = judge_created(write, list(lines.values()), line_id)
        else:
            evidence = judge_once(write, lines.get(write.line_id))
        if evidence.line is not None and (odd := evidence.line.not_understood):  # it proves nothing
            raise PsaUnavailable(f"HaloPSA shows line {evidence.line.id} with what is not understood: {odd}.")
        if evidence.effect is not Effect.APPLIED or evidence.line is None:
            return evidence
        changes = self._changes(write.agreement_id)
        undone = undone_edits(changes, write, document, self._beside(write), evidence.line.id)
        return Evidence(Effect.DIVERGED, evidence.line, undone) if undone else evidence

    def _beside(self, write: Write) -> list[Write] | None:
        """The other writes of its document; None: not known any more. A line is made by a document of its own."""
        if not write.line_id:
            return []
        sent = self._sent.get(write.agreement_id)
        return None if sent is None or write not in sent else [other for other in sent if other != write]

    def _changes(self, agreement_id: str) -> list[Mapping[str, Any]]:
        """What changed lately in a recurring invoice, and by whom, oldest first; nothing where Halo does not tell.

        That it tells is asked when the connection is tested: what has been proven must not wait for it.
        """
        of: Params = {"invoice_id": agreement_id, "orderdesc": "true"}
        try:
            rows = page_of(self._api, CHANGES, 1, PAGE_SIZE, of)
        except PsaRefused as refused:
            if refused.is_for_all:
                raise
            return []
        return sorted(rows, key=lambda row: id_of(row) or 0)

    # Writing

    def apply(self, *writes: Write) -> WriteAnswer:
        try:
            document = self._document(writes[0].agreement_id)
            if why := self._conflict(writes, document):
                return WriteAnswer(Sent.CONFLICT, why)
            body = self._body(writes, document)
            self._sent[writes[0].agreement_id] = writes
            answer = self._api.written(INVOICES, body, MAY_EDIT)
        except PsaUnavailable as error:
            return WriteAnswer(Sent.NOT_SENT, str(error), error.after, error.asked_for)
        except PsaRefused as refused:
            return WriteAnswer(
                Sent.REFUSED, refused.sentence, refusal=refused if refused.is_for_all else None
            )
        return answer if isinstance(answer, WriteAnswer) else self._yes(answer, document)

    def _body(self, writes: Sequence[Write], document: Document) -> list[Document]:
        if writes[0].kind is WriteKind.CREATE_LINE:
            (write,) = writes
            return with_new_line(document, write, self._price_of(write))
        return edited(document, writes, prorates=self._prorates)

    def _conflict(self, writes: Sequence[Write], document: Document) -> str:
        """Why the document is not as it was looked at; "" when it is."""
        looked = writes[0].document
        if looked and looked != invoice_lines.document_hash(document):
            return "The recurring invoice was changed after it was looked at."
        lines = {line.id: line for line in invoice_lines.lines(document, self._by_hand)}
        for write in writes:
            there = lines.get(write.line_id)
            if write.kind is WriteKind.CREATE_LINE:
                continue
            if there is None:
                return f"Line {write.line_id} is not in the recurring invoice any more."
            if there.not_writable:
                return there.not_writable
            ends = write.kind is WriteKind.END_LINE
            looked_at = there.but_end if ends else there.but_text if write.sets_text else there.fingerprint
            if there.quantity != write.before or looked_at != write.fingerprint:
                return f"Line {write.line_id} was changed after it was looked at."
        return ""

    def _price_of(self, write: Write) -> Decimal | None:
        """Of a new line that is billed: Halo is not asked to find it."""
        if write.billable is not BillableOption.BILLABLE:
            return None
        if write.unit_price is not None:
            return write.unit_price
        row = self._api.ask(f"{ITEMS}/{_number(write.product_id)}", {})
        return shapes.product(row).price if isinstance(row, dict) else None

    def _yes(self, answer: requests.Response, document: Document) -> WriteAnswer:
        try:
            body = self._api.json(answer)
        except PsaUnavailable as error:
            return WriteAnswer(Sent.UNCLEAR, str(error))
        if isinstance(body, list) and len(body) == 1:
            body = body[0]
        return WriteAnswer(Sent.ANSWERED, line_id=made_by(body, document))


def _number(text: str) -> int:
    """An id as it may stand in an address. Raises PsaRefused: whose id is wrong is one line's trouble, not more."""
    if not (text.isascii() and text.isdecimal()):
        raise PsaRefused(
            "not an id", f"'{text}' is no id of HaloPSA, whose ids are numbers. Choose it again in Seatwise."
        )
    return int(text)
