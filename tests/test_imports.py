"""The direction of imports: functions -> services -> pure modules -> models, and between domains only leftwards."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOMAINS = (
    "accounts",
    "microsoft",
    "licensing",
    "billing",
    "alerts",
    "reports",
    "clean_up",
    "privacy",
    "health",
    "backup",
)
"""Each knows those before it."""
KNOW_NO_DOMAIN = ("mail", "storage", "templates", "config", "errors", "http", "packed", "text")
PURE = (
    "shared.accounts.local_time",
    "shared.alerts.matching",
    "shared.billing.planning.guard",
    "shared.billing.ending",
    "shared.billing.reconcile",
    "shared.billing.planning.freshness",
    "shared.billing.planning.in_record",
    "shared.billing.planning.plan",
    "shared.billing.psa.autotask.periods",
    "shared.billing.planning.wishes",
    "shared.packed",
    "shared.billing.planning.invoice_text",
    "shared.billing.planning.text_changes",
    "shared.billing.psa.texts",
    "shared.billing.psa.connectwise.bodies",
    "shared.billing.psa.amounts",
    "shared.billing.psa.days",
    "shared.billing.psa.fingerprint",
    "shared.billing.psa.connectwise.periods",
    "shared.billing.psa.connectwise.shapes",
    "shared.billing.psa.read_back",
    "shared.billing.planning.proration",
    "shared.billing.planning.quantities",
    "shared.billing.planning.sellers",
    "shared.http.json_text",
    "shared.licensing.coverage",
    "shared.licensing.custom_licences.counting",
    "shared.licensing.licences",
    "shared.licensing.watched_skus",
    "shared.mail.message",
    "shared.microsoft.graph_rows",
    "shared.microsoft.instants",
    "shared.microsoft.plausible",
    "shared.reports.certificate.judge",
    "shared.reports.certificate.models",
    "shared.reports.certificate.shared_out",
    "shared.reports.figures",
    "shared.reports.logo",
    "shared.reports.models",
    "shared.text",
)
"""Modules that work out something from what they are given, and nothing else."""
MODELS = (
    "shared.billing.psa.causes",
    "shared.billing.psa.failures",
    "shared.errors",
    "shared.billing.psa.billing_period",
    "shared.billing.psa.write_failures",
    "shared.accounts.account",
    "shared.accounts.company",
    "shared.accounts.preferences",
    "shared.alerts.models",
    "shared.billing.models",
    "shared.billing.models.agreements",
    "shared.billing.models.ledger",
    "shared.billing.models.line_text",
    "shared.billing.models.mappings",
    "shared.billing.models.not_written",
    "shared.billing.models.plan",
    "shared.billing.models.records",
    "shared.billing.psa.base",
    "shared.billing.psa.writes",
    "shared.licensing.custom_licences.rules",
    "shared.licensing.not_countable",
    "shared.licensing.tenant_state",
    "shared.mail.base",
    "shared.microsoft.doubts",
    "shared.microsoft.read_problems",
    "shared.microsoft.models",
    "shared.storage.documents",
    "shared.storage.keys",
    "shared.storage.keys.accounts",
    "shared.storage.keys.alerts_and_mail",
    "shared.storage.keys.billing",
    "shared.storage.keys.licensing",
    "shared.storage.keys.parts",
    "shared.storage.keys.reports",
    "shared.storage.keys.secrets",
)
ADAPTERS = {
    "shared.storage.azure_blobs": {"shared.storage.connect"},
    "shared.storage.azure_queues": {"shared.storage.connect"},
    "shared.storage.azure_tables": {"shared.storage.connect"},
    "shared.storage.connect": {"shared.wiring"},
    "shared.storage.encrypted_table": {"shared.wiring"},
    "shared.storage.key_vault": {"shared.wiring"},
    "shared.storage.memory": set[str](),
    "shared.mail.folder": {"shared.mail.registry"},
    "shared.mail.sendgrid": {"shared.mail.registry"},
    "shared.mail.smtp": {"shared.mail.registry"},
    "shared.mail.registry": {"shared.wiring"},
    "shared.billing.psa.connectwise.adapter": {"shared.billing.psa.registry"},
    "shared.billing.psa.registry": {"shared.wiring"},
}
"""Each concrete adapter, and who may choose it."""
SDKS = ("azure", "boto3", "botocore", "msal", "sendgrid")
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _trees() -> Iterator[tuple[str, ast.Module]]:
    files = [ROOT / "function_app.py"]
    for package in ("functions", "shared", "sandbox"):
        files += sorted((ROOT / package).rglob("*.py"))
    for file in files:
        yield _name(file), ast.parse(file.read_text())


TREES = dict(_trees())


def _imported(nodes: Iterable[ast.AST]) -> set[str]:
    """The modules of these import statements: `from shared.storage import keys` imports shared.storage.keys."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            module = node.module or ""
            inner = {f"{module}.{alias.name}" for alias in node.names}
            found |= (inner & TREES.keys()) or {module}
    return found


IMPORTS = {name: _imported(ast.walk(tree)) for name, tree in TREES.items()}
"""Everything that a module imports, also inside functions and for type checkers."""
SHARED = {name: imports for name, imports in IMPORTS.items() if name.startswith("shared")}
FUNCTIONS = {name: imports for name, imports in IMPORTS.items() if name.startswith("function")}


def _of(imports: Iterable[str], *packages: str) -> list[str]:
    return sorted(
        one for one in imports if one.startswith(tuple(f"{p}." for p in packages)) or one in packages
    )


def _part(module: str) -> str:
    """accounts of shared.accounts.models."""
    return module.split(".")[1] if "." in module else ""


def test_the_whole_tree_was_looked_at() -> None:
    assert {
        "function_app",
        "functions.queues.sync",
        "shared.wiring",
        "shared.billing.planning.freshness",
        "shared.billing.planning.plan",
        "shared.billing.planning.wishes",
    } <= IMPORTS.keys()
    assert "shared.storage.keys" in IMPORTS["shared.accounts.companies"]
    assert "azure.data.tables" in IMPORTS["shared.storage.azure_tables"]
    assert {*PURE, *MODELS, *ADAPTERS} <= IMPORTS.keys()


def test_every_package_of_shared_has_its_place() -> None:
    parts = {_part(name) for name in SHARED} - {""}
    assert parts <= {*DOMAINS, *KNOW_NO_DOMAIN, "wiring"}


@pytest.mark.parametrize("module", SHARED)
def test_what_it_does_knows_nothing_of_how_it_is_called(module: str) -> None:
    assert not _of(SHARED[module], "azure.functions", "functions", "function_app", "sandbox", "tests")


@pytest.mark.parametrize("module", FUNCTIONS)
def test_how_it_is_called_knows_nothing_of_the_sandbox(module: str) -> None:
    assert not _of(FUNCTIONS[module], "sandbox", "tests")


def test_the_app_registers_functions_and_nothing_else() -> None:
    ours = _of(IMPORTS["function_app"], "functions", "shared", "sandbox")
    assert ours
    assert not _of(ours, "shared", "sandbox")


@pytest.mark.parametrize("module", SHARED)
def test_a_domain_imports_only_leftwards(module: str) -> None:
    part = _part(module)
    if part == "wiring":
        return
    left = DOMAINS[: DOMAINS.index(part) + 1] if part in DOMAINS else ()
    others = {_part(one) for one in _of(SHARED[module], "shared")} - {part}
    assert others <= {*left, *KNOW_NO_DOMAIN} - {"config"}


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_imports_only_pure_modules_and_models(module: str) -> None:
    assert set(_of(IMPORTS[module], "shared")) <= {*PURE, *MODELS}
    assert not _of(IMPORTS[module], "requests", "os", "pathlib", "time", "socket", *SDKS)


RULES = [name for name in SHARED if name.startswith("shared.alerts.rules.") and not name.endswith("loading")]


@pytest.mark.parametrize("module", RULES)
def test_an_alert_rule_does_no_io(module: str) -> None:
    reach = ("tables", "blobs", "queues", "secrets", "connect")
    assert not _of(IMPORTS[module], "requests", "os", "pathlib", "time", "shared.http.client", *SDKS)
    assert not _of(IMPORTS[module], *(f"shared.storage.{store}" for store in reach))


@pytest.mark.parametrize("module", MODELS)
def test_a_model_imports_no_service(module: str) -> None:
    assert set(_of(IMPORTS[module], "shared")) <= {
        *MODELS,
        "shared.licensing.coverage",
        "shared.licensing.licences",
        "shared.text",
        "shared.billing.psa.texts",
        "shared.storage.decisions",
        "shared.storage.tables",
    }


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_only_the_wiring_chooses_concrete_adapters(adapter: str) -> None:
    importers = {name for name, imports in {**SHARED, **FUNCTIONS}.items() if adapter in imports}
    assert importers == ADAPTERS[adapter]


def test_only_the_functions_know_the_wiring() -> None:
    importers = {name for name, imports in SHARED.items() if "shared.wiring" in imports}
    assert importers == set()


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        name
        for name, tree in TREES.items()
        if name in SHARED or name in FUNCTIONS
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv"})
        or (isinstance(node, ast.ImportFrom) and node.module == "os" and "environ" in ast.dump(node))
    }
    assert readers == {"shared.config"}
    assert {name for name in SHARED if "shared.config" in SHARED[name]} == {"shared.wiring"}


def test_only_the_wiring_asks_the_real_clock_or_sleeps() -> None:
    askers = {
        name
        for name, tree in TREES.items()
        if name in SHARED or name in FUNCTIONS
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and ((node.value.id, node.attr) in CLOCKS or node.value.id == "time")
        and node.attr != "monotonic"  # a stopwatch: it tells no time of day
    }
    assert askers == {"shared.wiring"}


@pytest.mark.parametrize("module", SHARED)
def test_an_sdk_of_a_vendor_is_imported_where_it_is_used(module: str) -> None:
    """Not at import: the app starts in less than a second, and without an SDK it does not need."""
    assert not _of(_imported(_at_import(TREES[module])), *SDKS)


def _at_import(tree: ast.Module) -> Iterator[ast.AST]:
    """What runs when the module is imported: not the bodies of functions, nor what only type checkers see."""
    for node in tree.body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield from _outside_functions(node)


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return
    for child in ast.iter_child_nodes(node):
        yield from _outside_functions(child)
