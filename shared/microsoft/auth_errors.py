"""What a refusal of Microsoft means: who must act, said in plain words.

The `error` word decides first, the numbers refine it: Microsoft may renumber. What nobody knows is said to be unknown.
Vendor's page: learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from shared.http.client import Throttled, Unreachable
from shared.microsoft.models import FailureCause, NotRead


@dataclass(frozen=True, slots=True)
class _Meaning:
    cause: FailureCause
    """When it happens in a customer's tenant. In the partner's own tenant all but TRANSIENT is the partner's."""
    sentence: str
    at_home: str = ""
    """The sentence for the partner's own tenant, where it differs."""


_BUSY = _Meaning(
    FailureCause.TRANSIENT,
    "Microsoft's sign-in is busy or disturbed at the moment. Seatwise tries again by itself.",
)
_MFA = _Meaning(
    FailureCause.TENANT,
    "This tenant demands multi-factor authentication that the partner's sign-in does not prove. Ask the tenant's "
    "administrator to exclude service provider users from that policy; if several tenants say so, open the partner "
    "connection, choose 'Sign in again' and complete MFA with the service user.",
    "Microsoft asks for multi-factor authentication. Open the partner connection, choose 'Sign in again' "
    "and complete MFA with the service user.",
)
_EXPIRED = _Meaning(
    FailureCause.PARTNER,
    "The partner's sign-in has expired or was revoked. Open the partner connection, choose 'Sign in again' "
    "and complete MFA with the service user.",
)
_TOO_OLD = _Meaning(
    FailureCause.TENANT,
    "A Conditional Access policy of this tenant wants users to be signed in more often. Ask the tenant's "
    "administrator to exclude service provider users from it; until then, open the partner connection and choose "
    "'Sign in again'.",
    _EXPIRED.sentence,
)
_SERVICE_USER = _Meaning(
    FailureCause.PARTNER,
    "The service user of the partner connection is disabled, locked or has an expired password. Repair the user "
    "in the partner's Entra ID, then open the partner connection and choose 'Sign in again'.",
)
_RISK = _Meaning(
    FailureCause.PARTNER,
    "Microsoft blocks the service user because it sees a risk in the partner's tenant. Clear the risk in "
    "Entra ID Protection, then open the partner connection and choose 'Sign in again'.",
)
_SECRET_EXPIRED = _Meaning(
    FailureCause.PARTNER,
    "The client secret of the partner's app has expired. Create a new one under 'Certificates & secrets' of the "
    "app registration and enter it in the partner connection.",
)
_SECRET_WRONG = _Meaning(
    FailureCause.PARTNER,
    "The client secret of the partner's app is wrong. Create a new one under 'Certificates & secrets' of the "
    "app registration and enter its value (not its id) in the partner connection.",
)
_APP_OFF = _Meaning(
    FailureCause.TENANT,
    "The partner's app is switched off in this tenant, or is not open to it. Let an administrator of the tenant "
    "enable it among the enterprise applications; if several tenants say so, check the app registration in the "
    "partner's Entra ID.",
    "The partner's app registration is disabled or not open to other tenants. Enable it in the partner's Entra ID "
    "and set it to accounts in any organisational directory.",
)
_CONSENT = _Meaning(
    FailureCause.TENANT,
    "The app has no consent in this tenant. Give consent for the tenant from the partner connection, or let an "
    "administrator of the tenant open the consent link.",
    "The app has no consent in the partner's own tenant, or its client id is wrong. Open the partner connection, "
    "check the client id and give consent again as an administrator.",
)
_GDAP = _Meaning(
    FailureCause.TENANT,
    "The service user has no access to this tenant. Have a GDAP relationship approved with the role Global Reader or "
    "Directory Readers, and put the service user into the security group that holds it.",
    "The service user is not a member of the partner's tenant. Open the partner connection and sign in with a user "
    "of that tenant.",
)
_POLICY = _Meaning(
    FailureCause.TENANT,
    "A Conditional Access or security policy of this tenant blocks the partner's sign-in. Ask the tenant's "
    "administrator to exclude service provider users from it.",
    "A Conditional Access or security policy of the partner's tenant blocks the service user. Change the policy, "
    "then open the partner connection and choose 'Sign in again'.",
)
_GONE = _Meaning(
    FailureCause.GONE,
    "Microsoft does not know this tenant any more: it was deleted, or it is in another Microsoft cloud. If the "
    "customer has left, end its lines in the PSA, then remove the company.",
    "Microsoft does not know the partner's tenant. Check the tenant id of the partner connection.",
)
_OUR_REQUEST = _Meaning(
    FailureCause.TENANT,
    "Microsoft could not understand the sign-in request for this tenant. Check client id and permissions of the "
    "partner's app; if they are right, report this code.",
    "Microsoft could not understand the sign-in request. Check tenant id, client id and permissions of the "
    "partner's app; if they are right, report this code.",
)
_REFUSED = _Meaning(
    FailureCause.TENANT,
    "Microsoft refuses the sign-in to this tenant, although the partner's own works. Check the GDAP relationship, "
    "the consent and the Conditional Access policies of the tenant.",
    "Microsoft refuses the partner's sign-in. Open the partner connection, choose 'Sign in again' and complete MFA "
    "with the service user.",
)
_UNKNOWN = _Meaning(
    FailureCause.TRANSIENT,
    "Microsoft refused the sign-in for a reason Seatwise does not know. Seatwise tries again by itself; if it stays, "
    "look up the code.",
)

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
    meaning = by_word if known is None or word in _DECIDED_BY_WORD else _BY_CODE[known]
    shown = known or next(iter(codes), None)
    return _not_read(meaning, f"AADSTS{shown}" if shown else word, at_home=at_home)


def graph_refused(status: int, body: object, *, at_home: bool, app_only: bool) -> NotRead:
    """Classify an answer of Graph that is not a good one and that waiting does not mend."""
    code = f"{status} {word_of(body)}".strip()
    if status == HTTPStatus.UNAUTHORIZED:
        sentence = (
            "Microsoft Graph does not accept the sign-in to {place} although it was just issued. Open the partner "
            "connection and choose 'Sign in again'; if it stays, check {place}'s Conditional Access policies."
        )
    elif status == HTTPStatus.FORBIDDEN and at_home and app_only:
        sentence = (
            "The app may not read the GDAP relationships. Give it DelegatedAdminRelationship.Read.All as an "
            "application permission, with an administrator's consent."
        )
    elif status == HTTPStatus.FORBIDDEN and at_home:
        sentence = (
            "The service user may not read the GDAP relationships. Put it into the partner's group AdminAgents and "
            "give the app the permission DelegatedAdminRelationship.Read.All with an administrator's consent."
        )
    elif status == HTTPStatus.FORBIDDEN and app_only:
        sentence = (
            "The app lacks a permission in {place}. Give it LicenseAssignment.Read.All, Organization.Read.All and "
            "User.Read.All as application permissions, with an administrator's consent."
        )
    elif status == HTTPStatus.FORBIDDEN:
        sentence = (
            "The service user may not read {place}: the GDAP role is missing. Give its security group the role Global "
            "Reader or Directory Readers in the GDAP relationship, and check the app's consent."
        )
    else:
        sentence = f"Microsoft Graph refused a question about {{place}} with {status}. Report this code."
        cause = FailureCause.TRANSIENT if status < HTTPStatus.BAD_REQUEST else FailureCause.INVALID
        return NotRead(cause, code, sentence.format(place=_place(at_home=at_home)))
    cause = FailureCause.PARTNER if at_home else FailureCause.TENANT
    return NotRead(cause, code, sentence.format(place=_place(at_home=at_home)))


_NO_MFA = "900421"


def partner_center_refused(status: int, body: object) -> NotRead:
    """Classify an answer of Partner Center that is not a good one and that waiting does not mend."""
    word = word_of(body)
    code = f"{status} {word}".strip()
    if word == _NO_MFA:
        return NotRead(
            FailureCause.PARTNER,
            code,
            "Partner Center demands a sign-in with multi-factor authentication. Open the partner connection, choose "
            "'Sign in again' and complete MFA with the service user.",
        )
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return NotRead(
            FailureCause.PARTNER,
            code,
            "Partner Center does not let the partner connection read the customers. Put the service user into the "
            "group AdminAgents, and give the app the Partner Center permission with an administrator's consent.",
        )
    return NotRead(
        FailureCause.INVALID,
        code,
        f"Partner Center refused the list of customers with {status}. Report this code.",
    )


def as_not_read(failure: Throttled | Unreachable, service: str) -> NotRead:
    """Nobody refused anything: the service could not be asked now."""
    if isinstance(failure, Throttled):
        sentence = f"{service} asks Seatwise to wait. It tries again by itself."
        return NotRead(FailureCause.TRANSIENT, "throttled", sentence, after=failure.after)
    return NotRead(
        FailureCause.TRANSIENT,
        "no answer",
        f"{service} could not be asked: {failure.why} Seatwise tries again by itself.",
    )


def _not_read(meaning: _Meaning, code: str, *, at_home: bool) -> NotRead:
    if not at_home:
        return NotRead(meaning.cause, code, meaning.sentence)
    cause = FailureCause.TRANSIENT if meaning.cause is FailureCause.TRANSIENT else FailureCause.PARTNER
    return NotRead(cause, code, meaning.at_home or meaning.sentence)


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


def _place(*, at_home: bool) -> str:
    return "the partner's tenant" if at_home else "this tenant"
