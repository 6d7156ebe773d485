"""A front end's unit test in a copy of the tree: `web:tests/client.test.ts::an expired token ...` names it."""

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.teeth.copy import ROOT, SECONDS_OF_ALL, Outcome

WEB = "web:"
_VITEST = "node_modules/vitest/vitest.mjs"


def is_web(test: str) -> bool:
    return test.startswith(WEB)


def run_web(tree: Path, tests: Sequence[str], seconds: int = SECONDS_OF_ALL) -> Outcome:
    """Raises FileNotFoundError without node, and subprocess.TimeoutExpired."""
    modules = tree / "web/node_modules"
    if not modules.exists():
        modules.symlink_to(ROOT / "web/node_modules")
    named = [test.removeprefix(WEB).partition("::") for test in tests]
    report = tree / "web.json"
    files = sorted({file for file, _, _ in named})
    names = "|".join(f"^{re.escape(name)}$" for _, _, name in named)
    options = ["--reporter=json", f"--outputFile={report}", "-t", names]
    ended = subprocess.run(
        ["node", _VITEST, "run", *options, *files],
        cwd=tree / "web",
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    told = json.loads(report.read_text()) if report.exists() else {}
    if told.get("numFailedTests"):
        return Outcome(pytest.ExitCode.TESTS_FAILED, ended.stdout)
    if told.get("success") and told.get("numPassedTests") == len(set(tests)):
        return Outcome(pytest.ExitCode.OK, ended.stdout)
    return Outcome(None, ended.stdout + ended.stderr or "vitest said nothing.")
