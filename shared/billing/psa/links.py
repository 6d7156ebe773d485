"""Links to further pages, as PSAs send them: only what they ask for is taken, never where they lead."""

from urllib.parse import parse_qs, urlsplit


def query_of(link: str) -> dict[str, str]:
    """What a link asks for, by names in small letters; {} for what is no link."""
    try:
        query = urlsplit(link).query
    except ValueError:
        return {}
    return {name.lower(): values[-1] for name, values in parse_qs(query).items()}
