"""One running set of stand-ins for these tests, asked over real HTTP."""

from collections.abc import Iterator

import pytest
import requests

from sandbox.standins.process import RunningStandIns, start
from sandbox.transport import sandbox_session


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStandIns]:
    with start(tmp_path_factory.mktemp("standins")) as stand_ins:
        yield stand_ins


@pytest.fixture
def standins(running: RunningStandIns) -> Iterator[RunningStandIns]:
    """The stand-ins without faults and with fresh counters; each test uses tenants and lines of its own."""
    running.control("clear_faults")
    running.reset_counts()
    yield running
    running.control("clear_faults")


@pytest.fixture(scope="session")
def session(running: RunningStandIns) -> Iterator[requests.Session]:
    with sandbox_session(running.url) as opened:
        yield opened
