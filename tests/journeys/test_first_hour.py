"""The first hour of a new MSP, by the API alone, through the real host: from its sign-in to an excluded alert."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from sandbox.processes import SandboxProcesses
from sandbox.standins.controls.commands import send
from sandbox.standins.worlds.demo import demo_world
from tests.journeys.living import SHORT_WAITS, Living, eventually

pytestmark = pytest.mark.processes

HARBOUR, PSA = demo_world().partners[0], demo_world().connectwise[0]
CUSTOMER, WITHOUT_GDAP = "Meadowlark Vets", "Granite Peak Surveyors"
SKU, PART = "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", "SPB"
CANARIES = (HARBOUR.secret, PSA.private_key)


class Newcomer:
    """The first person of an MSP that has no account yet; every answer is remembered."""

    def __init__(self, living: Living) -> None:
        self._living, self.account, self.answers = living, "", list[str]()

    def ask(self, method: str, path: str, **request: Any) -> requests.Response:
        token = send(self._living.stage.state, {"do": "sign-in", "person": "new"})["token"]
        headers = {"Authorization": f"Bearer {token}", **request.pop("headers", {})}
        inside = f"/accounts/{self.account}" if self.account else ""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                method,
                f"{self._living.host.address}/api{inside}{path}",
                headers=headers,
                timeout=60,
                **request,
            )
        self.answers.append(answer.text + str(answer.headers))
        return answer

    def get(self, path: str) -> Any:
        return self.good("GET", path).json()

    def good(self, method: str, path: str, **request: Any) -> requests.Response:
        answer = self.ask(method, path, **request)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def items(self, path: str) -> list[Any]:
        return list(self.get(f"{path}{'&' if '?' in path else '?'}limit=200")["items"])

    def followed(self, started: requests.Response) -> Any:
        """The run that an answer leads to, once it is closed."""
        run = started.headers["Location"].removeprefix(f"/api/accounts/{self.account}")
        eventually(lambda: self.get(run)["state"] == "closed", "the run to close")
        return self.get(run)

    def sync(self) -> Any:
        self._living.control("clock", "+11m")
        return self.followed(self.good("POST", "/runs", json={}))


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """The vendors' demo world; Seatwise knows nobody yet."""
    with SandboxProcesses(tmp_path_factory.mktemp("first"), "demo", settings=SHORT_WAITS) as stage:
        yield Living(stage, stage.start_host(timers=False))


def consent(newcomer: Newcomer) -> None:
    """To Microsoft's page and back, as a browser goes."""
    wish = {"name": "Harbour", "clientId": HARBOUR.client_id, "clientSecret": HARBOUR.secret}
    address = newcomer.good("POST", "/partner-consents", json=wish).json()["address"]
    led = requests.get(f"{address}&choice=accept", timeout=30, allow_redirects=False)
    back = dict(parse_qsl(urlsplit(led.headers["Location"]).query))
    came = {"state": back["state"], "code": back["code"]}
    made = newcomer.good("POST", "/partner-consents/finish", json=came).json()
    assert made["tenantId"] == HARBOUR.tenant_id
    assert newcomer.good("POST", f"/partner-connections/{made['id']}/test").json()["customers"] > 10


def consent_of_a_customer(newcomer: Newcomer) -> None:
    """Without GDAP the customer's own administrator lets the app in, who has no account here."""
    tenant = next(one for one in newcomer.items("/tenants") if one["name"] == WITHOUT_GDAP)
    assert not tenant["listings"][0]["canBeRead"]
    address = newcomer.good("POST", f"/tenants/{tenant['id']}/consent", json={}).json()["address"]
    led = requests.get(f"{address}&choice=accept", timeout=30, allow_redirects=False)
    back = led.headers["Location"]
    assert "Finish" in requests.get(back, timeout=30).text
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert "You can close this page" in requests.post(back, headers=form, timeout=30).text
    assert requests.post(back, headers=form, timeout=30).status_code == 410
    listing = newcomer.get(f"/tenants/{tenant['id']}")["listings"][0]
    assert (listing["canBeRead"], listing["byApp"]) == (True, True)


def connect_psa(newcomer: Newcomer) -> str:
    settings = {
        "site": PSA.site,
        "companyId": PSA.company_login,
        "publicKey": PSA.public_key,
        "clientId": PSA.client_id,
    }
    asked = {"name": "ConnectWise", "kind": "connectwise", "settings": settings, "secret": "wr0ng"}
    assert newcomer.ask("POST", "/psa-connections", json=asked).status_code == 502
    asked["secret"] = PSA.private_key
    made = newcomer.good("POST", "/psa-connections", json=asked).json()["id"]
    there = f"/psa-connections/{made}"
    eventually(lambda: newcomer.get(there)["lists"]["readAt"], "the PSA's lists")
    return str(made)


def add_companies(newcomer: Newcomer, psa: str) -> Any:
    """Those whose match is sure; the customer of this test among them."""
    tenants = [one for one in newcomer.items("/tenants") if not one["added"]]
    rows = [{"tenantId": one["id"], "psaConnection": psa} for one in tenants]
    outcomes = newcomer.good("POST", "/companies/bulk", json={"companies": rows}).json()
    assert outcomes["added"] > 5
    return next(one for one in newcomer.items("/companies") if one["name"] == CUSTOMER)


def mapped(newcomer: Newcomer, psa: str, tenant: str) -> tuple[str, dict[str, Any]]:
    """A profile for the product of the customer's line, and the wish to bill the licence by that line."""
    agreements = newcomer.get(f"/tenants/{tenant}/agreements")["agreements"]
    agreement = next(one["id"] for one in agreements if one["active"])
    lines = newcomer.items(f"/psa-connections/{psa}/agreements/{agreement}/lines")
    line = next(one for one in lines if "Business Premium" in one["description"])
    profile = {"name": "Business Premium", "connection": psa, "productId": line["productId"]}
    made = newcomer.good("POST", "/billing-profiles", json=profile).json()["id"]
    mapping = {"skuId": SKU, "profile": made, "connection": psa, "agreementId": agreement}
    return line["id"], {"mappings": [{**mapping, "lineId": line["id"]}]}


def quantity(newcomer: Newcomer, psa: str, line: str, body: dict[str, Any]) -> int:
    agreement = body["mappings"][0]["agreementId"]
    lines = newcomer.items(f"/psa-connections/{psa}/agreements/{agreement}/lines")
    return int(float(next(one["quantity"] for one in lines if one["id"] == line)))


def test_the_first_hour_by_the_api_alone(living: Living) -> None:
    newcomer = Newcomer(living)
    assert newcomer.get("/me")["canOpen"] is True
    opening = {
        "name": "Quay Computing",
        "timezone": "Europe/London",
        "notificationAddress": "it@quay.example",
    }
    newcomer.account = newcomer.good("POST", "/accounts", json=opening).json()["id"]
    consent(newcomer)
    psa = connect_psa(newcomer)
    newcomer.sync()
    consent_of_a_customer(newcomer)
    tenant = add_companies(newcomer, psa)["tenantId"]
    assert newcomer.sync()["read"] > 5

    line, body = mapped(newcomer, psa, tenant)
    seats = next(
        one["purchased"] for one in newcomer.items(f"/tenants/{tenant}/licences") if one["skuId"] == SKU
    )
    before = quantity(newcomer, psa, line, body)
    living.stage.stand_ins.control("add_seats", tenant=CUSTOMER, sku=PART, n=2)
    newcomer.sync()
    mappings = f"/tenants/{tenant}/mappings"
    (shown,) = newcomer.good("POST", f"{mappings}/preview", json=body).json()["lines"]
    assert (shown["effect"], shown["before"], shown["after"]) == ("written", before, seats + 2)
    etag = newcomer.good("GET", mappings).headers["ETag"]
    newcomer.good("PUT", mappings, json=body, headers={"If-Match": etag})
    plan = newcomer.get("/plan")
    assert (plan["mode"], plan["written"]) == ("preview", 1)
    newcomer.sync()
    assert quantity(newcomer, psa, line, body) == before
    newcomer.good("PUT", "/mode", json={"mode": "live", "plan": newcomer.get("/plan")["digest"]})
    assert newcomer.sync()["lines"]["written"] == 1
    assert quantity(newcomer, psa, line, body) == seats + 2

    living.stage.stand_ins.control("set_units", tenant=CUSTOMER, sku=PART, units=0)
    newcomer.sync()
    (held,) = newcomer.items("/held-changes")
    assert (held["before"], held["after"], held["company"]) == (seats + 2, 0, CUSTOMER)
    assert quantity(newcomer, psa, line, body) == seats + 2
    newcomer.followed(newcomer.good("POST", f"/held-changes/{held['change']}/approve"))
    assert quantity(newcomer, psa, line, body) == 0
    told = [one["event"] for one in newcomer.items(f"/ledger?tenant={tenant}")]
    assert told[:4] == ["confirmed", "intended", "approved", "held"]

    unmapped = next(one for one in newcomer.items("/alerts?type=no_billing_profile"))
    newcomer.good("POST", "/exclusions", json={"tenantId": unmapped["tenantId"], "reason": "not ours"})

    def gone() -> bool:
        open_rows = newcomer.items("/alerts?type=no_billing_profile")
        return all(one["tenantId"] != unmapped["tenantId"] for one in open_rows)

    eventually(gone, "the alert to close")
    audit = newcomer.get("/audit?limit=200")["items"]
    assert {"account.opened", "partner.connected", "psa.connected", "mappings.saved", "account.mode"} <= {
        one["action"] for one in audit
    }
    assert not any(secret in answer for secret in CANARIES for answer in newcomer.answers)
