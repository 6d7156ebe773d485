"""infra/secrets.sh, run with an `az` that keeps a vault in a folder."""

import base64
import os
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
