"""Every route of the document, asked by everybody: who may is a table written by hand from "who may do what".

Reader: see. Editor: companies, filters, mappings, exclusions, sync now. Admin: connections, profiles, preferences,
logo, reports, approve, drift choice, undo, end a line. Owner: alert settings, members, switching the account live.
"""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from functions.api.app import make_app
from tests.functions.api.conftest import MSP, PEOPLE
from tests.functions.api.microsoft_keys import ISSUER, MicrosoftKeys, good_claims
from tests.functions.api.test_tokens import BAD
from tests.functions.memory_wiring import NOW

ROLES = ("reader", "editor", "admin", "owner")
SIGNED_IN = "signed in"
CUSTOMER = "customer"
"""A user of a customer's tenant: nobody of the MSP is, whatever their role (test_portal.py)."""
LEAST = {
    "getMe": SIGNED_IN,
    "openAccount": SIGNED_IN,
    "acceptInvitation": SIGNED_IN,
    "getAccount": "reader",
    "changeAccount": "admin",
    "switchMode": "owner",
    "getHealth": "admin",
    "exportAccount": "owner",
    "beginDeletion": "owner",
    "confirmDeletion": "owner",
    "listMembers": "reader",
    "changeRole": "owner",
    "removeMember": "owner",
    "leaveAccount": "reader",
    "listInvitations": "owner",
    "invite": "owner",
    "withdrawInvitation": "owner",
    "listAudit": "admin",
    "listPartnerConnections": "reader",
    "getPartnerConnection": "reader",
    "connectPartner": "admin",
    "changePartnerConnection": "admin",
    "removePartnerConnection": "admin",
    "testPartnerConnection": "admin",
    "beginPartnerConsent": "admin",
    "finishPartnerConsent": "admin",
    "listPsaConnections": "reader",
    "getPsaConnection": "reader",
    "connectPsa": "admin",
    "changePsaConnection": "admin",
    "removePsaConnection": "admin",
    "testPsaConnection": "admin",
    "refreshPsaConnection": "admin",
    "getLostAgreements": "reader",
    "believeLostAgreements": "admin",
    "listPsaCompanies": "reader",
    "listPsaAgreements": "reader",
    "listPsaProducts": "reader",
    "listPsaLines": "editor",
    "listBillingProfiles": "reader",
    "getBillingProfile": "reader",
    "createBillingProfile": "admin",
    "createBillingProfiles": "admin",
    "changeBillingProfile": "admin",
    "endBillingProfile": "admin",
    "getMappings": "reader",
    "saveMappings": "editor",
    "previewMappings": "editor",
    "previewFilters": "editor",
    "listAgreementsOfTenant": "reader",
    "getPlan": "reader",
    "listPlannedLines": "reader",
    "listHeldChanges": "reader",
    "approveChange": "admin",
    "rejectChange": "admin",
    "listDecidableLines": "reader",
    "chooseNumber": "admin",
    "freezeLine": "admin",
    "unfreezeLine": "admin",
    "undoChange": "admin",
    "listUnclearWrites": "reader",
    "settleWrite": "admin",
    "listLedger": "reader",
    "getCertificate": "reader",
    "listCertificateRows": "reader",
    "getSetupGuide": "reader",
    "getSummary": "reader",
    "listTenants": "reader",
    "askForTenantConsent": "admin",
    "testTenantConsent": "admin",
    "getTenant": "reader",
    "listPartnerLists": "reader",
    "listLicences": "reader",
    "listLicenceUsers": "reader",
    "listLicenceHistory": "reader",
    "whyThisNumber": "reader",
    "listCustomLicences": "reader",
    "getCustomLicence": "reader",
    "defineCustomLicence": "editor",
    "countCustomLicence": "editor",
    "renameCustomLicence": "editor",
    "removeCustomLicence": "editor",
    "listPeopleBehind": "reader",
    "listCompanies": "reader",
    "listCompanyMatches": "editor",
    "addCompany": "editor",
    "addCompanies": "editor",
    "getCompany": "reader",
    "listCompanyLines": "reader",
    "changeCompany": "editor",
    "removeCompany": "editor",
    "listRemovedTenants": "reader",
    "confirmRemoval": "admin",
    "dismissRemoval": "editor",
    "listEndingLines": "reader",
    "previewEndOfTenant": "editor",
    "listRuns": "reader",
    "getRun": "reader",
    "syncNow": "editor",
    "listAlerts": "reader",
    "countAlerts": "reader",
    "listClosedAlerts": "reader",
    "getAlertSettings": "reader",
    "changeAlertSettings": "owner",
    "getTicketSettings": "reader",
    "saveTicketSettings": "owner",
    "settleTicket": "admin",
    "listTicketChoices": "owner",
    "getTicketsState": "reader",
    "listExclusions": "reader",
    "getExclusion": "reader",
    "exclude": "editor",
    "removeExclusion": "editor",
    "getPreferences": "reader",
    "changePreferences": "admin",
    "getMonth": "reader",
    "getPortal": CUSTOMER,
    "getPortalLogo": CUSTOMER,
    "getPortalCompany": CUSTOMER,
    "listPortalReports": CUSTOMER,
    "downloadPortalReport": CUSTOMER,
    "listReportSettings": "reader",
    "getReportSettings": "reader",
    "saveReportSettings": "admin",
    "switchReports": "admin",
    "listReports": "reader",
    "downloadReport": "reader",
    "sendReportAgain": "admin",
    "previewReport": "reader",
    "previewReportMail": "reader",
    "testReport": "admin",
    "getLogo": "reader",
    "saveLogo": "admin",
    "removeLogo": "admin",
    "listMails": "reader",
    "sendMailAgain": "admin",
}
"""By operation: the least role. A route that is not here fails below: say who may, then build it."""


def operations() -> Iterator[tuple[str, str, str]]:
    for path, methods in make_app(None).openapi()["paths"].items():
        for method, operation in methods.items():
            yield operation["operationId"], method.upper(), path


OPERATIONS = sorted(operations())


def address(path: str) -> str:
    """The path in the account of the test; things in it have names that nothing has."""
    return re.sub(r"\{\w+\}", "nothing-has-this-name", path.replace("{account}", MSP))


def token(keys: MicrosoftKeys, word: str, **changes: Any) -> str:
    return keys.token(**{**good_claims(person=PEOPLE[word]), **changes})


STRANGERS: dict[str, Callable[[MicrosoftKeys], str | None]] = {
    "nobody": lambda keys: None,
    "expired": lambda keys: token(keys, "owner", exp=int((NOW - timedelta(hours=1)).timestamp())),
    "wrong audience": lambda keys: token(keys, "owner", aud="00000003-0000-0000-c000-000000000000"),
    "wrong issuer": lambda keys: token(
        keys, "owner", iss=ISSUER.replace("{tenantid}", "44444444-aaaa-4bbb-8ccc-000000000004")
    ),
    "unsigned": BAD["unsigned, alg none"],
    "HMAC by the public key": BAD["the public key as HMAC secret"],
}


def asks(client: TestClient, operation: tuple[str, str, str], sent: str | None, **headers: str) -> Any:
    _, method, path = operation
    if sent is not None:
        headers["Authorization"] = f"Bearer {sent}"
    body: Any = {} if method in {"POST", "PUT", "PATCH"} else None
    return client.request(method, address(path), headers={"If-Match": '"none"', **headers}, json=body)


def test_each_route_is_in_the_table_and_the_table_has_no_other() -> None:
    assert {name for name, _, _ in OPERATIONS} == LEAST.keys()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda found: found[0])
@pytest.mark.parametrize("stranger", STRANGERS)
def test_without_a_good_token_nothing_is_answered(
    client: TestClient, microsoft: MicrosoftKeys, operation: tuple[str, str, str], stranger: str
) -> None:
    assert asks(client, operation, STRANGERS[stranger](microsoft)).status_code == 401


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda found: found[0])
def test_a_forged_header_opens_nothing(client: TestClient, operation: tuple[str, str, str]) -> None:
    forged = {
        "x-ms-client-principal": "eyJ1c2VySWQiOiJvd25lciJ9",
        "x-ms-client-principal-id": PEOPLE["owner"],
    }
    assert asks(client, operation, None, **forged).status_code == 401


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda found: found[0])
def test_a_forged_header_makes_nobody_more_than_their_token_does(
    client: TestClient, microsoft: MicrosoftKeys, operation: tuple[str, str, str]
) -> None:
    forged = {"x-ms-client-principal-id": PEOPLE["owner"], "x-ms-client-principal-name": "owner@msp.example"}
    plain, more = (asks(client, operation, token(microsoft, "nobody"), **sent) for sent in ({}, forged))
    assert (more.status_code, more.json().get("code")) == (plain.status_code, plain.json().get("code"))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda found: found[0])
@pytest.mark.parametrize("word", ["other", "nobody"])
def test_who_is_no_member_finds_nothing_there(
    client: TestClient, microsoft: MicrosoftKeys, operation: tuple[str, str, str], word: str
) -> None:
    if LEAST[operation[0]] == SIGNED_IN:
        return
    answer = asks(client, operation, token(microsoft, word))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.json()["detail"].startswith("There is no such account")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda found: found[0])
@pytest.mark.parametrize("word", ROLES)
def test_a_role_may_what_the_table_says_and_no_more(
    client: TestClient, microsoft: MicrosoftKeys, operation: tuple[str, str, str], word: str
) -> None:
    least = LEAST[operation[0]]
    answer = asks(client, operation, token(microsoft, word))
    if least == CUSTOMER:
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    elif least == SIGNED_IN or ROLES.index(word) >= ROLES.index(least):
        assert answer.status_code not in {401, 403}
        assert answer.status_code < 500
    else:
        assert (answer.status_code, answer.json()["code"]) == (403, "role")
