"""The app as Azure would load it: indexed by Microsoft's own worker library, and imported with an empty environment."""

import json
import subprocess
import sys
from dataclasses import dataclass

import pytest

from sandbox.host.index import IndexedFunction, index
from sandbox.processes import ROOT

QUEUES = {
    "check_account": "check-account",
    "start_run": "start-run",
    "read_tenant": "read-tenant",
    "read_tenants": "read-tenants",
    "close_run": "close-run",
    "push_connection": "push-connection",
    "refresh_psa_lists": "refresh-psa-lists",
    "evaluate_account": "evaluate",
    "keep_tickets": "keep-tickets",
    "send_mail": "send-mail",
    "mail_invitation": "send-invitation",
    "send_report": "send-report",
    "clean_up": "clean-up",
    "delete_account": "delete-account",
    "refresh_names": "refresh-names",
}
PAGES = {
    "show_exclude": (("GET",), "exclude/{token}", "anonymous"),
    "exclude": (("POST",), "exclude/{token}", "anonymous"),
    "api": (("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"), "{*path}", "anonymous"),
}
VENDORS = ("azure.data", "azure.storage", "azure.identity", "azure.keyvault", "msal", "sendgrid", "boto3")
LATER = (
    "shared.accounts.invitation_mail",
    "shared.alerts.digest",
    "shared.alerts.exclude_link.page",
    "shared.alerts.tickets.keep",
    "shared.billing.psa_lists",
    "shared.billing.pushing",
    "shared.clean_up",
    "shared.privacy",
    "shared.reports",
)
IMPORT_SECONDS = 1.0
"""Of processor time: what a cold start may cost."""


@pytest.fixture(scope="module")
def functions() -> dict[str, IndexedFunction]:
    return {function.name: function for function in index(ROOT)}


def test_the_tick_is_the_only_timer_and_comes_every_quarter_of_an_hour(
    functions: dict[str, IndexedFunction],
) -> None:
    timers = {f.name: f.schedule for f in functions.values() if f.trigger == "timerTrigger"}
    assert timers == {"tick": "0 */15 * * * *"}


def test_each_address_has_its_method_and_says_who_may_ask(functions: dict[str, IndexedFunction]) -> None:
    """Without a level means: whoever holds the signed link that is part of the address."""
    asked = {f.name: (tuple(f.methods), f.route, f.auth_level) for f in functions.values() if f.route}
    assert asked == PAGES


def test_each_queue_has_its_function(functions: dict[str, IndexedFunction]) -> None:
    listening = {f.name: f.queue for f in functions.values() if f.queue and not f.queue.endswith("-poison")}
    assert listening == QUEUES


def test_each_queue_has_a_function_for_what_could_not_be_processed(
    functions: dict[str, IndexedFunction],
) -> None:
    poison = {f.queue for f in functions.values() if f.queue.endswith("-poison")}
    assert poison == {f"{queue}-poison" for queue in QUEUES.values()}


def test_there_is_no_function_that_this_list_does_not_know(functions: dict[str, IndexedFunction]) -> None:
    assert len(functions) == 1 + 2 * len(QUEUES) + len(PAGES)
    assert not any(function.outputs for function in functions.values())


def test_what_the_host_is_told_fits_what_the_app_relies_on() -> None:
    queues = json.loads((ROOT / "host.json").read_text())["extensions"]["queues"]
    assert queues["messageEncoding"] == "base64"
    assert queues["maxDequeueCount"] == 5


LOOK = """
import json, resource, sys
def spent():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
before = spent()
import function_app
print(json.dumps({"seconds": spent() - before, "modules": sorted(sys.modules)}))
"""


@dataclass(frozen=True)
class Imported:
    """What a fresh process says after `import function_app`."""

    seconds: float
    modules: list[str]


def import_app() -> Imported:
    said = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=ROOT, env={}, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    return Imported(**json.loads(said.stdout))


def test_the_app_is_imported_without_any_setting_in_less_than_a_second() -> None:
    """The best of some: other processes of the machine cost caches, and the first one compiles."""
    assert any(import_app().seconds < IMPORT_SECONDS for _ in range(4))


def test_importing_the_app_imports_no_sdk_of_a_vendor() -> None:
    modules = import_app().modules
    assert "shared.wiring" in modules
    assert [name for name in modules if name.startswith(VENDORS)] == []


def test_importing_the_app_imports_nothing_of_the_http_api() -> None:
    """It comes with the first request: an instance that works for queues never pays for it."""
    modules = import_app().modules
    assert "functions.api.route" in modules
    assert [name for name in modules if name.split(".")[0] in {"fastapi", "starlette", "jwt", "anyio"}] == []


def test_importing_the_app_imports_no_service_that_few_messages_need() -> None:
    """It comes with the first message or request for it: the tick and the reading of tenants never pay for it."""
    modules = import_app().modules
    assert "functions.queues.reports" in modules
    assert [name for name in modules if name.startswith(LATER)] == []
