"""Which function answers which address: the route templates of the Functions host."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from sandbox.host.settings import HostError
from sandbox.host.worker import LoadedFunction

CONSTRAINTS: Final = {
    "": r"[^/]+",
    "alpha": r"[A-Za-z]+",
    "bool": r"(?:true|false)",
    "guid": r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}",
    "int": r"-?\d+",
    "long": r"-?\d+",
}
PARAMETER: Final = re.compile(r"\{(?P<rest>\*?)(?P<name>\w+)(?::(?P<kind>\w+))?(?P<optional>\??)\}")


@dataclass(frozen=True)
class Route:
    function: LoadedFunction
    pattern: re.Pattern[str]
    methods: frozenset[str]
    auth_level: str
    rank: tuple[int, ...]
    """Literal segments go before parameters, these before one that takes the rest."""


class Routes:
    def __init__(self, functions: Iterable[LoadedFunction], prefix: str) -> None:
        http = (function for function in functions if function.is_triggered_by("httpTrigger"))
        self._routes = sorted((_route(function, prefix) for function in http), key=lambda route: route.rank)

    def find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
        """The route and its parameters. The method is part of the address: a wrong one is not found."""
        for route in self._routes:
            if route.methods and method not in route.methods:
                continue
            match = route.pattern.fullmatch(path)
            if match:
                values = {name: unquote(value) for name, value in match.groupdict().items() if value}
                return route, values
        return None


def _route(function: LoadedFunction, prefix: str) -> Route:
    template = function.trigger.get("route") or function.name
    segments = [segment for segment in f"{prefix}/{template}".split("/") if segment]
    pattern = "".join(_segment(segment, function.name) for segment in segments)
    return Route(
        function=function,
        pattern=re.compile(pattern + "/?", re.IGNORECASE),
        methods=frozenset(method.upper() for method in function.trigger.get("methods") or ()),
        auth_level=(function.trigger.get("authLevel") or "FUNCTION").lower(),
        rank=tuple(2 if segment.startswith("{*") else int("{" in segment) for segment in segments),
    )


def _segment(segment: str, name: str) -> str:
    pattern, at = "/", 0
    for found in PARAMETER.finditer(segment):
        kind = found["kind"] or ""
        if kind not in CONSTRAINTS:
            raise HostError(f"{name}: the local host does not know the route constraint '{kind}'.")
        value = ".*" if found["rest"] else CONSTRAINTS[kind]
        pattern += re.escape(segment[at : found.start()]) + f"(?P<{found['name']}>{value})"
        at = found.end()
    pattern += re.escape(segment[at:])
    is_optional = segment.endswith("?}") or segment.startswith("{*")
    return f"(?:{pattern})?" if is_optional else pattern
