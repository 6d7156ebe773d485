"""The command line of the host says what is wrong, and ends as it is told."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox.host.conftest import PROJECT, SAMPLE_APP, StartHost

pytestmark = pytest.mark.processes


def refused(*options: str, storage: str | None = None) -> str:
    """What a host says that does not start."""
    environment = {name: value for name, value in os.environ.items() if name != "AzureWebJobsStorage"}
    environment |= {"SAMPLE_RESULTS": "results"} | ({"AzureWebJobsStorage": storage} if storage else {})
    ran = subprocess.run(
        [sys.executable, "-m", "sandbox.host", *options],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    return ran.stderr.strip()


def test_a_missing_storage_connection_is_named() -> None:
    said = refused("--app", str(SAMPLE_APP))
    assert said == (
        "The setting 'AzureWebJobsStorage' is not set: it must be the connection string of a storage account."
    )


def test_an_incomplete_storage_connection_says_what_is_missing() -> None:
    said = refused("--app", str(SAMPLE_APP), storage="AccountName=a;AccountKey=eA==;")
    assert said.startswith("The storage connection string has no QueueEndpoint.")


def test_a_folder_without_an_app_is_named(tmp_path: Path) -> None:
    assert refused("--app", str(tmp_path)) == f"There is no function_app.py in {tmp_path}."


def test_a_broken_host_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "function_app.py").write_text((SAMPLE_APP / "function_app.py").read_text())
    (tmp_path / "host.json").write_text("{")
    assert refused("--app", str(tmp_path)).startswith(f"{tmp_path / 'host.json'} is not valid JSON")


def test_a_schedule_that_azure_refuses_is_named_with_its_function(
    tmp_path: Path, storage_connection: str
) -> None:
    app = (SAMPLE_APP / "function_app.py").read_text().replace("0 */15 * * * *", "0 0 0 * * 7")
    (tmp_path / "function_app.py").write_text(app)
    said = refused("--app", str(tmp_path), storage=storage_connection)
    assert said.splitlines()[-1] == "tick: '7' is not a day of the week: it must be 0 to 6."


def test_a_setup_that_does_not_exist_is_named() -> None:
    assert refused("--app", str(SAMPLE_APP), "--setup", "sandbox.nothing:go").startswith(
        "--setup sandbox.nothing:go:"
    )


@pytest.mark.azurite
def test_the_setup_runs_before_the_app_is_loaded(start_host: StartHost) -> None:
    host = start_host("--no-timers", "--setup", "tests.sandbox.host.sample_setup:install")
    assert host.ask("GET", "/api/numbers/1").text == "2"
    assert [note["app_was_loaded"] for note in host.notes("setup")] == [False]


@pytest.mark.azurite
def test_sigterm_ends_the_host_well(start_host: StartHost) -> None:
    assert start_host().end() == 0
