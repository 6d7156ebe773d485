"""infra/ says what Azure knows and what the code needs: nothing is missing, and nothing is there that nobody reads."""

import json
import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from functions.queues.messages import QUEUES
from shared.config import Config
from shared.mail.registry import TRANSPORTS
from shared.storage.connect import CONTAINER, TABLE
from tests.infra.bicep import Template, body_of, faults_of, literal, member, properties, read_template, text

ROOT = Path(__file__).resolve().parents[2]
INFRA, TYPES = ROOT / "infra", Path(__file__).parent / "types"
FILES = {path.name: read_template(path) for path in sorted(INFRA.glob("*.bicep"))}
PARAMETERS = json.loads((INFRA / "main.parameters.json").read_text())["parameters"]

LOCAL_ONLY = {"AzureWebJobsStorage", "SEATWISE_SECRET_KEYS"}
"""Settings that hold a key: where there is no managed identity and no vault."""
OF_THE_WORKER = {
    "AzureWebJobsStorage__credential",
    "PYTHON_THREADPOOL_THREAD_COUNT",
    "MALLOC_ARENA_MAX",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
}
"""Settings that the Functions host and its worker read."""
ROLES = {
    "blobDataOwner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "queueDataContributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "tableDataContributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    "secretsOfficer": "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    "metricsPublisher": "3913510d-42f4-4e42-8a64-420c390055eb",
}
"""Azure's built-in roles: Storage Blob Data Owner, Storage Queue Data Contributor, Storage Table Data Contributor,
Key Vault Secrets Officer, Monitoring Metrics Publisher."""


def variable(file: str, name: str, files: dict[str, Template] = FILES) -> list[str]:
    """The names in an object, or the texts in a list."""
    value = files[file].of("variable")[name].value
    assert value is not None
    if value.type == "array":
        return [literal(item) or "" for item in value.named_children]
    return [key for key, _ in properties(value)]


def mail_secrets() -> dict[str, set[str]]:
    value = FILES["app.bicep"].of("variable")["mailSecrets"].value
    assert value is not None
    return {
        kind: set(re.findall(r"SEATWISE_MAIL_\w+(?=:)", text(found))) for kind, found in properties(value)
    }


def application_settings(files: dict[str, Template] = FILES) -> set[str]:
    """Every setting that the app gets, mail apart."""
    return {
        name
        for of in ("storageSettings", "seatwiseSettings", "workerSettings")
        for name in variable("app.bicep", of, files)
    }


def unmet_settings(given: set[str]) -> list[str]:
    """What the code reads and is not given, and what is given and nobody reads."""
    read = {str(field.alias) for field in Config.model_fields.values() if field.alias} - LOCAL_ONLY
    missing, unread = sorted(read - given), sorted(given - read - OF_THE_WORKER)
    return [f"{name} is read and not given" for name in missing] + [
        f"{name} is given and not read" for name in unread
    ]


def test_the_templates_say_only_what_azure_knows() -> None:
    assert faults_of(INFRA, TYPES) == []


def test_every_setting_that_the_code_reads_is_given_and_no_other() -> None:
    assert unmet_settings(application_settings()) == []


def test_a_missing_and_an_unread_setting_are_told() -> None:
    given = application_settings() - {"SEATWISE_WEB_ORIGIN"} | {"SEATWISE_WEB_ORIGINS"}
    assert unmet_settings(given) == [
        "SEATWISE_WEB_ORIGIN is read and not given",
        "SEATWISE_WEB_ORIGINS is given and not read",
    ]


def test_every_group_of_settings_reaches_the_app() -> None:
    everything = FILES["app.bicep"].of("variable")["allSettings"].value
    assert everything is not None
    said = text(everything)
    for group in (
        "storageSettings",
        "seatwiseSettings",
        "workerSettings",
        "settings.mailSettings",
        "mailSecrets[",
    ):
        assert group in said
    app = FILES["app.bicep"].of("resource")["app"].value
    settings = member(member(member(app, "properties"), "siteConfig"), "appSettings")
    assert settings is not None
    assert "items(allSettings)" in text(settings)


def test_every_setting_of_every_mail_transport_can_be_given() -> None:
    given, secrets = set(PARAMETERS["mailSettings"]["value"]), mail_secrets()
    read, secret = set(), {}
    for kind, (model, _) in TRANSPORTS.items():
        if kind == "folder":  # of the sandbox: an app in Azure has no folder that lasts
            continue
        names = {f"SEATWISE_MAIL_{name.upper()}": field for name, field in model.model_fields.items()}
        secret[kind] = {name for name, field in names.items() if field.annotation is SecretStr}
        read |= names.keys() - secret[kind]
    assert secrets == secret, "what is secret comes from the vault, and only that"
    assert given == read


def test_the_transports_that_may_be_chosen_are_those_that_there_are() -> None:
    said = (INFRA / "main.bicep").read_text()
    allowed = re.findall(r"@allowed\(\[([^\]]*)\]\)\nparam mailTransport ", said)[0]
    assert set(re.findall(r"'(\w+)'", allowed)) == TRANSPORTS.keys() - {"folder"}


def test_the_app_and_the_code_agree_on_defaults_that_are_written_out() -> None:
    value = FILES["app.bicep"].of("variable")["seatwiseSettings"].value
    by_alias = {field.alias: field for field in Config.model_fields.values()}
    for name in ("SEATWISE_CLAIM_SECONDS", "SEATWISE_SETTLE_SECONDS"):
        assert float(literal(member(value, name)) or "") == by_alias[name].default


def test_there_is_a_queue_and_a_poison_queue_for_every_message() -> None:
    assert sorted(variable("storage.bicep", "queues")) == sorted(QUEUES)
    for name, suffix in (("queue", ""), ("poison", "-poison")):
        declared = FILES["storage.bicep"].of("resource")[name]
        assert declared.type.startswith("Microsoft.Storage/storageAccounts/queueServices/queues@")
        named = member(declared.value, "name")
        assert named is not None
        assert text(named) == (f"'${{queue}}{suffix}'" if suffix else "queue")


def test_the_table_and_the_container_are_those_of_the_code() -> None:
    variables = FILES["storage.bicep"].of("variable")
    assert literal(variables["tableName"].value) == TABLE
    assert literal(variables["containerName"].value) == CONTAINER
    for resource, of in (("table", "tableName"), ("container", "containerName")):
        named = member(FILES["storage.bicep"].of("resource")[resource].value, "name")
        assert named is not None
        assert text(named) == of


def test_the_identity_has_the_least_roles_and_these_alone() -> None:
    given: dict[str, str] = {}
    for file in FILES.values():
        roles = file.of("variable").get("roles")
        if roles is not None and roles.value is not None:
            given |= {name: literal(value) or "" for name, value in properties(roles.value)}
    assert given == ROLES
    assigned = [r for file in FILES.values() for r in file.resources if "roleAssignments" in r.type]
    assert {r.name for r in assigned} == {"mayUse", "appWrites", "deployerWrites", "mayPublish"}
    for assignment in assigned:
        scope = member(assignment.value, "scope")
        assert scope is not None
        assert text(scope) in {"account", "vault", "insights"}, (
            "a role is on one resource, never on the group"
        )


@pytest.mark.parametrize(
    "resource, path, value",
    [
        ("account", "allowSharedKeyAccess", "false"),
        ("account", "allowBlobPublicAccess", "false"),
        ("account", "minimumTlsVersion", "'TLS1_2'"),
        ("vault", "enableRbacAuthorization", "true"),
        ("insights", "DisableLocalAuth", "true"),
        ("app", "httpsOnly", "true"),
    ],
)
def test_what_must_be_shut_is_shut(resource: str, path: str, value: str) -> None:
    found = next(r for file in FILES.values() for r in file.resources if r.name == resource)
    said = member(member(found.value, "properties"), path)
    assert said is not None
    assert text(said) == value


def test_what_costs_is_bound() -> None:
    """Logs by a cap and a sample, instances by their number, and none is paid for while nothing is at work."""
    workspace = FILES["monitoring.bicep"].of("resource")["workspace"].value
    quota = member(member(member(workspace, "properties"), "workspaceCapping"), "dailyQuotaGb")
    assert quota is not None
    assert text(quota) == "json('0.5')"
    scale = member(member(FILES["app.bicep"].of("resource")["app"].value, "properties"), "functionAppConfig")
    scale = member(scale, "scaleAndConcurrency")
    said = {name: text(value) for name, value in properties(scale)} if scale else {}
    assert (said["alwaysReady"], said["maximumInstanceCount"]) == ("[]", "40")
    sampling = json.loads((ROOT / "host.json").read_text())["logging"]["applicationInsights"][
        "samplingSettings"
    ]
    assert sampling == {"isEnabled": True, "excludedTypes": "Request;Exception"}, "alerts count requests"
    assert "budget" in FILES["main.bicep"].of("module")


def test_each_alert_of_azure_fires_when_it_should_and_is_in_the_guide() -> None:
    rules = FILES["alerts.bicep"].of("variable")["rules"].value
    assert rules is not None
    fires = {}
    for rule in rules.named_children:
        said = dict(properties(rule))
        fires[literal(said["name"])] = (literal(said["operator"]), text(said["threshold"]))
        title = (literal(said["title"]) or "").removeprefix("Seatwise: ")
        assert f"| {title} |" in (ROOT / "docs/alerts.md").read_text()
    assert fires == {
        "seatwise-poison": ("GreaterThan", "0"),
        "seatwise-host": ("LessThan", "1"),
        "seatwise-sync": ("GreaterThan", "0"),
    }


def test_an_alert_can_be_made_before_anything_is_logged() -> None:
    """Azure refuses a query whose table is not there yet, and with it the first deployment."""
    rule = FILES["alerts.bicep"].of("resource")["rule"].value
    assert rule is not None
    skips = member(member(body_of(rule), "properties"), "skipQueryValidation")
    assert skips is not None
    assert text(skips) == "true"


def test_no_key_and_no_connection_string_is_in_the_template() -> None:
    said = "\n".join(path.read_text() for path in [*INFRA.iterdir(), ROOT / "azure.yaml"])
    for wrong in ("listKeys", "AccountKey=", "SharedAccessSignature", "getSecret", "InstrumentationKey"):
        assert wrong not in said
    assert not set(application_settings()) & LOCAL_ONLY
    assert not re.search(r"[A-Za-z0-9+/]{43}=", said), "32 bytes in base64 are a key"


def test_names_of_resources_are_made_in_one_place() -> None:
    for file, template in FILES.items():
        for resource in template.resources:
            name = member(resource.value, "name")
            assert name is not None
            said = text(name)
            plain = {"'default'", "'ftp'", "'scm'", "queue", "'${queue}-poison'", "rule.name"}
            assert said in plain or said.startswith(("guid(", "names.")) or said in _parameters(file), said


def _parameters(file: str) -> set[str]:
    return FILES[file].of("parameter").keys() | FILES[file].of("variable").keys()


def test_nothing_comes_from_a_registry_of_modules() -> None:
    for template in FILES.values():
        assert all(m.type.endswith(".bicep") for m in template.of("module").values())


def test_each_parameter_is_given_or_has_a_default() -> None:
    parameters = FILES["main.bicep"].of("parameter")
    assert PARAMETERS.keys() <= parameters.keys()
    assert {name for name, one in parameters.items() if not one.has_default} <= PARAMETERS.keys()


def test_the_alerts_name_functions_that_there_are() -> None:
    said = (INFRA / "alerts.bicep").read_text()
    code = "\n".join(path.read_text() for path in (ROOT / "functions/queues").glob("*.py"))
    for name in set(re.findall(r'Name == "(\w+)"', said)):
        assert f"def {name}(" in code
    assert '_poison")' in code, "and those of the poison queues end so"


def test_azd_deploys_what_the_templates_make() -> None:
    said = (ROOT / "azure.yaml").read_text()
    services = set(re.findall(r"^  (\w+):\n    project:", said, re.MULTILINE))
    tagged = set(re.findall(r"'azd-service-name': '(\w+)'", (INFRA / "main.bicep").read_text()))
    assert services == tagged == {"api", "web"}


WRONG = [
    (
        "app.bicep",
        "maximumInstanceCount: 40",
        "maxInstances: 40",
        "scaleAndConcurrency.maxInstances: there is no",
    ),
    (
        "app.bicep",
        "kind: 'functionapp,linux'\n",
        "defaultHostName: 'x'\n",
        "defaultHostName: there is no such property",
    ),
    (
        "storage.bicep",
        "  kind: 'StorageV2'\n",
        "",
        "account.kind: this property is required",
    ),
    (
        "storage.bicep",
        "'TLS1_2'",
        "'TLS12'",
        "minimumTlsVersion: 'TLS12' is not",
    ),
    (
        "storage.bicep",
        "allowSharedKeyAccess: false",
        "allowSharedKeyAccess: 'no'",
        "allowSharedKeyAccess: 'no' is not bool",
    ),
    (
        "vault.bicep",
        "    tenantId:",
        "    provisioned: true\n    tenantId:",
        "provisioned: there is no such",
    ),
    (
        "app.bicep",
        "    httpsOnly: true",
        "    state: 'Running'\n    httpsOnly: true",
        "state: this property can only be read",
    ),
    (
        "web.bicep",
        "location: location",
        "location: region",
        "region is not declared",
    ),
    (
        "web.bicep",
        "name: name",
        "name: uniqueText(name)",
        "uniqueText is no function",
    ),
    (
        "main.bicep",
        "storage.outputs.deploymentContainer",
        "storage.outputs.container",
        "has no output container",
    ),
    (
        "main.bicep",
        "    planName: names.plan\n",
        "",
        "app.bicep needs the parameter planName",
    ),
    (
        "main.bicep",
        "    planName: names.plan\n",
        "    planName: names.plan\n    plan: 'x'\n",
        "has no parameter plan",
    ),
    (
        "main.bicep",
        "module budget 'budget.bicep'",
        "module budget 'money.bicep'",
        "there is no file money.bicep",
    ),
    (
        "budget.bicep",
        "timeGrain: 'Monthly'",
        "timeGrain: 'Fortnightly'",
        "timeGrain: 'Fortnightly' is not",
    ),
    (
        "web.bicep",
        "properties: {}\n}",
        "properties: {}\n",
        "this is not Bicep",
    ),
    (
        "web.bicep",
        "@2024-11-01",
        "@2019-08-01",
        "is not known (make bicep-types)",
    ),
    (
        "alerts.bicep",
        "param workspaceId string",
        "param workspaceId string\nparam other string",
        "other is declared and never used",
    ),
]
"""File, what stands there, what is put in its place, and what is said of it."""


@pytest.mark.parametrize("file, was, becomes, told", WRONG, ids=lambda part: str(part)[:30])
def test_a_wrong_template_is_told(tmp_path: Path, file: str, was: str, becomes: str, told: str) -> None:
    for path in INFRA.glob("*.bicep"):
        (tmp_path / path.name).write_text(path.read_text())
    said = (tmp_path / file).read_text()
    assert was in said
    (tmp_path / file).write_text(said.replace(was, becomes, 1))
    assert any(told in fault for fault in faults_of(tmp_path, TYPES))
