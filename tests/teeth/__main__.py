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

from tests.teeth.copy import SECONDS_OF_ALL, Outcome, copy_to, run
from tests.teeth.web import is_web, run_web

HERE = Path(__file__).parent
AT_ONCE = 2
MANY = 20
"""So many named tests are run in two processes."""


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
    if not teeth:
        print("There is no such patch in tests/teeth.")
        return 1
    with tempfile.TemporaryDirectory(prefix="seatwise-teeth-") as name:
        folder = Path(name)
        whole = copy_to(folder / "whole")
        if said := whole_tree_fails(whole, teeth):
            print(said)
            print("The named tests do not pass as the tree is, so nothing can be said about their teeth.")
            return 1
        with ThreadPoolExecutor(AT_ONCE) as pool:
            outcomes = pool.map(lambda tooth: toothless(tooth, whole, folder), teeth)
            passed = sum([shown(tooth, why) for tooth, why in zip(teeth, outcomes, strict=True)])
    print(f"{passed} passed, {len(teeth) - passed} failed")
    return 0 if passed == len(teeth) else 1


def shown(tooth: Tooth, why: str) -> bool:
    """Print one line per patch; True when its guard was missed, as it must be."""
    word, what = ("FAILED", why) if why else ("ok    ", tooth.test.rpartition("::")[2])
    print(f"{word} {tooth.patch.stem}: {what}", flush=True)
    return not why


def whole_tree_fails(whole: Path, teeth: Sequence[Tooth]) -> str:
    beside = () if len(teeth) < MANY else ("-n", str(AT_ONCE), "--dist", "loadfile")
    named = {tooth.test for tooth in teeth}
    of_web = {test for test in named if is_web(test)}
    outcomes = []
    if of_web:
        outcomes.append(run_web(whole, sorted(of_web)))
    if named - of_web:
        outcomes.append(run(whole, sorted(named - of_web), SECONDS_OF_ALL, ("-x", *beside)))
    return "".join(outcome.said for outcome in outcomes if not outcome.passed)


def run_named(tree: Path, test: str) -> Outcome:
    return run_web(tree, [test]) if is_web(test) else run(tree, [test])


def toothless(tooth: Tooth, whole: Path, folder: Path) -> str:
    """Why the test says nothing about the guard; "" when it fails without it."""
    # Links are enough: git writes a patched file anew, and so does Python with what it compiled.
    copy = copy_to(folder / tooth.patch.stem, whole, os.link)
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
            return f"the patch no longer applies ({applied.stderr.strip().splitlines()[0]})"
        outcome = run_named(copy, tooth.test)
    finally:
        shutil.rmtree(copy)
    if outcome.failed:
        return ""
    if outcome.passed:
        return f"{tooth.test} passes without the guard"
    return f"{tooth.test} could not be run: {outcome.said.strip().splitlines()[-1]}"


if __name__ == "__main__":
    sys.exit(main())
