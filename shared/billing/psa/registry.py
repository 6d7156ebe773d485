"""Which PSAs there are: kind -> its settings and its adapter. A new PSA is one line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from shared.billing.psa.autotask.adapter import Autotask
from shared.billing.psa.autotask.settings import AutotaskSettings
from shared.billing.psa.autotask.tickets import AutotaskTickets
from shared.billing.psa.base import Psa, PsaRefused
from shared.billing.psa.causes import Cause
from shared.billing.psa.connectwise.adapter import ConnectWise
from shared.billing.psa.connectwise.settings import ConnectWiseSettings
from shared.billing.psa.connectwise.tickets import ConnectWiseTickets
from shared.billing.psa.halo.adapter import Halo
from shared.billing.psa.halo.settings import HaloSettings
from shared.billing.psa.halo.tickets import HaloTickets
from shared.billing.psa.kinds import PsaSettings
from shared.billing.psa.tickets import PsaTickets
from shared.errors import Rejected
from shared.http.client import Http
from shared.text import one_line


@dataclass(frozen=True, slots=True)
class PsaKind[S: PsaSettings]:
    """`connect` and `tickets` take the settings, the secret and the HTTP client, and do no I/O."""

    name: str
    settings: type[S]
    connect: Callable[[S, str, Http], Psa]
    tickets: Callable[[S, str, Http], PsaTickets] | None = None
    """None: alerts cannot become its tickets."""


PSAS: dict[str, PsaKind[Any]] = {
    "autotask": PsaKind("Autotask PSA", AutotaskSettings, Autotask, AutotaskTickets),
    "connectwise": PsaKind("ConnectWise PSA", ConnectWiseSettings, ConnectWise, ConnectWiseTickets),
    "halo": PsaKind("HaloPSA", HaloSettings, Halo, HaloTickets),
}


def open_psa(kind: str, settings_json: str | bytes, secret: str, http: Http) -> Psa:
    """Raises PsaRefused, which names the kind or each setting that is wrong and what it must be."""
    return _kind(kind).connect(_settings(kind, settings_json), secret, http)


def _kind(kind: str) -> PsaKind[Any]:
    if kind not in PSAS:
        told = f"'{one_line(kind, 40)}' is no PSA; there are {', '.join(sorted(PSAS))}."
        raise PsaRefused("settings", told, cause=Cause.SETTINGS, facts=(told,))
    return PSAS[kind]


def _settings(kind: str, settings_json: str | bytes) -> PsaSettings:
    model: type[PsaSettings] = _kind(kind).settings
    try:
        return model.model_validate_json(settings_json)
    except ValidationError as wrong:
        told = _sentences(wrong)
        raise PsaRefused("settings", told, cause=Cause.SETTINGS, facts=(told,)) from None


@dataclass(frozen=True, slots=True)
class RegisteredPsas:
    """Every kind of PSA that there is, over one HTTP client."""

    http: Http

    def settings(self, kind: str, given: Mapping[str, object]) -> PsaSettings:
        if kind not in PSAS:
            raise Rejected(
                f"'{one_line(kind, 40)}' is no PSA; there are {', '.join(sorted(PSAS))}.", "unknown", "kind"
            )
        model: type[PsaSettings] = PSAS[kind].settings
        if unknown := sorted(given.keys() - model.model_fields):
            known = ", ".join(to_camel(name) for name in model.model_fields)
            raise Rejected(
                f"'{one_line(unknown[0], 40)}' is no setting; there are {known}.", "unknown", "settings"
            )
        try:
            return model.model_validate(dict(given))
        except ValidationError as wrong:
            place = wrong.errors(include_input=False, include_url=False, include_context=False)[0]["loc"]
            field = ".".join(("settings", *(to_camel(str(part)) for part in place)))
            raise Rejected(_sentences(wrong), "invalid", field) from None

    def system(self, kind: str, settings_json: str) -> str:
        try:
            return str(PSAS[kind].settings.model_validate_json(settings_json).system)
        except (KeyError, ValidationError):
            return ""

    def open(self, kind: str, settings_json: str, secret: str) -> Psa:
        return open_psa(kind, settings_json, secret, self.http)

    def open_tickets(self, kind: str, settings_json: str, secret: str) -> PsaTickets:
        opened = _kind(kind).tickets
        if opened is None:
            raise PsaRefused("no tickets", f"Seatwise makes no tickets in {_kind(kind).name}.")
        return opened(_settings(kind, settings_json), secret, self.http)


def _sentences(wrong: ValidationError) -> str:
    """What each setting must be, never what it is: it may be a password."""
    told = []
    for error in wrong.errors(include_input=False, include_url=False, include_context=False):
        name = ".".join(str(part) for part in error["loc"]) or "The settings"
        ours = error["type"] == "value_error"
        told.append(error["msg"].removeprefix("Value error, ") if ours else f"{name}: {error['msg']}.")
    return " ".join(told)
