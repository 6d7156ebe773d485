"""What every stored document has in common."""

from pydantic import BaseModel, ConfigDict


class Document(BaseModel):
    """A frozen value that is stored as JSON. Unknown fields are ignored, so an older host can read a newer row."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def body(self) -> bytes:
        return self.model_dump_json(exclude_defaults=True).encode()
