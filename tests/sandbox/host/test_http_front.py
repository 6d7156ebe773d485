"""HTTP functions answer as the real host lets them."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sandbox.azurite import Azurite
from tests.sandbox.host.conftest import RunningHost, hosts

pytestmark = [pytest.mark.azurite, pytest.mark.processes]


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def host(azurite: Azurite, state: Path) -> Iterator[RunningHost]:
    """One host for all tests of this file: they only ask."""
    with hosts(azurite.connection_string_for("account998"), state) as start:
        yield start("--no-timers", "--state", str(state))


def test_a_function_sees_method_route_query_headers_and_body(host: RunningHost) -> None:
    answer = host.ask(
        "POST", "/api/echo/ab%20c?x=1&x=2&empty=&y=%C3%A9", data=b"hello", headers={"X-Some": "One"}
    )
    seen = answer.json()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-seen"] == "yes"
    assert (seen["method"], seen["body"]) == ("POST", "hello")
    assert seen["route"] == {"name": "ab c"}
    assert seen["query"] == {"x": "1,2", "y": "é"}
    assert seen["headers"]["x-some"] == "One"
    assert seen["url"].endswith("/api/echo/ab%20c?x=1&x=2&empty=&y=%C3%A9")


def test_an_optional_parameter_is_there_when_given(host: RunningHost) -> None:
    assert host.ask("GET", "/api/echo/a/b").json()["route"] == {"name": "a", "more": "b"}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "OPTIONS"])
def test_a_wrong_method_is_not_found(host: RunningHost, method: str) -> None:
    assert host.ask(method, "/api/echo/a").status_code == 404


@pytest.mark.parametrize("path", ["/api/nothing", "/echo/a", "/api/echo/a/b/c", "/api/numbers/x", "/"])
def test_an_unknown_address_is_not_found(host: RunningHost, path: str) -> None:
    assert host.ask("GET", path).status_code == 404


def test_a_literal_route_goes_before_a_parameter_and_the_prefix_is_api(host: RunningHost) -> None:
    answer = host.ask("GET", "/API/echo/literal")
    assert answer.text == "literal GET"
    assert answer.headers["content-type"].startswith("text/plain")


def test_an_asynchronous_function_and_a_route_constraint_work(host: RunningHost) -> None:
    assert host.ask("GET", "/api/numbers/41").text == "42"


def test_a_body_without_content_length_arrives_empty(host: RunningHost) -> None:
    address = urlsplit(host.address)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
    connection.request("POST", "/api/echo/a", body=iter([b"hello"]), encode_chunked=True)
    assert json.loads(connection.getresponse().read())["body"] == ""
    connection.close()


def test_a_function_that_raises_is_a_500_without_a_word(host: RunningHost) -> None:
    before = host.stats()["failures"].get("broken", 0)
    answer = host.ask("GET", "/api/broken")
    assert (answer.status_code, answer.content) == (500, b"")
    assert host.stats()["failures"] == {"broken": before + 1}


def test_cookies_are_passed_on(host: RunningHost) -> None:
    cookie = host.ask("GET", "/api/cookie").headers["set-cookie"].lower()
    assert cookie.startswith("a=1;")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_keys_open_what_their_level_allows(host: RunningHost, state: Path) -> None:
    keys = json.loads((state / "host-keys.json").read_text())

    def status(path: str, key: str) -> int:
        return host.ask("GET", path, headers={"x-functions-key": key}).status_code

    assert status("/api/guarded", "") == 401
    assert status("/api/guarded", "wrong") == 401
    assert status("/api/guarded", keys["function"]) == 200
    assert status("/api/guarded", keys["master"]) == 200
    assert host.ask("GET", f"/api/guarded?code={keys['function']}").status_code == 200
    assert status("/api/ruled", keys["function"]) == 401
    assert status("/api/ruled", keys["master"]) == 200


def test_the_host_tells_its_state_and_what_it_used(host: RunningHost) -> None:
    before = host.stats()
    host.ask("GET", "/api/numbers/1")
    stats = host.stats()
    assert host.ask("GET", "/admin/host/status").json()["state"] == "Running"
    assert stats["invocations"]["numbers"] == before["invocations"].get("numbers", 0) + 1
    assert stats["failures"] == before["failures"]
    assert 0 < before["cpu_ms"] <= stats["cpu_ms"]
    assert 0 < before["host_cpu_ms"] <= stats["host_cpu_ms"] <= stats["cpu_ms"] + 1
    assert 10 < stats["rss_mb"] <= stats["peak_mb"]
