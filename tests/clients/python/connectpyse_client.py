"""connectpyse 0.8: a thin client that many scripts use."""

import base64

from connectpyse.company import companies_api
from connectpyse.finance import agreement_additions_api, agreements_api
from connectpyse.restapi import ApiError
from steps import WORLD, refused, step

URL = f"https://{WORLD['site']}/v4_6_release/apis/3.0"


def sign_in(private_key: str) -> dict[str, str]:
    secret = base64.b64encode(f"{WORLD['company']}+{WORLD['public_key']}:{private_key}".encode()).decode()
    return {"Authorization": f"Basic {secret}", "clientId": WORLD["client_id"]}


AUTH = sign_in(WORLD["private_key"])
with step("companies with conditions, order and fields"):
    companies = companies_api.CompaniesAPI(url=URL, auth=AUTH)
    companies.conditions, companies.orderBy, companies.fields = 'name contains "a"', "name desc", "id,name"
    names = [company.name for company in companies.get_companies()]
    assert names == sorted(names, key=str.lower, reverse=True)
with step("a misspelt condition is refused"):
    companies.conditions = "nmae=1"
    with refused(ApiError, "400"):
        list(companies.get_companies())
with step("agreements and their number"):
    agreements = agreements_api.AgreementsAPI(url=URL, auth=AUTH)
    agreements.pageSize = 1000
    assert len(list(agreements.get_agreements())) == agreements.get_agreements_count() == 13
with step("a line is changed and read back"):
    lines = agreement_additions_api.AgreementAdditionsAPI(WORLD["agreement"], url=URL, auth=AUTH)
    before = lines.get_agreement_addition_by_id(WORLD["addition"]).quantity
    assert lines.update_agreement_addition(WORLD["addition"], "quantity", before + 1).quantity == before + 1
    lines.update_agreement_addition(WORLD["addition"], "quantity", before)
with step("a wrong password is refused"), refused(ApiError, "404"):
    list(companies_api.CompaniesAPI(url=URL, auth=sign_in("wrong")).get_companies())
