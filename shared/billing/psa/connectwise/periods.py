"""How often something is billed, by the name of its billing cycle: the MSP writes that name, so it may say anything."""

from typing import Final

from shared.billing.psa.base import Period

_NAMES: Final = {
    Period.MONTHLY: "month monthly 1month everymonth calendarmonth",
    Period.ANNUAL: "annual annually year yearly 1year 12months everyyear calendaryear",
    Period.OTHER: (
        "week weekly biweekly 2weeks 4weeks semimonthly bimonthly 2months quarter quarterly 3months 4months 6months "
        "semiannual semiannually halfyearly biannual biannually 2years 3years 24months 36months onetime"
    ),
}
_PERIODS: Final = {name: period for period, names in _NAMES.items() for name in names.split()}


def period_of(cycle: str) -> Period:
    """UNKNOWN for a name that is not known."""
    plain = "".join(letter for letter in cycle.casefold() if letter.isalnum())
    return _PERIODS.get(plain, Period.UNKNOWN)
