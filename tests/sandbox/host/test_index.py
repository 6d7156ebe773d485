"""What an app declares is told by the library that Azure runs, and what Azure refuses is refused."""

from pathlib import Path

import pytest

from sandbox.host.index import IndexedFunction, index
from sandbox.host.settings import HostError
from tests.sandbox.host.conftest import SAMPLE_APP

BAD_APP = """
import azure.functions as func
app = func.FunctionApp()

@app.route("x")
def x(req: func.HttpRequest{extra}) -> {answer}:
    return func.HttpResponse("x")
"""


def test_the_sample_app_is_indexed() -> None:
    functions = {function.name: function for function in index(SAMPLE_APP)}
    assert functions["echo"] == IndexedFunction(
        "echo", "httpTrigger", route="echo/{name}/{more?}", methods=("GET", "POST"), auth_level="anonymous"
    )
    assert functions["guarded"].auth_level == "function"
    assert functions["work"] == IndexedFunction(
        "work", "queueTrigger", queue="work", outputs=("%SAMPLE_RESULTS%",)
    )
    assert functions["tick"] == IndexedFunction("tick", "timerTrigger", schedule="0 */15 * * * *")
    assert len(functions) == 12


def test_the_sample_app_without_changes_loads(tmp_path: Path) -> None:
    (tmp_path / "function_app.py").write_text(BAD_APP.format(extra="", answer="func.HttpResponse"))
    assert [function.name for function in index(tmp_path)] == ["x"]


@pytest.mark.parametrize(
    "extra,answer",
    [(", more: str = ''", "func.HttpResponse"), ("", "func.HttpResponse | None"), ("", "dict")],
)
def test_a_function_that_azure_would_not_load_fails_the_whole_app(
    tmp_path: Path, extra: str, answer: str
) -> None:
    (tmp_path / "function_app.py").write_text(BAD_APP.format(extra=extra, answer=answer))
    with pytest.raises(HostError, match="cannot be loaded") as refused:
        index(tmp_path)
    assert "cannot load the x function" in str(refused.value)


def test_a_folder_without_an_app_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(HostError, match=r"There is no function_app\.py"):
        index(tmp_path)
