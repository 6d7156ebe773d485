"""Billing profiles (K6): names for products of the PSA."""

from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import Field, model_validator

from functions.api.kept import uses_of_profiles
from functions.api.lists import CSV, Page, Pages, by_name
from functions.api.models import Given, Shown, examples
from functions.api.principal import Admin, Principal, Reader
from functions.api.versions import Seen, versioned
from shared.accounts import audit
from shared.billing import profiles
from shared.billing.models import BillingProfile, PriceKind, PriceRule
from shared.billing.profiles import ProfileWish
from shared.billing.psa.base import BillableOption

router = APIRouter(prefix="/accounts/{account}/billing-profiles", tags=["billing profiles"])
MOST_AT_ONCE = 200
type ProfileId = Annotated[str, Path(alias="billingProfile", max_length=64)]
type Billable = Literal["billable", "do_not_bill", "no_charge"]
type PriceRuleWord = Literal["psa", "fixed", "percent"]
_EXAMPLE = {"name": "Business Premium", "connection": "connectwise-1a2b3c4d", "productId": "2210"}


class ProfileGiven(Given):
    model_config = Given.model_config | examples(_EXAMPLE)

    name: Annotated[str, Field(min_length=1, max_length=80)]
    connection: Annotated[str, Field(min_length=1, max_length=64, description="Id of the PSA connection")]
    product_id: Annotated[str, Field(min_length=1, max_length=100)]
    billable: Billable = "billable"
    price_rule: Annotated[
        PriceRuleWord,
        Field(
            description="What a line must charge: what it says in the PSA, a fixed price, or more or less than that"
        ),
    ] = "psa"
    price: Annotated[
        Decimal | None,
        Field(ge=0, le=1_000_000, decimal_places=2, description="For a seat; with `fixed` only"),
    ] = None
    percent: Annotated[
        Decimal | None,
        Field(
            ge=-100,
            le=1000,
            decimal_places=2,
            description="On the product's price in the PSA, as that is at each look; less where it is negative. With "
            "`percent` only",
        ),
    ] = None
    agreement_types: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=100)], ...],
        Field(
            max_length=20,
            description="Types of agreement that it may be billed by, as the PSA calls them; none named is any",
        ),
    ] = ()

    @model_validator(mode="after")
    def _says_one_price(self) -> "ProfileGiven":
        if (self.price is not None) != (self.price_rule == "fixed"):
            raise ValueError("`price` goes with `fixed`, and with nothing else")
        if (self.percent is not None) != (self.price_rule == "percent"):
            raise ValueError("`percent` goes with `percent`, and with nothing else")
        return self


class ProfilesGiven(Given):
    model_config = Given.model_config | examples({"profiles": [_EXAMPLE]})

    profiles: Annotated[list[ProfileGiven], Field(min_length=1, max_length=MOST_AT_ONCE)]


class ShownProfile(Shown):
    id: str
    name: str
    connection: str
    product_id: str
    billable: Billable
    price_rule: PriceRuleWord
    price: Decimal | None
    """Fixed, for a seat. A line that charges another one is not written until it is put right."""
    percent: Decimal | None
    """On the product's price in the PSA, as that is at each look."""
    agreement_types: list[str]
    """Empty: an agreement of any type may be chosen."""


class ProfileInList(ShownProfile):
    licences: int
    """How many licences are billed by it."""


class Created(Shown):
    profiles: list[ShownProfile]


def shown(profile: BillingProfile) -> ShownProfile:
    return ShownProfile(
        id=profile.id,
        name=profile.name,
        connection=profile.connection,
        product_id=profile.product_id,
        billable=profile.billable.value,
        price_rule=profile.price.kind.value,
        price=profile.price.amount if profile.price.kind is PriceKind.FIXED else None,
        percent=profile.price.amount if profile.price.kind is PriceKind.PERCENT else None,
        agreement_types=list(profile.agreement_types),
    )


def wish(asked: ProfileGiven) -> ProfileWish:
    return ProfileWish(
        asked.name,
        asked.connection,
        asked.product_id,
        BillableOption(asked.billable),
        asked.agreement_types,
        PriceRule(kind=PriceKind(asked.price_rule), amount=asked.price or asked.percent or Decimal(0)),
    )


@router.get("", operation_id="listBillingProfiles", response_model=Page[ProfileInList], responses=CSV)
def list_profiles(asking: Reader, paging: Pages) -> Page[ProfileInList] | Response:
    """By name."""
    used = uses_of_profiles(asking)
    found = profiles.billing_profiles(asking.tables, asking.account).values()
    rows = sorted(
        (
            by_name(profile.name, profile.id),
            ProfileInList(**dict(shown(profile)), licences=used.get(profile.id, 0)),
        )
        for profile in found
    )
    return paging.answer_all(asking, "billing-profiles", rows)


@router.post("", operation_id="createBillingProfile", status_code=201)
def create(asked: ProfileGiven, asking: Admin, response: Response) -> ShownProfile:
    """The same once more answers with the same profile."""
    (made,) = _created(asking, [asked])
    response.headers["Location"] = f"/api/accounts/{asking.account}/billing-profiles/{made.id}"
    return versioned(response, shown(made))


@router.post("/bulk", operation_id="createBillingProfiles")
def create_all(asked: ProfilesGiven, asking: Admin) -> Created:
    """All of them, or none. Those that are there already as they are asked for are no error."""
    return Created(profiles=[shown(wished) for wished in _created(asking, asked.profiles)])


@router.get("/{billingProfile}", operation_id="getBillingProfile")
def get(profile_id: ProfileId, asking: Reader, response: Response) -> ShownProfile:
    return versioned(response, shown(profiles.billing_profile(asking.tables, asking.account, profile_id)))


@router.put("/{billingProfile}", operation_id="changeBillingProfile")
def change(
    profile_id: ProfileId, asked: ProfileGiven, asking: Admin, seen: Seen, response: Response
) -> ShownProfile:
    """While licences are billed by it, its product stays."""
    seen.check(shown(profiles.billing_profile(asking.tables, asking.account, profile_id)))
    by = asking.actor.decider("billing profile changed")
    before, after = profiles.change_profile(asking.tables, asking.account, profile_id, wish(asked), by)
    _record(asking, "profile.changed", profile_id, before, after)
    return versioned(response, shown(after))


@router.delete("/{billingProfile}", operation_id="endBillingProfile", status_code=204)
def end(profile_id: ProfileId, asking: Admin) -> None:
    """Only when no licence is billed by it."""
    by = asking.actor.decider("billing profile ended")
    ended = profiles.end_profile(asking.tables, asking.account, profile_id, by)
    _record(asking, "profile.ended", profile_id, ended, None)


def _created(asking: Principal, asked: list[ProfileGiven]) -> list[BillingProfile]:
    by = asking.actor.decider("billing profile created")
    known = profiles.billing_profiles(asking.tables, asking.account)
    made = profiles.create_profiles(asking.tables, asking.account, [wish(wished) for wished in asked], by)
    for profile in made:
        if profile.id not in known:
            _record(asking, "profile.created", profile.id, None, profile)
    return made


def _record(
    asking: Principal, action: str, subject: str, before: BillingProfile | None, after: BillingProfile | None
) -> None:
    told = [shown(profile).model_dump_json(by_alias=True) if profile else "" for profile in (before, after)]
    audit.record(asking.tables, asking.account, asking.actor, action, subject, *told)
