"""A copy of the tree, and pytest in it, in a process that has imported everything else beforehand."""

import multiprocessing
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COPIED = (
    *("function_app.py", "functions", "shared", "sandbox", "tests", "pyproject.toml", "host.json"),
    *("web/src", "web/tests", "web/package.json", "web/tsconfig.json", "web/vite.config.ts"),
)
SECONDS = 120
"""Longer than any one of the named tests takes."""
SECONDS_OF_ALL = 900
"""Longer than all of them take."""
_RAN = 64
"""Added to pytest's exit code: a process that died of something else says nothing about a test."""
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(
    [
        "pytest",
        "hypothesis",
        "pydantic",
        "requests",
        "fastapi",
        "azure.data.tables",
        "azure.functions",
        "msal",
        "jinja2",
    ]
)


@dataclass(frozen=True, slots=True)
class Outcome:
    code: int | None
    """pytest's exit code; None: it did not get to one."""
    said: str

    @property
    def passed(self) -> bool:
        return self.code == pytest.ExitCode.OK

    @property
    def failed(self) -> bool:
        return self.code == pytest.ExitCode.TESTS_FAILED


def copy_to(folder: Path, tree: Path = ROOT, copy: Callable[[str, str], object] = shutil.copy2) -> Path:
    folder.mkdir()
    for name in COPIED:
        source = tree / name
        if source.is_dir():
            shutil.copytree(source, folder / name, copy_function=copy)
        elif source.exists():
            copy(str(source), str(folder / name))
    return folder


def run(
    tree: Path, tests: Sequence[str], seconds: int = SECONDS, options: Sequence[str] = ("-x",)
) -> Outcome:
    output = tree / "output.txt"
    process = _processes.Process(target=_run_here, args=(str(tree), str(output), [*options, *tests]))
    process.start()
    try:
        process.join(seconds)
        ended = process.exitcode
        said = output.read_text() if output.exists() else ""
    finally:
        process.kill()
        process.join()
    if ended is None:
        return Outcome(None, f"It did not end within {seconds} s.")
    return Outcome(ended - _RAN if ended >= _RAN else None, said or "The process died.")


def _run_here(tree: str, output: str, asked: list[str]) -> None:
    """In the new process: forget the tree that this program stands in, and run the tests of the copy."""
    with Path(output).open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(tree)
    sys.path[:] = [tree, *(path for path in sys.path if path and Path(path) != ROOT)]
    for name in list(sys.modules):
        if name.partition(".")[0] in {"tests", "shared", "functions", "sandbox"}:
            del sys.modules[name]
    code = pytest.main(["-q", "--no-header", "-p", "no:cacheprovider", *asked])
    sys.stdout.flush()
    os._exit(_RAN + int(code))
