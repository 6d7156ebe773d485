"""The host of a PSA as a person types it: cleaned, or refused with a sentence that says what it must be."""

import re
from urllib.parse import urlsplit

_HTTPS = 443


def host_of(value: str, example: str) -> str:
    """The host alone, in small letters, with its port where it is not that of https. Raises ValueError.

    One server has one spelling: two connections to it would each look after the same lines.
    """
    value = value.strip()
    try:
        parts = urlsplit(value if "://" in value else f"https://{value}")
    except ValueError:
        raise ValueError(f"Site must be a host name alone, for example {example}.") from None
    if parts.scheme != "https":
        raise ValueError("Site must be reached by https.")
    if "@" in parts.netloc:
        raise ValueError("Site must be a host name without a user name or password in it.")
    if parts.path.strip("/") or parts.query or parts.fragment or not parts.hostname:
        raise ValueError(f"Site must be a host name alone, for example {example}.")
    try:
        port = parts.port
    except ValueError:
        raise ValueError("Site must have a port between 1 and 65535, or none.") from None
    if port == 0:
        raise ValueError("Site must have a port between 1 and 65535, or none.")
    name = parts.hostname.removesuffix(".")
    return name if port in (None, _HTTPS) else f"{name}:{port}"


def public_name(host: str, psa: str) -> str:
    """Refuse what can only be inside our own network; a name that resolves to there is the HTTP client's to refuse."""
    name = host.partition(":")[0]
    # The last label of a name is never a number, so no IP address passes.
    if not re.fullmatch(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", name):
        raise ValueError(f"Site must be the full public name of your {psa} server, not an IP address.")
    return host
