"""What every stored document has in common."""

from pydantic import BaseModel, ConfigDict


class Document(BaseModel):
    """A frozen value that is stored as JSON. Unknown fields are ignored, so an older host can read a newer row.

    A field that was renamed keeps the name it is stored by as its alias.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, serialize_by_alias=True)

    def body(self) -> bytes:
        return self.model_dump_json(exclude_defaults=True).encode()


class Chosen(Document):
    """What a person chose, stored in full: a default that changes later does not change what was chosen."""

    def body(self) -> bytes:
        return self.model_dump_json().encode()
