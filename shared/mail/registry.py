"""Every mail transport there is, one line each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ValidationError

from shared.http.client import Http
from shared.mail.base import Transport
from shared.mail.folder import FolderSettings, FolderTransport
from shared.mail.sendgrid import SendGridSettings, SendGridTransport
from shared.mail.ses import SesSettings, SesTransport
from shared.mail.smtp import SmtpSettings, SmtpTransport


@dataclass(frozen=True, slots=True)
class TransportServices:
    """What a transport may need of its surroundings."""

    now: Callable[[], datetime]
    http: Http


class Kind(NamedTuple):
    settings: type[BaseModel]
    make: Callable[[Any, TransportServices], Transport]


TRANSPORTS: Final = {
    "folder": Kind(FolderSettings, lambda settings, means: FolderTransport(settings, means.now)),
    "sendgrid": Kind(SendGridSettings, lambda settings, means: SendGridTransport(settings, means.http)),
    "ses": Kind(SesSettings, lambda settings, means: SesTransport(settings, means.now)),
    "smtp": Kind(SmtpSettings, lambda settings, means: SmtpTransport(settings, means.now)),
}


def transport(kind: str, given: Mapping[str, str], means: TransportServices) -> Transport:
    """The transport of that name. Raises ValueError that names each wrong setting and what it must be."""
    if kind not in TRANSPORTS:
        raise ValueError(f"it names no mail transport; there are {', '.join(sorted(TRANSPORTS))}")
    model, make = TRANSPORTS[kind]
    try:
        settings = model.model_validate(given)
    except ValidationError as error:
        raise ValueError(f"{kind}: {'; '.join(_sentences(model, error))}") from None
    return make(settings, means)


def _sentences(model: type[BaseModel], error: ValidationError) -> list[str]:
    """What each setting must be, never what it is: it may be a password."""
    told = []
    for wrong in error.errors(include_input=False, include_url=False):
        name = ".".join(str(part) for part in wrong["loc"])
        field = model.model_fields.get(name)
        if field is not None:
            lead = "is missing: it must be" if wrong["type"] == "missing" else "must be"
            told.append(f"{name} {lead} {field.description}")
        elif wrong["type"] == "extra_forbidden":
            told.append(f"{name} is not a setting; there are {', '.join(model.model_fields)}")
        else:
            told.append(wrong["msg"].removeprefix("Value error, "))
    return told
