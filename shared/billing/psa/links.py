"""Links to further pages, as PSAs send them: only what they ask for is taken, never where they lead."""

from urllib.parse import parse_qs, urlsplit

from shared.billing.psa.base import PsaRefused, PsaUnavailable


def query_of(link: str) -> dict[str, str]:
    """What a link asks for, by names in small letters; {} for what is no link."""
    try:
        query = urlsplit(link).query
    except ValueError:
        return {}
    return {name.lower(): values[-1] for name, values in parse_qs(query).items()}


def further_refused(refused: PsaRefused) -> PsaUnavailable:
    """A place that the PSA itself named may be over: the list is read again from its first page."""
    return PsaUnavailable(f"A further page of a list was refused, so it is read again: {refused.sentence}")
