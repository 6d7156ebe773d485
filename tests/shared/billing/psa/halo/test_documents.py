"""A recurring invoice goes back whole, with nothing changed but what is meant; and whose edit a write undid is told."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.billing.psa.base import PsaRefused, PsaUnavailable, Write, WriteKind
from shared.billing.psa.halo.documents import document_of, edited, made_by, undone_edits, with_new_line
from tests.shared.billing.psa.halo.test_invoice_lines import LINE

DOCUMENT: dict[str, Any] = {
    "id": 900,
    "lines": [
        LINE,
        {**LINE, "id": 2, "qty_order": Decimal("2.50"), "unknown": {"deep": [1]}},
        {**LINE, "id": 3},
    ],
}


def setting(line_id: str, before: int, after: int) -> Write:
    return Write(
        kind=WriteKind.SET_QUANTITY,
        agreement_id="900",
        line_id=line_id,
        product_id="44",
        before=before,
        after=after,
    )


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_every_line_goes_back_as_it_was_but_for_the_numbers_that_are_set(first: int, third: int) -> None:
    (body,) = edited(DOCUMENT, [setting("1", 10, first), setting("3", 10, third)], prorates=False)
    assert body["lines"][1] is DOCUMENT["lines"][1]  # 2.50 seats are left as they are
    assert body["lines"][0] == {**DOCUMENT["lines"][0], "qty_order": first}
    assert body["lines"][2] == {**DOCUMENT["lines"][2], "qty_order": third}
    assert (body["id"], set(body)) == (900, {"id", "lines"})


def test_what_is_entered_leaves_room_for_pending_rows_and_has_no_point_zero() -> None:
    row = {**LINE, "prorata_data": [{"quantity": Decimal("2.0")}]}
    (body,) = edited({"id": 900, "lines": [row]}, [setting("1", 12, 15)], prorates=False)
    assert str(body["lines"][0]["qty_order"]) == "13"
    with pytest.raises(PsaRefused, match="Remove them in Halo"):
        edited({"id": 900, "lines": [row]}, [setting("1", 12, 1)], prorates=False)


@pytest.mark.parametrize(
    "begins, is_prorated", [("2026-04-01T00:00:00", False), ("2026-03-17T00:00:00", True), (None, True)]
)
def test_of_a_line_that_is_still_to_begin_nothing_is_prorated(
    begins: str | None, *, is_prorated: bool
) -> None:
    row = {**LINE, "startdate": begins, "prorata_data": []}
    write = setting("1", 10, 12).model_copy(update={"effective": date(2026, 3, 17)})
    (body,) = edited({"id": 900, "lines": [row]}, [write], prorates=True)
    [line] = body["lines"]
    assert (line["qty_order"], bool(line["prorata_data"])) == (10 if is_prorated else 12, is_prorated)


def test_a_whole_number_has_no_point_zero_in_any_line() -> None:
    other = {**LINE, "id": 2, "qty_order": Decimal("3.0"), "unit_price": Decimal("22.0")}
    (body,) = edited({"id": 900, "lines": [LINE, other]}, [setting("1", 10, 12)], prorates=False)
    assert [str(line["qty_order"]) for line in body["lines"]] == ["12", "3"]
    assert str(body["lines"][1]["unit_price"]) == "22.0"


def test_a_number_that_nobody_means_goes_back_as_it_came() -> None:
    """Written out it would fill the memory."""
    other = {**LINE, "id": 2, "qty_order": Decimal("1e999999999")}
    (body,) = edited({"id": 900, "lines": [LINE, other]}, [setting("1", 10, 12)], prorates=False)
    assert body["lines"][1] == other


def test_a_new_line_stands_beside_those_that_are_there() -> None:
    write = Write(
        kind=WriteKind.CREATE_LINE, agreement_id="900", product_id="44", before=0, after=7, marker="m"
    )
    (body,) = with_new_line(DOCUMENT, write, Decimal("23.5"))
    assert body["lines"][:3] == DOCUMENT["lines"]
    assert body["lines"][3] == {
        "_itemid": 44,
        "qty_order": 7,
        "unit_price": Decimal("23.5"),
        "customfields": [{"name": "CFSeatwise", "value": "m"}],
    }


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"id": 901, "lines": []},
        {"id": 900},
        {"id": 900, "lines": None},
        {"id": 900, "lines": ["x"]},
        {"id": 900, "lines": [{"_itemid": 44}]},
        {"id": 900, "lines": [LINE, LINE]},
    ],
)
def test_half_a_document_is_never_taken_for_the_whole(body: object) -> None:
    with pytest.raises(PsaUnavailable):
        document_of(body, "900")


def test_the_line_that_was_made_is_the_only_one_that_was_not_there() -> None:
    new = {**LINE, "id": 9}
    assert made_by({"lines": [*DOCUMENT["lines"], new]}, DOCUMENT) == "9"
    assert made_by({"lines": [*DOCUMENT["lines"], new, {**new, "id": 10}]}, DOCUMENT) == ""
    assert made_by({"lines": DOCUMENT["lines"]}, DOCUMENT) == ""
    assert made_by("created", DOCUMENT) == ""


def change(who: str, line: int, field: str, old: str, new: str, at: str = "T1") -> dict[str, Any]:
    told = {"who": who, "invoice_line_id": line, "field_name": field}
    return {**told, "old_value": old, "new_value": new, "datetime": at}


def written() -> dict[str, Any]:
    """The document after the write."""
    return {**DOCUMENT, "lines": [{**LINE, "qty_order": 12}, *DOCUMENT["lines"][1:]]}


WRITE = setting("1", 10, 12)
OURS = change("api", 1, "qty_order", "10", "12", "T2")


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [OURS],
        [change("kim", 2, "unit_price", "5", "6"), OURS],
        [change("kim", 1, "qty_order", "9", "10"), OURS],
        [OURS, change("kim", 2, "unit_price", "5", "6", "T3")],
        [change("kim", 2, "qty_order", "5", "6"), change("api", 2, "qty_order", "6", "5")],
    ],
)
def test_edits_before_and_after_the_write_are_no_matter_of_it(changes: list[dict[str, Any]]) -> None:
    assert undone_edits(changes, WRITE, written(), [], "1") == ""


@pytest.mark.parametrize(
    "changes, told",
    [
        (
            [
                change("kim", 2, "unit_price", "22", "25"),
                OURS,
                change("api", 2, "unit_price", "25", "22", "T2"),
            ],
            "kim had set unit_price of line 2 to 25",
        ),
        (
            [change("kim", 1, "qty_order", "10", "11"), change("api", 1, "qty_order", "11", "12", "T2")],
            "kim had set qty_order of line 1 to 11",
        ),
        (
            [OURS, change("api", 3, "line", "", "again", "T2")],
            "somebody had set line of line 3 to ",
        ),
    ],
)
def test_an_edit_that_the_write_undid_is_told_with_who_made_it(
    changes: list[dict[str, Any]], told: str
) -> None:
    assert told in undone_edits(changes, WRITE, written(), [], "1")


def test_the_other_numbers_of_one_post_are_meant_too_and_unknown_ones_are_not_judged() -> None:
    changes = [OURS, change("api", 3, "qty_order", "10", "11", "T2")]
    assert undone_edits(changes, WRITE, written(), [setting("3", 10, 11)], "1") == ""
    assert undone_edits(changes, WRITE, written(), None, "1") == ""
    assert "line 3" in undone_edits(changes, WRITE, written(), [], "1")
    assert "line 3" in undone_edits(changes, WRITE, written(), [setting("3", 9, 11)], "1")
