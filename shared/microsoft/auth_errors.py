"""What a refusal of Microsoft means: which problem it is, and who must act.

The `error` word decides first, the numbers refine it: Microsoft may renumber. What nobody knows is said to be unknown.
Vendor's page: learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

from shared.http.client import Throttled, Unreachable
from shared.microsoft.models import FailureCause, NotRead
from shared.microsoft.read_problems import ReadProblem


@dataclass(frozen=True, slots=True)
class _Meaning:
    cause: FailureCause
    """When it happens in a customer's tenant. In the partner's own tenant all but TRANSIENT is the partner's."""
    problem: ReadProblem
    at_home: ReadProblem
    """What is told of the partner's own tenant."""


def _meaning(cause: FailureCause, problem: ReadProblem, at_home: ReadProblem | None = None) -> _Meaning:
    return _Meaning(cause, problem, at_home or problem)


_BUSY = _meaning(FailureCause.TRANSIENT, ReadProblem.BUSY)
_MFA = _meaning(FailureCause.TENANT, ReadProblem.MFA, ReadProblem.MFA_AT_HOME)
_EXPIRED = _meaning(FailureCause.PARTNER, ReadProblem.EXPIRED)
_TOO_OLD = _meaning(FailureCause.TENANT, ReadProblem.TOO_OLD, ReadProblem.EXPIRED)
_SERVICE_USER = _meaning(FailureCause.PARTNER, ReadProblem.SERVICE_USER)
_RISK = _meaning(FailureCause.PARTNER, ReadProblem.RISK)
_SECRET_EXPIRED = _meaning(FailureCause.PARTNER, ReadProblem.SECRET_EXPIRED)
_SECRET_WRONG = _meaning(FailureCause.PARTNER, ReadProblem.SECRET_WRONG)
_APP_OFF = _meaning(FailureCause.TENANT, ReadProblem.APP_OFF, ReadProblem.APP_OFF_AT_HOME)
_SERVICE_OFF = _meaning(FailureCause.TENANT, ReadProblem.SERVICE_OFF, ReadProblem.SERVICE_OFF_AT_HOME)
_CONSENT = _meaning(FailureCause.TENANT, ReadProblem.CONSENT, ReadProblem.CONSENT_AT_HOME)
_GDAP = _meaning(FailureCause.TENANT, ReadProblem.GDAP, ReadProblem.GDAP_AT_HOME)
_POLICY = _meaning(FailureCause.TENANT, ReadProblem.POLICY, ReadProblem.POLICY_AT_HOME)
_GONE = _meaning(FailureCause.GONE, ReadProblem.GONE, ReadProblem.GONE_AT_HOME)
_OUR_REQUEST = _meaning(FailureCause.TENANT, ReadProblem.OUR_REQUEST, ReadProblem.OUR_REQUEST_AT_HOME)
_REFUSED = _meaning(FailureCause.TENANT, ReadProblem.REFUSED, ReadProblem.REFUSED_AT_HOME)
_UNKNOWN = _meaning(FailureCause.TRANSIENT, ReadProblem.UNKNOWN)

_BY_ERROR: Final[Mapping[str, _Meaning]] = {
    "temporarily_unavailable": _BUSY,
    "server_error": _BUSY,
    "invalid_client": _SECRET_WRONG,
    "invalid_grant": _REFUSED,
    "interaction_required": _REFUSED,
    "login_required": _REFUSED,
    "access_denied": _REFUSED,
    "consent_required": _CONSENT,
    "unauthorized_client": _CONSENT,
    "invalid_resource": _CONSENT,
    "invalid_request": _OUR_REQUEST,
    "invalid_scope": _OUR_REQUEST,
    "unsupported_grant_type": _OUR_REQUEST,
}
_DECIDED_BY_WORD = frozenset({"temporarily_unavailable"})

_CODES: Final[Mapping[_Meaning, tuple[int, ...]]] = {
    _MFA: (50072, 50074, 50076, 50078, 50079),
    _EXPIRED: (50089, 50132, 50133, 50173, 70000, 70008, 700082, 700084),
    _TOO_OLD: (70043,),
    _SERVICE_USER: (50053, 50055, 50057),
    _RISK: (53011, 530034),
    _SECRET_EXPIRED: (7000222,),
    _SECRET_WRONG: (50012, 70002, 700024, 700027, 700030, 7000215, 7000218),
    _SERVICE_OFF: (500014,),
    _APP_OFF: (50194, 70001, 1000031, 7000112),
    _CONSENT: (
        *(65001, 65004, 65005, 90008, 90094, 90099),
        *(500011, 650051, 650052, 650056, 650057, 700011, 700016),
    ),
    _GDAP: (16000, 16003, 50020, 50034, 50105, 50177, 51004, 90072, 500021, 500022, 500212, 500213),
    _POLICY: (50131, 50158, 53000, 53001, 53003, 530003, 530032, 530035),
    _GONE: (90002, 90038, 900023, 5000224),
    _BUSY: (
        *(50033, 50087, 50166, 50196, 80002, 90006, 90012, 90024, 90033),
        *(90055, 90090, 90091),
    ),
    _OUR_REQUEST: (70011, 900144, 901002, 9002313),
}
_BY_CODE: Final[Mapping[int, _Meaning]] = {
    code: meaning for meaning, codes in _CODES.items() for code in codes
}
_AADSTS = re.compile(r"\AAADSTS(\d{5,8})\b")


def sign_in_refused(answer: Mapping[str, object], *, at_home: bool) -> NotRead:
    """Classify the error that a sign-in was answered with; `at_home`: it was for the partner's own tenant."""
    told = answer.get("error")
    word = told if isinstance(told, str) and told in _BY_ERROR else "unknown error"
    codes = _codes(answer)
    known = next((code for code in codes if code in _BY_CODE), None)
    by_word = _BY_ERROR.get(word, _UNKNOWN)
    if known is not None and word not in _DECIDED_BY_WORD:
        meaning = _BY_CODE[known]
    elif codes and by_word.cause is not FailureCause.TRANSIENT:
        # The word says how lasting it is; what it is about only the number would say.
        meaning = replace(
            by_word, problem=ReadProblem.UNKNOWN_NUMBER, at_home=ReadProblem.UNKNOWN_NUMBER_AT_HOME
        )
    else:
        meaning = by_word
    shown = known or next(iter(codes), None)
    return _not_read(meaning, f"AADSTS{shown}" if shown else word, at_home=at_home)


def in_one_tenant(refusal: NotRead) -> NotRead:
    """What a code that speaks of the partner means in a customer's tenant while the partner's own sign-in works."""
    problem = _IN_ONE_TENANT.get(refusal.problem, ReadProblem.REFUSED)
    return NotRead(FailureCause.TENANT, refusal.code, problem)


_IN_ONE_TENANT: Final[Mapping[ReadProblem, ReadProblem]] = {
    ReadProblem.SERVICE_USER: ReadProblem.SERVICE_USER_IN_TENANT,
    ReadProblem.UNKNOWN_NUMBER: ReadProblem.UNKNOWN_NUMBER,
}


def graph_refused(status: int, body: object, *, at_home: bool, app_only: bool) -> NotRead:
    """Classify an answer of Graph that is not a good one and that waiting does not mend."""
    code = f"{status} {word_of(body)}".strip()
    cause = FailureCause.PARTNER if at_home else FailureCause.TENANT
    if status == HTTPStatus.UNAUTHORIZED:
        return NotRead(cause, code, ReadProblem.GRAPH_TOKEN_AT_HOME if at_home else ReadProblem.GRAPH_TOKEN)
    if status == HTTPStatus.FORBIDDEN and at_home:
        return NotRead(cause, code, ReadProblem.RELATIONSHIPS_APP if app_only else ReadProblem.RELATIONSHIPS)
    if status == HTTPStatus.FORBIDDEN:
        return NotRead(cause, code, ReadProblem.GRAPH_ROLE_APP if app_only else ReadProblem.GRAPH_ROLE)
    cause = FailureCause.TRANSIENT if status < HTTPStatus.BAD_REQUEST else FailureCause.INVALID
    problem = ReadProblem.GRAPH_REFUSED_AT_HOME if at_home else ReadProblem.GRAPH_REFUSED
    return NotRead(cause, code, problem, str(status))


_NO_MFA = "900421"


def partner_center_refused(status: int, body: object) -> NotRead:
    """Classify an answer of Partner Center that is not a good one and that waiting does not mend."""
    word = word_of(body)
    code = f"{status} {word}".strip()
    if word == _NO_MFA:
        return NotRead(FailureCause.PARTNER, code, ReadProblem.PARTNER_CENTER_MFA)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return NotRead(FailureCause.PARTNER, code, ReadProblem.PARTNER_CENTER_ROLE)
    return NotRead(FailureCause.INVALID, code, ReadProblem.PARTNER_CENTER_REFUSED, str(status))


def as_not_read(failure: Throttled | Unreachable, service: str) -> NotRead:
    """Nobody refused anything: the service could not be asked now."""
    if isinstance(failure, Throttled):
        return NotRead(
            FailureCause.TRANSIENT, "throttled", ReadProblem.THROTTLED, service, after=failure.after
        )
    why = f"{service} could not be asked: {failure.why}"
    return NotRead(FailureCause.TRANSIENT, "no answer", ReadProblem.UNREACHABLE, why)


def _not_read(meaning: _Meaning, code: str, *, at_home: bool) -> NotRead:
    if not at_home:
        return NotRead(meaning.cause, code, meaning.problem)
    cause = FailureCause.TRANSIENT if meaning.cause is FailureCause.TRANSIENT else FailureCause.PARTNER
    return NotRead(cause, code, meaning.at_home)


def _codes(answer: Mapping[str, object]) -> list[int]:
    listed = answer.get("error_codes")
    codes = (
        [code for code in listed if type(code) is int and 0 < code < 10**9]
        if isinstance(listed, list)
        else []
    )
    if (
        not codes
        and isinstance(text := answer.get("error_description"), str)
        and (found := _AADSTS.match(text))
    ):
        codes = [int(found[1])]
    return codes


_PLAIN = re.compile(r"[A-Za-z_.]{1,60}|\d{1,8}")


def word_of(body: object) -> str:
    """The service's own word for the error, when it is one: a code and never free text."""
    if not isinstance(body, dict):
        return ""
    error = body.get("error", body)
    word = error.get("code") if isinstance(error, dict) else error
    text = str(word) if isinstance(word, (str, int)) else ""
    return text if _PLAIN.fullmatch(text) else ""
