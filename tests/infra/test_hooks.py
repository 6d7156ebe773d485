"""The scripts that azd calls; `az` is one that keeps a vault in a folder, and what else it was asked beside it."""

import base64
import json
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "infra/secrets.sh"
AZ = """#!/bin/sh
case "$1 $2" in
  "keyvault secret") case "$3" in
    list) [ -e "$VAULT/.shut" ] && exit 1; ls "$VAULT";;
    set) shift 3
      while [ $# -gt 0 ]; do case "$1" in --name) name=$2;; --file) file=$2;; esac; shift; done
      cp "$file" "$VAULT/$name";;
    esac;;
  *) echo "$@" >> "$VAULT/.asked"
    if [ "$1" = rest ] && [ -s "$VAULT/.unread" ]; then
      head -n 1 "$VAULT/.unread"; sed -i 1d "$VAULT/.unread"
    fi;;
esac
"""
MAIL = {"SEATWISE_MAIL_SECRET": "s3cret"}


def run(folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    vault, tools = folder / "vault", folder / "tools"
    for made in (vault, tools):
        made.mkdir(exist_ok=True)
    az = tools / "az"
    az.write_text(AZ)
    az.chmod(az.stat().st_mode | stat.S_IXUSR)
    environment = {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "AZURE_KEY_VAULT_NAME": "kv",
        "AZURE_SUBSCRIPTION_ID": "sub",
        "AZURE_RESOURCE_GROUP": "rg",
        "SEATWISE_APP_NAME": "func",
        "SEATWISE_MAIL": "sendgrid",
        "VAULT": str(vault),
        "SEATWISE_WAIT": "0",
    }
    return subprocess.run(
        ["sh", str(SCRIPT)], env=environment | more, capture_output=True, text=True, check=False
    )


def asked(folder: Path) -> list[str]:
    """What Azure was asked beside the vault."""
    file = folder / "vault/.asked"
    return file.read_text().splitlines() if file.exists() else []


def test_the_first_time_a_key_is_made_and_the_mail_secret_is_stored(tmp_path: Path) -> None:
    assert run(tmp_path, **MAIL).returncode == 0
    assert len(base64.b64decode((tmp_path / "vault/installation-link-keys").read_text(), validate=True)) == 32
    assert (tmp_path / "vault/installation-mail").read_text() == "s3cret"


def test_what_is_there_stays(tmp_path: Path) -> None:
    run(tmp_path, **MAIL)
    key = (tmp_path / "vault/installation-link-keys").read_text()
    said = run(tmp_path, SEATWISE_MAIL_SECRET="another")
    assert said.returncode == 0
    assert (tmp_path / "vault/installation-link-keys").read_text() == key
    assert (tmp_path / "vault/installation-mail").read_text() == "s3cret"


def test_a_vault_that_cannot_be_read_is_not_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "vault").mkdir()
    (tmp_path / "vault/.shut").touch()
    said = run(tmp_path, **MAIL)
    assert said.returncode == 1
    assert "Key Vault Secrets Officer" in said.stderr
    assert not (tmp_path / "vault/installation-link-keys").exists()


def test_no_secret_is_told(tmp_path: Path) -> None:
    said = run(tmp_path, **MAIL)
    assert "s3cret" not in said.stdout + said.stderr


@pytest.mark.parametrize(
    "given, name",
    [
        ({}, "SEATWISE_MAIL_SECRET"),
        ({"SEATWISE_MAIL": "ses"}, "SEATWISE_MAIL_SECRET"),
        ({"SEATWISE_MAIL": "smtp", "SEATWISE_MAIL_USER": "seatwise"}, "SEATWISE_MAIL_SECRET"),
        ({**MAIL, "SEATWISE_PARTNER_CLIENT_ID": "c"}, "SEATWISE_PARTNER_SECRET"),
    ],
)
def test_a_secret_without_which_the_app_would_not_start_is_asked_for(
    tmp_path: Path, given: dict[str, str], name: str
) -> None:
    said = run(tmp_path, **given)
    assert said.returncode == 1
    assert f"Give it once in the environment as {name}, then: azd provision" in said.stderr
    assert run(tmp_path, **given, **{name: "s3cret"}).returncode == 0


def test_a_relay_without_sign_in_needs_no_secret(tmp_path: Path) -> None:
    assert run(tmp_path, SEATWISE_MAIL="smtp").returncode == 0
    assert not (tmp_path / "vault/installation-mail").exists()


def test_the_secret_of_the_app_that_partners_consent_to_is_stored(tmp_path: Path) -> None:
    given = {"SEATWISE_PARTNER_CLIENT_ID": "c", "SEATWISE_PARTNER_SECRET": "0ther"}
    assert run(tmp_path, **MAIL, **given).returncode == 0
    assert (tmp_path / "vault/installation-partner-app").read_text() == "0ther"


def test_the_app_reads_the_vault_again_each_time_and_only_then_starts_anew(tmp_path: Path) -> None:
    """A restart alone keeps what Azure read before, also that nothing was there."""
    for _ in range(2):
        (tmp_path / "vault").mkdir(exist_ok=True)
        (tmp_path / "vault/.unread").write_text("SEATWISE_LINK_KEYS\nSEATWISE_MAIL_API_KEY\n")
        assert run(tmp_path, **MAIL).returncode == 0
        (*refreshed, restarted) = asked(tmp_path)
        assert len(refreshed) == 3
        site = "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Web/sites/func"
        for one in refreshed:
            assert f"https://management.azure.com{site}/config/configreferences/appsettings/refresh" in one
        assert restarted.startswith(f"functionapp restart --ids {site}")
        (tmp_path / "vault/.asked").unlink()


def test_an_app_that_cannot_read_its_secrets_is_told(tmp_path: Path) -> None:
    (tmp_path / "vault").mkdir()
    (tmp_path / "vault/.unread").write_text("SEATWISE_LINK_KEYS\n" * 10)
    said = run(tmp_path, **MAIL)
    assert said.returncode == 1
    assert "SEATWISE_LINK_KEYS" in said.stderr
    assert not any("restart" in one for one in asked(tmp_path))


def test_the_front_end_is_told_what_its_pages_read(tmp_path: Path) -> None:
    (tmp_path / "web/public").mkdir(parents=True)
    (tmp_path / "infra").mkdir()
    script = shutil.copy(SCRIPT.with_name("web-config.sh"), tmp_path / "infra")
    addresses = {"SEATWISE_PUBLIC_URL": "https://api.example", "SEATWISE_API_CLIENT_ID": "client"}
    subprocess.run(["sh", script], env={"PATH": os.environ["PATH"]} | addresses, check=True)
    said = json.loads((tmp_path / "web/public/config.json").read_text())
    read = (SCRIPT.parents[1] / "web/src/app/config.ts").read_text()
    assert set(said) == set(re.findall(r"^  (\w+): string;", read, re.MULTILINE))
    assert (said["api"], said["clientId"]) == ("https://api.example", "client")


def test_the_scripts_use_only_what_the_template_gives_out_or_the_installation_was_described_with() -> None:
    given = set(re.findall(r"^output (\w+) ", SCRIPT.with_name("main.bicep").read_text(), re.MULTILINE))
    given |= set(re.findall(r"\$\{(\w+)", SCRIPT.with_name("main.parameters.json").read_text()))
    given |= {"AZURE_SUBSCRIPTION_ID"}  # azd's own
    for script in ("web-config.sh", "secrets.sh"):
        used = set(re.findall(r"\$\{?([A-Z_]{6,})", SCRIPT.with_name(script).read_text()))
        assert used - {"SEATWISE_MAIL_SECRET", "SEATWISE_PARTNER_SECRET", "SEATWISE_WAIT"} <= given
