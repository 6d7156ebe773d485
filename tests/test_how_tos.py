"""The how-tos are true: what they tell a newcomer to write is all that is needed, and it works."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.teeth.copy import ROOT, copy_to, run

OF_ALL_RULES = (
    "tests/test_imports.py",
    "tests/shared/alerts/test_saved_settings.py",
    "tests/shared/alerts/test_exclusions.py",
    "tests/shared/alerts/exclude_link/test_link.py",
    "tests/shared/alerts/digest/test_decide.py",
)
"""What is asked of every rule of the registry."""
OF_ALL_TRANSPORTS = (
    "tests/test_imports.py",
    "tests/shared/mail/test_transports.py::test_every_transport_of_the_registry_is_held_to_the_contract",
)


def follow(page: str, tree: Path) -> list[str]:
    """Do to the tree what the page says: one file, one registry line, one test. Returns their paths."""
    (file, body), (registry, line), (test, tests) = _blocks((ROOT / "docs" / page).read_text())
    for path, code in ((file, body), (test, tests)):
        assert not (tree / path).exists()
        (tree / path).write_text(code)
    (tree / registry).write_text(_registered((tree / registry).read_text(), line))
    return [file, registry, test]


def _blocks(page: str) -> list[tuple[str, str]]:
    """The path in each heading, and the first block of code below it."""
    sections = [section.split("\n", 1) for section in page.split("\n## ")[1:]]
    return [
        (heading.split("`")[1], text.split("```python\n", 1)[1].split("```", 1)[0])
        for heading, text in sections
    ]


def _registered(registry: str, line: str) -> str:
    """The registry with one line more, and the import that it needs."""
    brought, entry = line.splitlines()
    lines = registry.splitlines()
    lines.insert(next(at for at, text in enumerate(lines) if text in {")", "}", "    ]"}), entry)
    lines.insert(max(at for at, text in enumerate(lines) if text.startswith("from ")) + 1, brought)
    return "\n".join([*lines, ""])


OF_ALL_PSAS = ("tests/test_imports.py", "tests/shared/billing/psa/test_registry.py")


def follow_the_psa_page(tree: Path) -> list[str]:
    """Do to the tree what the page of PSAs says: three files, and a line in two registries. Returns their paths."""
    page = (ROOT / "docs" / "how-to-add-a-psa.md").read_text().split("\n## 5. ", 1)[1]
    files = re.findall(r"\]\((examples/[^)]+)\) \| `([^`]+)`", page)
    lines = re.findall(r"In `([^`]+)`:\n\n```python\n(.+?)```", page, re.DOTALL)
    for example, place in files:
        assert not (tree / place).exists()
        (tree / place).write_text((ROOT / "docs" / example).read_text())
    for registry, line in lines:
        (tree / registry).write_text(_registered((tree / registry).read_text(), line))
    return [*(place for _, place in files), *(registry for registry, _ in lines)]


def test_a_fourth_psa_is_one_file_one_line_one_stand_in_and_one_test(tmp_path: Path) -> None:
    tree = copy_to(tmp_path / "tree")
    touched = follow_the_psa_page(tree)
    assert len(touched) == 5
    (test,) = (path for path in touched if path.startswith("tests/"))
    outcome = run(tree, [test, *OF_ALL_PSAS])
    assert outcome.passed, outcome.said
    ruff = [sys.executable, "-m", "ruff", "check", "--select", "E,F,W,UP,B,PT"]
    checked = subprocess.run([*ruff, *touched], cwd=tree, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    "page, of_all",
    [("how-to-add-a-rule.md", OF_ALL_RULES), ("how-to-add-a-transport.md", OF_ALL_TRANSPORTS)],
    ids=["rule", "transport"],
)
def test_an_example_is_one_file_one_registry_line_and_one_test(
    tmp_path: Path, page: str, of_all: tuple[str, ...]
) -> None:
    tree = copy_to(tmp_path / "tree")
    touched = follow(page, tree)
    outcome = run(tree, [touched[-1], *of_all])
    assert outcome.passed, outcome.said
    ruff = [sys.executable, "-m", "ruff", "check", "--select", "E,F,W,UP,B,PT"]
    checked = subprocess.run([*ruff, *touched], cwd=tree, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "docs").glob("how-to-*.md")))
def test_a_how_to_is_a_page(page: str) -> None:
    assert len((ROOT / "docs" / page).read_text().splitlines()) <= 140
