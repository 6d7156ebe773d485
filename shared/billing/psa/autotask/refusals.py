"""What Autotask's texts mean. It answers 500 for nearly everything, so a status alone says nothing. No network."""

from enum import StrEnum
from http import HTTPStatus

_WORDS_LENGTH = 500


class Meaning(StrEnum):
    SIGN_IN = "sign_in"
    RIGHTS = "rights"
    BUSY = "busy"
    """Too many calls at once, or in this hour: nothing was done."""
    NOT_THERE = "not_there"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """It may have been done."""


_TEXTS = (
    ("thread threshold", Meaning.BUSY),
    ("itgenatr005", Meaning.BUSY),
    ("request threshold", Meaning.BUSY),
    ("adequate permissions", Meaning.RIGHTS),
    ("zone information could not be determined", Meaning.SIGN_IN),
    ("no matching records found", Meaning.NOT_THERE),
    ("must be between", Meaning.REFUSED),
    ("attempt to insert duplicate data", Meaning.REFUSED),
    ("is required", Meaning.REFUSED),
    ("must be an integer", Meaning.REFUSED),
    ("too long", Meaning.REFUSED),
    ("unable to find", Meaning.REFUSED),
)
"""Part of a text, in small letters, and what it says. What is not in here is not known to have changed nothing."""


def words_of(body: object) -> str:
    """The texts of an error, which are strings or objects; "" when the body is not Autotask's."""
    errors = body.get("errors") if isinstance(body, dict) else None
    if not isinstance(errors, list):
        return ""
    told = [str(error.get("message") or error) if isinstance(error, dict) else str(error) for error in errors]
    return " ".join(" ".join(told).split())[:_WORDS_LENGTH]


def meaning(status: int, words: str) -> Meaning:
    small = words.lower()
    for text, says in _TEXTS:
        if text in small:
            return says
    if status == HTTPStatus.UNAUTHORIZED:
        return Meaning.SIGN_IN
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Meaning.BUSY
    if status == HTTPStatus.FORBIDDEN:
        return Meaning.RIGHTS
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    if refused and status != HTTPStatus.REQUEST_TIMEOUT and words:
        return Meaning.REFUSED
    return Meaning.UNKNOWN
