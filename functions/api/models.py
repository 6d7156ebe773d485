"""What the API's own shapes have in common: camelCase outside, and nothing unknown inside."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
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


def examples(*values: dict[str, Any]) -> ConfigDict:
    """Examples of a shape for the OpenAPI document."""
    return ConfigDict(json_schema_extra={"examples": list(values)})
