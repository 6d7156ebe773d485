"""Whatever stands in the rows of a PSA costs its own row: it is shaped, judged, stored and read again."""

import itertools
import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from shared.billing import why_not
from shared.billing.models import AgreementRecord, LineRecord
from shared.billing.psa.autotask import shapes as autotask
from shared.billing.psa.base import Line
from shared.billing.psa.connectwise import shapes as connectwise
from shared.billing.psa.halo import invoice_lines
from shared.billing.psa.halo import shapes as halo
from shared.billing.psa.halo.exact import read_exactly
from shared.billing.psa.halo.rows import WholeList
from shared.billing.psa_lists import PsaLists
from shared.billing.pushing.listed_agreements import Meant, noted
from shared.billing.reconcile import reconciled
from shared.http.client import json_of

TODAY = date(2026, 11, 27)
NOW = datetime(2026, 11, 27, 2, tzinfo=ZoneInfo("Pacific/Apia"))
DAYS = st.sampled_from(
    [
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:00:00Z",
        "9999-12-31T23:59:59-12:00",
        "2026-11-26T22:00:00Z",
        "2026-W48-5",
    ]
)
NUMBERS = st.sampled_from(
    [
        "1e400",
        "-1e400",
        "1e308",
        "1E+5000",
        "-0.0",
        "0.1",
        "9" * 400,
        "1e-400",
        "12.0",
        "NaN",
        "1e999999999",
        "1e-999999999",
    ]
)
HALF = "Contoso \ud83d"
"""JSON may escape half of a character."""
ODD: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | DAYS
    | st.sampled_from([[], {"id": 1}, HALF])
)


def sent(
    row: dict[str, Any], changes: dict[str, Any], numbers: dict[str, str], read: Callable[[bytes], Any]
) -> Any:
    """The row as its adapter's JSON gives it; `numbers` are written as they stand, as only a foreign server would."""
    text = json.dumps(row | changes | {name: f"@{number}@" for name, number in numbers.items()})
    for number in numbers.values():
        text = text.replace(f'"@{number}@"', number)
    return read(text.encode())


def as_http_reads_it(body: bytes) -> Any:
    answer = requests.Response()
    answer.raw, answer.url = BytesIO(body), "https://psa.example/"
    return json_of(answer)


ROWS: dict[str, tuple[dict[str, Any], Callable[[bytes], Any], Callable[[Any], list[Line]]]] = {
    "connectwise": (
        {
            "id": 5,
            "product": {"id": 9},
            "quantity": 10.0,
            "lessIncluded": 0,
            "unitPrice": 22.0,
            "billCustomer": "Billable",
            "effectiveDate": "2026-01-01T00:00:00Z",
            "cancelledDate": None,
            "serialNumber": "",
            "agreementStatus": "Active",
            "customFields": [],
        },
        as_http_reads_it,
        lambda row: connectwise.lines([row], "7"),
    ),
    "halo": (
        {
            "id": 5,
            "_itemid": 9,
            "qty_order": 10,
            "unit_price": 22.5,
            "startdate": None,
            "enddate": None,
            "isinactive": False,
            "prorata_data": [],
            "customfields": [],
        },
        read_exactly,
        lambda row: invoice_lines.lines({"id": 7, "lines": [row]}, 0),
    ),
    "autotask": (
        {
            "id": 5,
            "contractID": 7,
            "serviceID": 9,
            "unitPrice": 22.0,
            "adjustedPrice": None,
            "internalDescription": "",
            "units": 10,
            "startDate": "2026-01-01T00:00:00Z",
            "contractServiceID": 5,
        },
        as_http_reads_it,
        lambda row: autotask.lines([row], [row], TODAY),
    ),
}


@pytest.mark.parametrize("psa", ROWS)
@given(data=st.data())
def test_any_line_is_shaped_and_what_is_kept_of_it_is_read_again(psa: str, data: st.DataObject) -> None:
    row, read, shaped = ROWS[psa]
    fields = sorted(row.keys() - {"id"})
    changes = data.draw(st.dictionaries(st.sampled_from(fields), ODD, max_size=3))
    numbers = data.draw(st.dictionaries(st.sampled_from(fields), NUMBERS.filter("NaN".__ne__), max_size=2))
    (line,) = shaped(sent(row, changes, numbers, read))
    assert line.quantity.is_finite()
    assert line.unit_price.is_finite()
    mine = LineRecord(mapping_id="m", tenant_id="t", product_id=line.product_id, line_id="5")
    new = LineRecord(mapping_id="n", tenant_id="t", product_id=line.product_id)
    record = AgreementRecord(connection="p", agreement_id="7", lines={"m": mine})
    for lines in ({"m": mine}, {"n": new}):
        after = reconciled(record.model_copy(update={"lines": lines}), {"5": line}, {}, NOW)
        assert AgreementRecord.model_validate_json(after.body()) == after
        assert all(isinstance(why_not.of_line(kept), str) for kept in after.lines.values())


@given(data=st.data())
def test_any_row_of_a_list_is_shaped_judged_and_kept(data: st.DataObject) -> None:
    def row(fields: str, read: Callable[[bytes], Any] = as_http_reads_it) -> dict[str, Any]:
        names = st.sampled_from(fields.split())
        changes = data.draw(st.dictionaries(names, ODD, max_size=4))
        numbers = data.draw(st.dictionaries(names, NUMBERS.filter("NaN".__ne__), max_size=2))
        return dict(sent({"id": 7}, changes, numbers, read))

    contract = row(
        "name type company agreementStatus cancelledFlag endDate nextInvoiceDate prorateFlag billingCycle"
    )
    invoice = row("name client_id disabled period startdate enddate nextcreationdate", read_exactly)
    agreements = [
        *connectwise.agreements(connectwise.WholeList({7: contract}, 1), TODAY),
        *halo.agreements(WholeList({7: invoice}, 1), TODAY, prorates=False),
        autotask.agreement(row("companyID contractName status endDate"), TODAY),
    ]
    products = [
        connectwise.product(row("identifier description price cost inactiveFlag productClass recurringFlag")),
        halo.product(
            row(
                "name internalreference recurringprice baseprice costprice item_default_billing_period",
                read_exactly,
            )
        ),
        autotask.product(row("name sku unitPrice unitCost isActive periodType"), {}),
    ]
    companies = [
        connectwise.company(row("name identifier website deletedFlag")),
        halo.company(row("name ref website inactive", read_exactly)),
        autotask.company(row("companyName companyNumber webAddress isActive")),
    ]
    lists = PsaLists(
        read_at=NOW,
        companies=tuple(one for one in companies if one),
        agreements=tuple(agreements),
        products=tuple(one for one in products if one),
    )
    assert PsaLists.model_validate_json(lists.body()) == lists
    line = LineRecord(mapping_id="m", tenant_id="t", product_id="9", line_id="5", confirmed=10)
    record = AgreementRecord(connection="p", agreement_id="7", lines={"m": line})
    for there, product in itertools.product((None, *agreements), lists.products):
        after = noted(record, there, Meant(products={"9": product}, today=TODAY))
        assert AgreementRecord.model_validate_json(after.body()) == after
    assert all(one.price.is_finite() and one.price <= Decimal(10**9) for one in lists.products)
