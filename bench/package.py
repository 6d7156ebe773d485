"""P17: what is deployed, and what importing the app costs."""

import re
import resource
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from sandbox.processes import ROOT

OWN = ("functions", "shared", "function_app.py", "host.json")


def megabytes() -> float:
    """The packages of requirements.txt as they are unpacked here, and our own files."""
    pinned = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    size = sum(_size_of(name) for name in pinned)
    for name in OWN:
        path = ROOT / name
        files = path.rglob("*") if path.is_dir() else [path]
        size += sum(
            file.stat().st_size for file in files if file.is_file() and "__pycache__" not in file.parts
        )
    return size / 1e6


def _size_of(package: str) -> int:
    try:
        files = metadata.files(package) or []
    except metadata.PackageNotFoundError:
        return 0  # for another system than this one
    there = (Path(str(file.locate())) for file in files)
    return sum(path.stat().st_size for path in there if path.suffix != ".pyc" and path.is_file())


def import_cpu_seconds() -> float:
    """Processor time of `import function_app` beyond `azure.functions`, which the worker has loaded already."""
    return max(0.0, _cpu("import function_app") - _cpu("import azure.functions"))


def _cpu(statement: str) -> float:
    """The least of three runs."""
    took = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", statement], cwd=ROOT, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(took)
