"""`make teeth`: take one guard away at a time, and demand that the test named for it fails."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
COPIED = ("function_app.py", "functions", "shared", "sandbox", "tests", "pyproject.toml", "host.json")
AT_ONCE = 2
SECONDS = 120
"""Longer than any one of the named tests; a guard whose loss makes a test hang was missed too."""
TESTS_FAILED = 1
"""pytest's exit code; others mean that nothing was tried."""


@dataclass(frozen=True, slots=True)
class Tooth:
    """One removed guard: `# test:` names the test that must fail without it."""

    patch: Path
    test: str

    @classmethod
    def read(cls, patch: Path) -> "Tooth":
        with patch.open() as lines:
            for line in lines:
                if line.startswith("# test:"):
                    return cls(patch, line.removeprefix("# test:").strip())
        raise SystemExit(f"{patch.name}: its first lines must say '# test: path::test_name'")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make teeth", description=__doc__)
    parser.add_argument("name", nargs="*", help="only the patches whose name contains one of these")
    wanted = parser.parse_args().name
    patches = sorted(p for p in HERE.glob("*.patch") if not wanted or any(name in p.name for name in wanted))
    teeth = [Tooth.read(patch) for patch in patches]
    with tempfile.TemporaryDirectory(prefix="seatwise-teeth-") as folder:
        whole = copy_to(Path(folder) / "whole")
        wrong = whole_tree_fails(whole, teeth)
        if wrong:
            print(wrong)
            print("The named tests do not pass as the tree is, so nothing can be said about their teeth.")
            return 1
        with ThreadPoolExecutor(AT_ONCE) as pool:
            outcomes = pool.map(lambda tooth: bites(tooth, whole, Path(folder)), teeth)
            failed = sum([not shown(tooth, why) for tooth, why in zip(teeth, outcomes, strict=True)])
    print(f"{len(teeth) - failed} passed, {failed} failed")
    return 1 if failed or not teeth else 0


def shown(tooth: Tooth, why: str) -> bool:
    """Print one line per patch; True when its guard was missed, as it must be."""
    print(
        f"{'FAILED' if why else 'ok    '} {tooth.patch.stem}: {why or tooth.test.rpartition('::')[2]}",
        flush=True,
    )
    return not why


def copy_to(folder: Path, tree: Path = ROOT) -> Path:
    for name in COPIED:
        source = tree / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        elif source.exists():
            folder.mkdir(exist_ok=True)
            shutil.copy2(source, folder / name)
    return folder


def whole_tree_fails(whole: Path, teeth: Sequence[Tooth]) -> str:
    done = pytest(whole, sorted({tooth.test for tooth in teeth}))
    return "" if done.returncode == 0 else done.stdout


def bites(tooth: Tooth, whole: Path, folder: Path) -> str:
    """Why the tooth does not bite; "" when the test fails without the guard."""
    copy = copy_to(folder / tooth.patch.stem, whole)
    try:
        applied = subprocess.run(
            ["git", "apply", str(tooth.patch)],
            cwd=copy,
            env={**os.environ, "GIT_CEILING_DIRECTORIES": str(folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        if applied.returncode:
            return f"the patch no longer applies: {applied.stderr.strip().splitlines()[0]}"
        try:
            done = pytest(copy, [tooth.test])
        except subprocess.TimeoutExpired:
            return ""
    finally:
        shutil.rmtree(copy)
    if done.returncode == 0:
        return f"{tooth.test} passes without the guard"
    if done.returncode != TESTS_FAILED:
        return f"{tooth.test} could not be run: {done.stdout.strip().splitlines()[-1]}"
    return ""


def pytest(tree: Path, tests: Sequence[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider", *tests]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=SECONDS, check=False)


if __name__ == "__main__":
    sys.exit(main())
