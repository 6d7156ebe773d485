"""One tenant as two companies by the API: previewed, added, mapped, pushed, and what is refused on the way."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.microsoft.models import User
from tests.functions.api.billing_msp import BASE, MAPPINGS, TENANT, BillingMsp, save
from tests.functions.api.conftest import Caller
from tests.functions.memory_wiring import MemoryWiring
from tests.shared.billing.world import SKU, user

type SignIn = Callable[[str], Caller]
PREVIEW = f"{BASE}/tenants/{TENANT}/filters/preview"
COMPANIES = f"{BASE}/companies"


def people(**offices: int) -> tuple[User, ...]:
    return tuple(
        replace(user(f"{office}{number}"), office=office)
        for office, n in offices.items()
        for number in range(n)
    )


@pytest.fixture
def msp(wired: MemoryWiring) -> BillingMsp:
    return BillingMsp(wired)


def filtered(editor: Caller, *office: str) -> None:
    """The tenant's first company has these offices."""
    there = f"{COMPANIES}/quayside"
    etag = editor("GET", there).headers["etag"]
    changed = editor("PATCH", there, json={"filters": {"office": office}}, headers={"If-Match": etag})
    assert changed.status_code == 200, changed.text
    assert changed.json()["filters"]["office"] == sorted(office)


def beside(msp: BillingMsp, editor: Caller, *office: str) -> str:
    """A second company of the tenant, and its PSA company; its id."""
    psa_company = msp.fake.add_company("Quayside South")
    editor("POST", f"{BASE}/psa-connections/{msp.psa}/refresh")
    msp.refresh()
    asked = {
        "tenantId": TENANT,
        "psaConnection": msp.psa,
        "psaCompany": psa_company.id,
        "name": "Quayside South",
        "filters": {"office": office},
    }
    added = editor("POST", COMPANIES, json=asked)
    assert added.status_code == 201, added.text
    return str(added.json()["id"])


def test_a_tenant_becomes_two_companies_and_each_line_follows_its_own_users(
    msp: BillingMsp, sign_in: SignIn
) -> None:
    editor = sign_in("admin")
    profile = msp.ready(editor)
    msp.list_customer()
    msp.read(12, people(North=4, South=5, West=1))
    seen = editor("POST", PREVIEW, json={"companyId": "quayside", "filters": {"office": [" north "]}}).json()
    assert (seen["users"], seen["fit"], seen["inSeveral"], seen["inNone"]) == (10, 4, 0, 6)
    assert seen["texts"]["office"][0] == {"text": "South", "users": 5}
    assert [(licence["skuId"], licence["users"]) for licence in seen["licences"]] == [(SKU, 4)]
    filtered(editor, "North")
    south = beside(msp, editor, "South")
    agreement = msp.fake.add_agreement(editor("GET", f"{COMPANIES}/{south}").json()["psaCompany"]).id
    line = msp.fake.add_line(agreement, msp.product.id, 5).id
    assigned = {"options": {"basis": "assigned"}}
    mine = msp.mapping(profile, **assigned)["mappings"]
    theirs = msp.mapping(profile, **assigned, companyId=south, agreementId=agreement, lineId=line)["mappings"]
    editor("POST", f"{BASE}/psa-connections/{msp.psa}/refresh")
    msp.refresh()
    previewed = editor("POST", f"{MAPPINGS}/preview", json={"mappings": mine + theirs}).json()
    assert [found["after"] for found in previewed["lines"]] == [4, 5]
    saved = save(editor, {"mappings": mine + theirs}).json()
    assert [mapping["companyId"] for mapping in saved["mappings"]] == ["", south]
    found = editor("GET", f"{BASE}/tenants/{TENANT}/agreements", params={"companyId": south}).json()
    assert [one["id"] for one in found["agreements"]] == [agreement]
    licences = editor("GET", f"{BASE}/tenants/{TENANT}/licences").json()["items"]
    assert {row["mapped"]["companyId"] for row in licences} == {"", south}
    ends = {"tenantId": TENANT, "companyId": south, "lastDay": "2026-03-31"}
    shown = editor("POST", f"{BASE}/ending-lines/preview", json=ends).json()["ending"]
    assert [one["lineId"] for one in shown] == [line]
    elsewhere = editor("POST", f"{BASE}/ending-lines/preview", json={**ends, "tenantId": "another"})
    assert elsewhere.status_code == 404


def test_a_filtered_company_cannot_be_billed_by_purchased_seats(msp: BillingMsp, sign_in: SignIn) -> None:
    editor = sign_in("admin")
    profile = msp.ready(editor)
    filtered(editor, "North")
    asked = msp.mapping(profile)
    etag = editor("GET", MAPPINGS).headers["etag"]
    refused = editor("PUT", MAPPINGS, json=asked, headers={"If-Match": etag})
    assert (refused.status_code, refused.json()["field"]) == (422, "mappings.0.options.basis")
    asked["mappings"][0] |= {"companyId": "nobody", "options": {"basis": "assigned"}}
    refused = editor("PUT", MAPPINGS, json=asked, headers={"If-Match": etag})
    assert (refused.status_code, refused.json()["field"]) == (422, "mappings.0.companyId")


def test_a_company_that_is_billed_by_purchased_seats_gets_no_filters(
    msp: BillingMsp, sign_in: SignIn
) -> None:
    editor = sign_in("admin")
    msp.mapped(editor)
    there = f"{COMPANIES}/quayside"
    etag = editor("GET", there).headers["etag"]
    refused = editor("PATCH", there, json={"filters": {"city": ["Bern"]}}, headers={"If-Match": etag})
    assert (refused.json()["code"], refused.json()["field"]) == ("filtered_purchased", "filters")


def test_filters_of_a_tenant_or_company_that_is_not_there_are_previewed_by_nobody(
    msp: BillingMsp, sign_in: SignIn
) -> None:
    editor = sign_in("admin")
    msp.ready(editor)
    asked = {"filters": {"office": ["North"]}}
    nowhere = PREVIEW.replace(TENANT, "t-nobody")
    assert editor("POST", nowhere, json=asked).status_code == 404
    assert editor("POST", PREVIEW, json={**asked, "companyId": "nobody"}).status_code == 404
    assert sign_in("reader")("POST", PREVIEW, json=asked).status_code == 403


def test_only_the_lines_of_the_removed_company_end(msp: BillingMsp, sign_in: SignIn) -> None:
    editor = sign_in("admin")
    profile = msp.ready(editor)
    msp.list_customer()
    msp.read(12, people(North=4, South=5))
    filtered(editor, "North")
    south = beside(msp, editor, "South")
    agreement = msp.fake.add_agreement(editor("GET", f"{COMPANIES}/{south}").json()["psaCompany"]).id
    line = msp.fake.add_line(agreement, msp.product.id, 5).id
    assigned = {"options": {"basis": "assigned"}}
    theirs = {"companyId": south, "agreementId": agreement, "lineId": line}
    mine = msp.mapping(profile, **assigned)["mappings"]
    save(editor, {"mappings": mine + msp.mapping(profile, **assigned, **theirs)["mappings"]})
    last_day = msp.wired.now.date().isoformat()
    gone = editor("DELETE", f"{COMPANIES}/{south}", params={"lastDay": last_day})
    assert gone.status_code == 204, gone.text
    ending = editor("GET", f"{BASE}/ending-lines").json()["items"]
    assert [found["lineId"] for found in ending] == [line]
    left = editor("GET", MAPPINGS).json()["mappings"]
    assert [mapping["companyId"] for mapping in left] == [""]
