"""The MSP of the tests with a PSA, a customer with seats, and an agreement with a line: what billing needs."""

import gzip
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

from functions.queues import billing
from functions.queues.messages import PushConnection, RefreshPsaLists
from shared.accounts import runs
from shared.accounts.companies import add_company
from shared.accounts.company import Company
from shared.accounts.runs import Run, RunState
from shared.billing.models import PsaConnection
from shared.billing.psa_connections import psa_connections
from shared.errors import RetryLater
from shared.licensing import snapshot
from shared.licensing.tenant_state import CustomerList
from shared.microsoft import partner_connections
from shared.microsoft.models import Customer, PartnerConnection, TenantRead, User
from shared.storage import keys
from shared.storage.decisions import Decider
from tests.functions.api.conftest import MSP, Caller
from tests.functions.memory_wiring import MemoryWiring
from tests.shared.billing.psa.fake import FakePsa
from tests.shared.billing.test_psa_connecting import FakePsas
from tests.shared.billing.world import SKU, sku, user
from tests.shared.licensing.bought import bought

SECRET = "canary-7c1e-private-key"
TENANT = "9c1f7e52-8a4b-4f0e-9a5d-6c1f7f1c9a10"
GIVEN_PSA: dict[str, Any] = {
    "name": "Our PSA",
    "kind": "fake",
    "settings": {"site": "psa.example", "companyId": "harbour"},
    "secret": SECRET,
}
BASE = f"/accounts/{MSP}"


class BillingMsp:
    """Its PSA is a fake one; everything else is the product's own."""

    def __init__(self, wired: MemoryWiring) -> None:
        self.wired = wired
        self.fake = FakePsa()
        wired.__dict__["psas"] = FakePsas(self.fake, SECRET)
        self.company = self.fake.add_company("Quayside Marina")
        self.product = self.fake.add_product()
        self.agreement = self.fake.add_agreement(self.company.id)
        self.line = self.fake.add_line(self.agreement.id, self.product.id, 10)

    @property
    def psa(self) -> str:
        return self.connection.id

    @property
    def connection(self) -> PsaConnection:
        (found,) = psa_connections(self.wired.tables, MSP)
        return found

    def connect(self, admin: Caller) -> str:
        """Connect the PSA by the API and read its lists, as the queue does."""
        made = admin("POST", f"{BASE}/psa-connections", json=GIVEN_PSA)
        assert made.status_code == 201, made.text
        self.refresh()
        return str(made.json()["id"])

    def refresh(self) -> None:
        for sent in self.taken("refresh-psa-lists"):
            list(billing._refresh(self.wired, RefreshPsaLists.model_validate_json(sent)))

    def taken(self, queue: str) -> Iterator[str]:
        mine = [one for one in self.wired.sent.messages if one.queue == queue]
        for one in mine:
            self.wired.sent.messages.remove(one)
            yield one.body

    def add_tenant(self, seats: int = 12) -> None:
        company = Company(
            id="quayside",
            tenant_id=TENANT,
            name="Quayside Marina",
            psa_connection=self.psa,
            psa_company=self.company.id,
        )
        add_company(self.wired.tables, MSP, company, Decider("ann", "", self.wired.now))
        self.read(seats)

    def list_customer(self) -> None:
        """The tenant is in the customer list of a partner connection."""
        partner = PartnerConnection(id="p1", name="P1", tenant_id="home", client_id="app")
        partner_connections.save(self.wired.tables, MSP, partner)
        body = CustomerList(customers=(Customer(tenant_id=TENANT, name="Quayside"),)).body()
        self.wired.blobs.put(keys.partner_list_blob(MSP, "p1"), gzip.compress(body))

    def read(self, seats: int, people: tuple[User, ...] = (user("u1"),)) -> None:
        """A complete read of the tenant, a little later than the one before."""
        self.wired.now += timedelta(minutes=5)
        at, skus = self.wired.now, (sku(SKU, seats, consumed=len(people) if len(people) > 1 else 0),)
        read = TenantRead(
            tenant_id=TENANT,
            connection_id="partner",
            began=at,
            ended=at,
            skus=skus,
            subscriptions=bought(*skus),
            users=people,
        )
        snapshot.store_read(self.wired.tables, self.wired.blobs, MSP, snapshot.FreshRead(read, "", at.date()))

    def push(self, run_id: str = "") -> Run:
        """A run's push, attempt after attempt."""
        now = self.wired.now
        run_id = run_id or f"{date(2026, 3, 2):%Y-%m-%d}-{now:%H%M%S}"
        runs.start(
            self.wired.tables,
            MSP,
            Run(
                id=run_id,
                on=now.date(),
                started_at=now,
                nightly=False,
                state=RunState.PUSHING,
                connections=(self.psa,),
            ),
        )
        message = PushConnection(account=MSP, run=run_id, connection=self.psa)
        for _ in range(50):
            with suppress(RetryLater):
                list(billing._push(self.wired, message))
            self.wired.now += timedelta(seconds=30)
            if runs.get(self.wired.tables, MSP, run_id).state is RunState.CLOSED:
                return runs.get(self.wired.tables, MSP, run_id)
        raise AssertionError("the push never ends")

    def profile(self, admin: Caller) -> str:
        asked = {"name": "Business Premium", "connection": self.psa, "productId": self.product.id}
        made = admin("POST", f"{BASE}/billing-profiles", json=asked)
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def mapping(self, profile: str, **changes: Any) -> dict[str, Any]:
        mapped = {
            "skuId": SKU,
            "profile": profile,
            "connection": self.psa,
            "agreementId": self.agreement.id,
            "lineId": self.line.id,
        }
        return {"mappings": [mapped | changes]}

    def ready(self, admin: Caller, seats: int = 12) -> str:
        """Connected, with a profile and an added customer; the profile's id."""
        self.connect(admin)
        profile = self.profile(admin)
        self.add_tenant(seats)
        return profile

    def mapped(self, admin: Caller, seats: int = 12) -> None:
        """The customer's licence is mapped to the line of 10."""
        save(admin, self.mapping(self.ready(admin, seats)))


MAPPINGS = f"{BASE}/tenants/{TENANT}/mappings"


def save(editor: Caller, body: dict[str, Any]) -> Any:
    etag = editor("GET", MAPPINGS).headers["etag"]
    saved = editor("PUT", MAPPINGS, json=body, headers={"If-Match": etag})
    assert saved.status_code == 200, saved.text
    return saved
