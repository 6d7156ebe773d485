"""Which PSAs there are: kind -> its settings and its adapter. A new PSA is one line here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.billing.psa.base import Psa
from shared.billing.psa.connectwise import ConnectWise
from shared.billing.psa.connectwise_settings import ConnectWiseSettings
from shared.http import Http
from shared.storage.documents import Document


@dataclass(frozen=True, slots=True)
class PsaKind[S: Document]:
    """`connect` takes the settings, the secret and the HTTP client, and does no I/O."""

    name: str
    settings: type[S]
    connect: Callable[[S, str, Http], Psa]

    def open(self, settings_json: str | bytes, secret: str, http: Http) -> Psa:
        return self.connect(self.settings.model_validate_json(settings_json), secret, http)


PSAS: dict[str, PsaKind[Any]] = {
    "connectwise": PsaKind("ConnectWise PSA", ConnectWiseSettings, ConnectWise),
}


def open_psa(kind: str, settings_json: str | bytes, secret: str, http: Http) -> Psa:
    """Raises pydantic's ValidationError, whose messages name the wrong setting, and KeyError for an unknown kind."""
    return PSAS[kind].open(settings_json, secret, http)
