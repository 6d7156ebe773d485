"""The sandbox's own pages for people."""

from collections import Counter
from dataclasses import dataclass

from sandbox.standins.faults import Faults
from sandbox.standins.state import State


@dataclass(frozen=True, slots=True)
class Page:
    html: str
    status: int = 200


def page_for(path: str, state: State, faults: Faults, counts: Counter[str]) -> Page:
    return Page("<h1>Sandbox</h1>")
