"""The scripts that azd calls; `az` is one that keeps a vault in a folder."""

import base64
import json
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "infra/secrets.sh"
AZ = """#!/bin/sh
case "$3" in
  list) [ -e "$VAULT/.shut" ] && exit 1; ls "$VAULT";;
  set) shift 3
    while [ $# -gt 0 ]; do case "$1" in --name) name=$2;; --file) file=$2;; esac; shift; done
    cp "$file" "$VAULT/$name";;
esac
"""


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
        "VAULT": str(vault),
        "SEATWISE_WAIT": "0",
    }
    return subprocess.run(
        ["sh", str(SCRIPT)], env=environment | more, capture_output=True, text=True, check=False
    )


def test_the_first_time_a_key_is_made_and_the_mail_secret_is_stored(tmp_path: Path) -> None:
    assert run(tmp_path, SEATWISE_MAIL_SECRET="s3cret").returncode == 0
    assert len(base64.b64decode((tmp_path / "vault/installation-link-keys").read_text(), validate=True)) == 32
    assert (tmp_path / "vault/installation-mail").read_text() == "s3cret"


def test_what_is_there_stays(tmp_path: Path) -> None:
    run(tmp_path, SEATWISE_MAIL_SECRET="s3cret")
    key = (tmp_path / "vault/installation-link-keys").read_text()
    said = run(tmp_path, SEATWISE_MAIL_SECRET="another")
    assert said.returncode == 0
    assert (tmp_path / "vault/installation-link-keys").read_text() == key
    assert (tmp_path / "vault/installation-mail").read_text() == "s3cret"


def test_a_vault_that_cannot_be_read_is_not_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "vault").mkdir()
    (tmp_path / "vault/.shut").touch()
    said = run(tmp_path, SEATWISE_MAIL_SECRET="s3cret")
    assert said.returncode == 1
    assert "Key Vault Secrets Officer" in said.stderr
    assert not (tmp_path / "vault/installation-link-keys").exists()


def test_no_secret_is_told(tmp_path: Path) -> None:
    said = run(tmp_path, SEATWISE_MAIL_SECRET="s3cret")
    assert "s3cret" not in said.stdout + said.stderr


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


def test_the_front_end_is_told_only_what_the_template_gives_out() -> None:
    given = set(re.findall(r"^output (\w+) ", SCRIPT.with_name("main.bicep").read_text(), re.MULTILINE))
    for script in ("web-config.sh", "secrets.sh"):
        used = set(re.findall(r"\$\{?([A-Z_]{6,})", SCRIPT.with_name(script).read_text()))
        assert used - {"SEATWISE_MAIL_SECRET", "SEATWISE_WAIT"} <= given
