"""Saving some settings of an account in the version that was seen."""

from collections.abc import Callable, Mapping

from pydantic import BaseModel

from functions.api.principal import Principal
from functions.api.versions import SeenVersion
from shared.accounts import audit
from shared.accounts.account import Account
from shared.alerts import saved_settings
from shared.errors import Rejected


def save[S: BaseModel](
    asking: Principal,
    seen: SeenVersion,
    action: str,
    fields: Mapping[str, object],
    shown: Callable[[Account], S],
    called: Mapping[str, str] | None = None,
) -> S:
    """The settings as they are now. `called` is what the caller's fields are called by the names in Account."""
    try:
        before, after = saved_settings.change(
            asking.tables, asking.account, fields, lambda stored: seen.check(shown(stored))
        )
    except Rejected as rejected:
        raise _in_the_callers_words(rejected, called or {}) from rejected
    if after != before:
        told = (shown(version).model_dump_json(by_alias=True) for version in (before, after))
        audit.record(asking.tables, asking.account, asking.actor, action, asking.account, *told)
    return shown(after)


def _in_the_callers_words(rejected: Rejected, called: Mapping[str, str]) -> Rejected:
    reason, field = rejected.reason, rejected.field
    for ours, theirs in called.items():
        reason = reason.replace(ours, theirs)
        field = theirs + field.removeprefix(ours) if field.startswith(ours) else field
    return Rejected(reason, rejected.code, field)
