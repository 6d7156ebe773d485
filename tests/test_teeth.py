"""The patches of tests/teeth fit the tree as it is: `make teeth` runs each, which takes minutes; this takes seconds."""

import subprocess
from pathlib import Path

import pytest

from tests.teeth.__main__ import HERE, Tooth
from tests.teeth.copy import ROOT
from tests.teeth.web import WEB, is_web

PATCHES = sorted(HERE.glob("*.patch"))


@pytest.fixture(scope="module")
def functions() -> str:
    """All test files: a test may be inherited from a contract that stands in another one."""
    return "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: str(patch.stem))
def test_each_patch_applies_and_names_a_test_that_is_there(patch: Path, functions: str) -> None:
    checked = subprocess.run(
        ["git", "apply", "--check", str(patch)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    test = Tooth.read(patch).test
    if is_web(test):
        path, _, title = test.removeprefix(WEB).partition("::")
        assert f'test("{title}"' in (ROOT / "web" / path).read_text()
        return
    path, _, named = test.partition("::")
    name = named.rpartition("::")[2].partition("[")[0]
    assert (ROOT / path).is_file()
    assert not name or f"def {name}(" in functions
