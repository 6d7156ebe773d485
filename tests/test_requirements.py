"""A row that the code names is explained on the page of requirements."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAMED = re.compile(r"\b([SKNI]\d{1,2}a?)\b(?![-.\w])")
"""S8, K17a, I6: not the P1 of "partner p1", which is data."""


def explained() -> set[str]:
    page = (ROOT / "docs/requirements.md").read_text()
    return set(re.findall(r"^\| ([SKNI]\d{1,2}a?)\b", page, re.MULTILINE))


def named() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for folder in ("functions", "shared"):
        for file in (ROOT / folder).rglob("*.py"):
            for row in NAMED.findall(file.read_text()):
                found.setdefault(row, set()).add(str(file.relative_to(ROOT)))
    return found


def test_each_requirement_that_the_code_names_is_explained() -> None:
    missing = {row: files for row, files in named().items() if row not in explained()}
    assert missing == {}


def test_the_code_does_name_requirements() -> None:
    assert {"S8", "N1", "K7"} <= named().keys()
