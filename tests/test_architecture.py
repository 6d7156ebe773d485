"""The table "to change X, open Y" of the architecture page is true: each file is there and holds what it names."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/architecture.md").read_text()
ROWS = re.findall(r"^\| (.+?) \| `([\w/.]+)` \| `(\w+)` \|$", PAGE, re.MULTILINE)


def names_of(file: Path) -> set[str]:
    """Everything that the module defines at its top."""
    found = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return found


def test_the_table_has_thirty_rows_or_more() -> None:
    assert len(ROWS) >= 30


@pytest.mark.parametrize("change, path, symbol", ROWS, ids=[row[1] for row in ROWS])
def test_the_file_to_open_holds_what_is_to_be_changed(change: str, path: str, symbol: str) -> None:
    assert symbol in names_of(ROOT / path), f"to change {change}"
