"""A sandbox with one digest in it, and a browser to read it with."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from sandbox.processes import SandboxProcesses
from sandbox.seed import ask_for_psa_lists, seed
from sandbox.standins.worlds.registry import world_named
from sandbox.web import served, web_config
from tests.journeys.living import SHORT_WAITS, Living

WORLD = "demo"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screens", type=Path, help="keep pictures of what the browser shows in this folder")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "Chromium is missing: apt-get install chromium, then call make browser again."
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="session")
def screens(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for pictures: the one that was asked for, else one that is thrown away."""
    asked: Path | None = request.config.getoption("--screens")
    folder = asked or tmp_path_factory.mktemp("screens")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """The demo MSP after its first morning, with the front end beside it."""
    with SandboxProcesses(tmp_path_factory.mktemp("demo"), WORLD, settings=SHORT_WAITS) as stage:
        seed(stage.wiring, world_named(WORLD), stage.clock.now())
        found = Living(stage, stage.start_host(timers=False))
        found.night()
        found.morning()
        ask_for_psa_lists(stage.wiring, stage.clock.now())
        with served(stage.web_origin, web_config(found.host.address, stage.stand_ins.url)):
            yield found
