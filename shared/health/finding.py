"""What the doctor says of one thing."""

from dataclasses import dataclass
from enum import StrEnum


class Check(StrEnum):
    """What is looked at."""

    SETTINGS = "settings"
    STORAGE = "storage"
    CLOCK = "clock"
    VAULT = "vault"
    MAIL = "mail"
    QUEUES = "queues"
    POISON = "poison"
    PARTNER_SIGN_IN = "partner_sign_in"
    CUSTOM_LICENCES = "custom_licences"
    PSA_RIGHTS = "psa_rights"
    MAILS_SENT = "mails_sent"
    LAST_RUN = "last_run"


@dataclass(frozen=True, slots=True)
class Finding:
    check: Check
    well: bool
    sentence: str
    cure: str = ""
    """What a person does about it; "" when it is well."""


class Unusable(Exception):
    """A part of the installation cannot even be made; the text says which setting must be what, and holds no secret."""


def well(check: Check, sentence: str) -> Finding:
    return Finding(check, True, sentence)


def wrong(check: Check, sentence: str, cure: str) -> Finding:
    return Finding(check, False, sentence, cure)
