"""What the API's own shapes have in common: camelCase outside, and nothing unknown inside."""

from decimal import Decimal
from typing import Annotated, Any, TypeAliasType, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel

from shared.accounts.preferences import Address, Zone

type Email = Annotated[Address, Field(json_schema_extra={"format": "email"})]
type ZoneName = Annotated[Zone, Field(json_schema_extra={"format": "timezone"}, examples=["Europe/London"])]


class Shown(BaseModel):
    """Something that the API answers with. It is never a stored document."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Given(BaseModel):
    """Something that a caller sends: a field that nobody knows is refused, not dropped."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _yes_is_no_number(cls, value: object, about: ValidationInfo) -> object:
        """To Pydantic `true` is 1: a number of seats that nobody meant."""
        if isinstance(value, bool) and about.field_name is not None:
            kinds = set(_kinds(cls.model_fields[about.field_name].annotation))
            if kinds & {int, float, Decimal} and bool not in kinds:
                raise ValueError("Give a number, not yes or no")
        return value


def examples(*values: dict[str, Any]) -> ConfigDict:
    """Examples of a shape for the OpenAPI document."""
    return ConfigDict(json_schema_extra={"examples": list(values)})


def _kinds(annotation: object) -> list[object]:
    """The types that a field may be of."""
    if isinstance(annotation, TypeAliasType):
        return _kinds(annotation.__value__)
    inner = [kind for part in get_args(annotation) for kind in _kinds(part)]
    return inner or [annotation]
