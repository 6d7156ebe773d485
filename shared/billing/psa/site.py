"""The host of a PSA as a person types it: cleaned, or refused with a sentence that says what it must be."""

import re
from urllib.parse import urlsplit


def host_of(value: str, example: str) -> str:
    """The host alone, in small letters. Raises ValueError."""
    value = value.strip()
    parts = urlsplit(value if "://" in value else f"https://{value}")
    if parts.scheme != "https":
        raise ValueError("Site must be reached by https.")
    if "@" in parts.netloc:
        raise ValueError("Site must be a host name without a user name or password in it.")
    if parts.path.strip("/") or parts.query or parts.fragment or not parts.hostname:
        raise ValueError(f"Site must be a host name alone, for example {example}.")
    return parts.netloc.lower()


def public_name(host: str, psa: str) -> str:
    """Refuse what can only be inside our own network; a name that resolves to there is the HTTP client's to refuse."""
    name, _, port = host.partition(":")
    # The last label of a name is never a number, so no IP address passes.
    if not re.fullmatch(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", name):
        raise ValueError(f"Site must be the full public name of your {psa} server, not an IP address.")
    if port and not (port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError("Site must have a port between 1 and 65535, or none.")
    return host
