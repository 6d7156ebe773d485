"""The MSP of the tests with one of each thing that an address of the API can name, made once and copied."""

from datetime import datetime
from functools import cache
from typing import Any

from starlette.testclient import TestClient

from functions.api.app import Edge, make_app
from shared.accounts.audit import Actor, Via
from shared.accounts.invitations import invite
from shared.accounts.members import Role
from shared.alerts.digest.send import Mailer, send_mails
from shared.mail.base import Delivery, Mail, Receipt
from shared.storage.memory import MemoryBlobs
from tests.functions.api.billing_msp import TENANT, BillingMsp
from tests.functions.api.busy import QUAY, ZETA, busy_msp
from tests.functions.api.conftest import MSP, PEOPLE, Caller, an_msp
from tests.functions.api.microsoft_keys import MicrosoftKeys, good_claims
from tests.functions.memory_wiring import NOW, MemoryWiring
from tests.shared.alerts.world import CountingTables

LISTS = {
    "member": ("/members", "id"),
    "invitation": ("/invitations", "id"),
    "tenant": ("/tenants", "id"),
    "sku": (f"/tenants/{QUAY}/licences", "skuId"),
    "company": ("/companies", "id"),
    "run": ("/runs", "id"),
    "exclusion": ("/exclusions", "id"),
    "mail": ("/mails", "id"),
    "partnerConnection": ("/partner-connections", "id"),
    "psaConnection": ("/psa-connections", "id"),
    "billingProfile": ("/billing-profiles", "id"),
    "change": ("/held-changes", "change"),
    "customLicence": ("/custom-licences", "id"),
}
"""By the name of a part of an address: the list in which such things are, and what they are named by there."""


class Refuses:
    """A provider that takes no mail, so that each may be sent again."""

    def send(self, mail: Mail) -> Receipt:
        return Receipt(Delivery.REFUSED, why="550 no such mailbox")

    def undeliverable(self, to: str, since: datetime | None = None) -> None:
        return None


class KnownThings:
    """`ids` by the name of a part of an address; `texts` by the name of a field of a body."""

    def __init__(self) -> None:
        self._microsoft = MicrosoftKeys()
        self._made = wired = an_msp(self._microsoft)
        client = TestClient(Edge(make_app(wired)))
        self._owner = Caller(client, self._microsoft.token(**good_claims(person=PEOPLE["owner"])))
        billing = BillingMsp(wired)
        self._hold_a_change(billing)
        world = busy_msp(wired).world
        self._psas = wired.__dict__["psas"]
        invite(wired.tables, MSP, "ann@msp.example", Role.EDITOR, Actor("Eva", Via.API, NOW))
        mailer = Mailer(wired.tables, Refuses(), "s@x.example")
        send_mails(mailer, world.account, world.now.date(), due=True, now=NOW)
        self._ask("POST", "/exclusions", json={"tenantId": ZETA})
        managed = {"name": "Managed users", "rule": {"kind": "licensed_users"}}
        self._ask("POST", "/custom-licences", json=managed)
        self.ids = {part: self._ids(*found) for part, found in LISTS.items()}
        self.ids["month"] = ["2026-03"]
        self.ids["agreement"] = [billing.agreement.id]
        self.ids["mapping"] = [self._ask("GET", f"/tenants/{TENANT}/mappings")["mappings"][0]["id"]]
        self.texts = {
            "code": [wired.invitation_codes.make(MSP, self.ids["invitation"][0])],
            "tenantId": self.ids["tenant"],
            "psaConnection": self.ids["psaConnection"],
            "connection": self.ids["psaConnection"],
            "psaCompany": [billing.company.id],
            "profile": self.ids["billingProfile"],
            "productId": [billing.product.id],
            "kind": ["fake"],
        }

    def _hold_a_change(self, billing: BillingMsp) -> None:
        """A live account whose customer cancelled everything."""
        billing.mapped(self._owner, 10)
        plan = self._ask("GET", "/plan")["digest"]
        self._ask("PUT", "/mode", json={"mode": "live", "plan": plan})
        billing.read(0)
        billing.push()

    def _ask(self, method: str, path: str, **request: Any) -> Any:
        answer = self._owner(method, f"/accounts/{MSP}{path}", **request)
        assert answer.is_success, answer.text
        return answer.json()

    def _ids(self, path: str, name: str) -> list[str]:
        found = sorted({item[name] for item in self._ask("GET", path)["items"]})
        assert found, f"the MSP of the tests has nothing in {path}"
        return found

    def copy(
        self,
        microsoft: MicrosoftKeys,
        tables: CountingTables,
        blobs: MemoryBlobs,
        settings: dict[str, str] | None = None,
    ) -> MemoryWiring:
        """The MSP in stores of its own."""
        made: Any = self._made
        tables._partitions = {name: dict(rows) for name, rows in made.tables._partitions.items()}
        tables._versions = made.tables._versions
        blobs._blobs = dict(made.blobs._blobs)
        wired = MemoryWiring(session=microsoft.session, tables=tables, settings=settings)
        wired.__dict__["storage"].blobs = blobs
        wired.__dict__["transport"] = Refuses()
        wired.__dict__["psas"] = self._psas
        wired.now = made.now
        return wired


@cache
def known_things() -> KnownThings:
    return KnownThings()
