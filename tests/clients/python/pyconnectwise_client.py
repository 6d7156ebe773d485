"""pyconnectwise: its models are made from ConnectWise's own document, so they find what has the wrong shape."""

from pyconnectwise import ConnectWiseManageAPIClient
from pyconnectwise.exceptions import NotFoundException
from steps import WORLD, refused, step


def client(
    company: str = WORLD["company"], private_key: str = WORLD["private_key"]
) -> ConnectWiseManageAPIClient:
    return ConnectWiseManageAPIClient(
        company, WORLD["site"], WORLD["client_id"], WORLD["public_key"], private_key
    )


with step("codebase and sign-in"):
    psa = client()
    assert psa.codebase == "v2026_1/"
with step("an unknown company has no codebase"), refused(AttributeError, "NoneType"):
    client("nobody")
with step("companies, page by page"):
    pages = list(psa.company.companies.paginated(1, 5).all())
    assert len({company.id for company in pages}) == 15
with step("companies by a condition and by a child condition"):
    (found,) = psa.company.companies.get(params={"conditions": 'name like "%Dental%"'})
    assert found.name == "Birchfield Dental Group"
    assert psa.company.companies.get(params={"childConditions": 'types/name="Nope"'}) == []
with step("agreements and their types"):
    assert psa.finance.agreements.get()
    assert psa.finance.agreements.types.get()
with step("lines of an agreement"):
    lines = psa.finance.agreements.id(int(WORLD["agreement"])).additions
    assert {line.id for line in lines.get()} >= {int(WORLD["addition"])}
    assert lines.count.get().count == 4
with step("a line is changed and read back"):
    line = lines.id(int(WORLD["addition"]))
    before = line.get().quantity
    line.patch([{"op": "replace", "path": "quantity", "value": before + 2}])
    assert line.get().quantity == before + 2
    line.patch([{"op": "replace", "path": "quantity", "value": before}])
with step("a line is created, replaced and deleted"):
    made = lines.post({"product": {"identifier": "BACKUP-SEAT"}, "billCustomer": "Billable", "quantity": 7})
    lines.id(made.id).put({"product": {"id": made.product.id}, "billCustomer": "NoCharge"})
    assert lines.id(made.id).get().bill_customer == "NoCharge"
    lines.id(made.id).delete()
with step("a wrong password is not found"), refused(NotFoundException, "404"):
    client(private_key="wrong").company.companies.get()
