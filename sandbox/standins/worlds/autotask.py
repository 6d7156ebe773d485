"""What an Autotask database begins with, and how it is written into an empty state."""

from dataclasses import dataclass

from sandbox.standins.state import Document, State, stamp

MONTHLY, QUARTERLY, SEMI_ANNUAL, YEARLY = 2, 3, 4, 5
ACTIVE, INACTIVE = 1, 0
RECURRING_SERVICE = 7


@dataclass(frozen=True, slots=True)
class AutotaskCompany:
    id: int
    name: str
    website: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class Service:
    """What a contract can bill; Autotask calls it a service."""

    id: int
    name: str
    sku: str
    price: float
    cost: float
    period: int = MONTHLY
    active: bool = True


@dataclass(frozen=True, slots=True)
class ContractService:
    """A service on a contract, with its units of today."""

    id: int
    service_id: int
    units: int
    price: float
    internal_description: str = ""
    changes: tuple[tuple[int, int], ...] = ()
    """Adjustments that were dated already: in how many days, and by how many units."""


@dataclass(frozen=True, slots=True)
class Contract:
    id: int
    company_id: int
    name: str
    services: tuple[ContractService, ...]
    status: int = ACTIVE
    type: int = RECURRING_SERVICE
    begins_in_days: int = -400
    ends_in_days: int = 500


@dataclass(frozen=True, slots=True)
class Autotask:
    """One Autotask database with the API user Seatwise uses."""

    key: str
    account: str
    zone: str
    """Host of its zone, for example webservices14.autotask.net."""
    user: str
    secret: str
    integration_code: str
    companies: tuple[AutotaskCompany, ...]
    services: tuple[Service, ...]
    contracts: tuple[Contract, ...]


def begin_autotask(state: State, site: Autotask) -> None:
    """Write one database into an empty state."""
    last = max((one.id for contract in site.contracts for one in contract.services), default=8000)
    state.put(
        "at_site",
        site.key,
        {
            "key": site.key,
            "account": site.account,
            "zone": site.zone,
            "user": site.user,
            "secret": site.secret,
            "integration_code": site.integration_code,
            "calls_an_hour": 10_000,
            "others_an_hour": 0,
            "missing_rights": [],
            "sees_nothing": False,
            "habits": {},
            "next_service": last + 1,
            "next_item": 60_001,
        },
    )
    for company in site.companies:
        row = {
            "id": company.id,
            "companyName": company.name,
            "companyNumber": f"C{company.id}",
            "webAddress": company.website,
            "isActive": company.active,
        }
        state.put("at_company", f"{site.key}/{company.id}", row | {"site": site.key})
    for service in site.services:
        state.put("at_service", f"{site.key}/{service.id}", _service(service) | {"site": site.key})
    for contract in site.contracts:
        state.put("at_contract", f"{site.key}/{contract.id}", _contract(state, site.key, contract))


def _service(service: Service) -> Document:
    return {
        "id": service.id,
        "name": service.name,
        "sku": service.sku,
        "description": service.name,
        "invoiceDescription": service.name,
        "unitPrice": service.price,
        "unitCost": service.cost,
        "periodType": service.period,
        "billingCodeID": 29,
        "isActive": service.active,
    }


def _contract(state: State, site: str, contract: Contract) -> Document:
    return {
        "site": site,
        "id": contract.id,
        "companyID": contract.company_id,
        "contractName": contract.name,
        "contractNumber": f"K{contract.id}",
        "contractType": contract.type,
        "contractPeriodType": MONTHLY,
        "status": contract.status,
        "startDate": _midnight(state, contract.begins_in_days),
        "endDate": _midnight(state, contract.ends_in_days),
        "version": 1,
        "services": {str(one.id): _contract_service(state, one) for one in contract.services},
    }


def _contract_service(state: State, one: ContractService) -> Document:
    return {
        "id": one.id,
        "serviceID": one.service_id,
        "unitPrice": one.price,
        "adjustedPrice": one.price,
        "invoiceDescription": "",
        "internalDescription": one.internal_description,
        "begins": one.units,
        "adjustments": [
            {"effectiveDate": _midnight(state, days)[:10], "unitChange": by} for days, by in one.changes
        ],
    }


def _midnight(state: State, days: int) -> str:
    return stamp(state.day(days))[:10] + "T00:00:00Z"
