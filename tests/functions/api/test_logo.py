"""The logo by the API: kept, shown, removed; a refused file changes nothing."""

import base64
from collections.abc import Callable

from shared.accounts import audit
from tests.functions.api.conftest import MSP, Caller
from tests.functions.memory_wiring import MemoryWiring
from tests.shared.reports.test_logo import a_file

LOGO = f"/accounts/{MSP}/logo"


def sent(data: bytes) -> dict[str, str]:
    return {"image": base64.b64encode(data).decode()}


def test_a_logo_is_kept_shown_and_removed(wired: MemoryWiring, sign_in: Callable[[str], Caller]) -> None:
    admin = sign_in("admin")
    assert admin("GET", LOGO).status_code == 404
    assert admin("PUT", LOGO, json=sent(a_file(502, 81, "JPEG"))).json() == {"width": 502, "height": 81}
    shown = sign_in("reader")("GET", LOGO)
    assert shown.headers["content-type"] == "image/png"
    assert shown.content.startswith(b"\x89PNG")
    assert admin("DELETE", LOGO).status_code == 204
    assert admin("GET", LOGO).status_code == 404
    assert [entry.action for _, entry in audit.entries(wired.tables, MSP, wired.now)] == ["logo.changed"] * 2


def test_a_refused_logo_leaves_the_one_that_is_there(sign_in: Callable[[str], Caller]) -> None:
    admin = sign_in("admin")
    admin("PUT", LOGO, json=sent(a_file(20, 20)))
    before = admin("GET", LOGO).content
    for data, code in (
        (a_file(503, 81), "too_many_pixels"),
        (a_file(20, 20)[:40], "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 512 * 1024, "too_large"),
    ):
        answer = admin("PUT", LOGO, json=sent(data))
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert admin("PUT", LOGO, json={"image": "<svg>"}).json()["code"] == "not_base64"
    assert admin("GET", LOGO).content == before
