"""Every POST of the document, sent twice: the second one makes nothing more."""

import re
from collections import Counter
from typing import Any

import pytest
from starlette.testclient import TestClient

from shared.storage import keys
from shared.storage.memory import MemoryBlobs
from shared.storage.tables import Key
from tests.functions.api.billing_msp import GIVEN_PSA
from tests.functions.api.busy import NEW
from tests.functions.api.conftest import MSP
from tests.functions.api.known_things import known_things
from tests.functions.api.made_up_requests import APP, EDGE, MICROSOFT, TOKENS
from tests.shared.alerts.world import CountingTables

DOCUMENT: dict[str, Any] = APP.openapi()
PATHS = DOCUMENT["paths"]
POSTS = {methods["post"]["operationId"]: path for path, methods in PATHS.items() if "post" in methods}
CLIENT = TestClient(EDGE)
KNOWN = {field: found[-1] for field, found in known_things().texts.items()}
_PROFILE = {"name": "Visio", "connection": KNOWN["connection"], "productId": KNOWN["productId"]}
_PLACE = {"psaConnection": KNOWN["psaConnection"], "psaCompany": KNOWN["psaCompany"]}
BODIES: dict[str, dict[str, Any]] = {
    "addCompany": {"tenantId": NEW, **_PLACE},
    "addCompanies": {"companies": [{"tenantId": NEW, **_PLACE}]},
    "connectPsa": {**GIVEN_PSA, "name": "A second one", "settings": {"site": "b.example", "companyId": "b"}},
    "createBillingProfile": _PROFILE,
    "createBillingProfiles": {"profiles": [_PROFILE, {**_PROFILE, "name": "Project"}]},
    "defineCustomLicence": {"name": "People of one domain", "rule": {"kind": "licensed_users"}},
    "askForTenantConsent": {},
    "syncNow": {},
}
"""Where the example of the document is not what can be asked of this MSP."""
ABOUT = {"askForTenantConsent": {"tenant": NEW}}
"""Where it is not just any thing that can be asked about: only a tenant that a partner lists is asked for consent."""
REFUSED = {
    *("acceptInvitation", "confirmDeletion", "finishPartnerConsent"),  # their code is good once
    # nothing waits for such a word
    *("chooseNumber", "settleWrite", "settleTicket", "undoChange", "believeLostAgreements"),
    *(
        "connectPartner",
        "testPartnerConnection",
        "testPsaConnection",
        "testTenantConsent",
    ),  # Microsoft and this PSA are out of reach
    *("previewMappings", "sendReportAgain", "testReport"),  # they make nothing, or a mail
}
"""Refused the first time already: the second time must be no other."""


def body_of(operation: str) -> Any:
    told = PATHS[POSTS[operation]]["post"].get("requestBody")
    if told is None or operation in BODIES:
        return BODIES.get(operation)
    name = told["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    example = (DOCUMENT["components"]["schemas"][name].get("examples") or [{}])[0]
    texts = known_things().texts
    return {field: texts[field][0] if field in texts else value for field, value in example.items()}


NO_THINGS = ("was|", "consent", "tenant-consent|", "psa-trouble|")
"""How rows begin of older versions of a decision, of a way to Microsoft (for 15 minutes, of a customer's administrator
for 7 days: each counts once), of how a PSA does."""
_VERSION = re.compile(r"-[0-9a-f]{8}$")
"""Ends the name of a secret: a new one takes the place of the old one."""


def things() -> Counter[Key]:
    """Every row that is stored, but the log, which tells each request."""
    tables = APP.state.wired.tables
    return Counter(
        Key(partition, _VERSION.sub("", row))
        for partition, rows in tables._partitions.items()
        for row in rows
        if partition != keys.audit(MSP) and not row.startswith(NO_THINGS)
    )


def headers(word: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKENS[word]}"}


@pytest.mark.parametrize("operation", sorted(POSTS))
def test_the_same_request_twice_makes_no_two_things(operation: str) -> None:
    APP.state.wired = known_things().copy(MICROSOFT, CountingTables(), MemoryBlobs())
    ids = {name: found[0] for name, found in known_things().ids.items()}
    address, body = (
        POSTS[operation].format_map({**ids, **ABOUT.get(operation, {}), "account": MSP}),
        body_of(operation),
    )
    first = CLIENT.post(address, json=body, headers=headers("owner"))
    assert first.is_success is (operation not in REFUSED), first.text
    once = things()
    CLIENT.post(address, json=body, headers=headers("owner"))
    assert things() == once


def test_two_requests_that_differ_make_two_things() -> None:
    """Else the test above could not fail."""
    APP.state.wired = known_things().copy(MICROSOFT, CountingTables(), MemoryBlobs())
    before = things()
    for name in ("ann", "ben"):
        body = {"email": f"{name}@new.example", "role": "reader"}
        assert CLIENT.post(
            POSTS["invite"].format(account=MSP), json=body, headers=headers("owner")
        ).is_success
    assert len([key for key in things() - before if key.row.startswith(keys.INVITATIONS)]) == 2
