"""`make clients`: run third-party clients, unmodified, against the stand-ins, and print what each could do.

They ask the vendors' own https addresses. A front speaks TLS for the stand-ins, and only the resolving of the vendors'
names leads there.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.standins.process import start
from sandbox.standins.worlds.registry import demo_world
from tests.clients.led.names import NAMES

HERE = Path(__file__).parent
TOOLS = HERE.parents[1] / ".tools/clients"
PYTHON = TOOLS / "bin/python"
CLIENTS = {
    "pyconnectwise": "python/pyconnectwise_client.py",
    "connectpyse": "python/connectpyse_client.py",
    "ConnectWiseManageAPI": "python/connectwise_manage_api_client.py",
    "connectwise-rest": "node/connectwise_rest.cjs",
    "msal": "python/msal_client.py",
    "azure-identity": "python/azure_identity_client.py",
    "msgraph-sdk": "python/msgraph_sdk_client.py",
    "O365": "python/o365_client.py",
    "msal-node": "node/msal_node.cjs",
    "microsoft-graph-client": "node/graph_client.cjs",
}
"""Each client's script."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make clients", description=__doc__)
    parser.add_argument("client", nargs="*", help=f"some of: {', '.join(CLIENTS)}")
    chosen = parser.parse_args().client or list(CLIENTS)
    failures = 0
    with tempfile.TemporaryDirectory(prefix="seatwise-clients-") as name:
        folder = Path(name)
        with start(folder / "world") as stand_ins, _front(stand_ins.url, folder) as environment:
            for client in chosen:
                failures += _told(client, environment)
    print(f"{failures} steps failed" if failures else "every step worked")
    return int(bool(failures))


@contextmanager
def _front(to: str, folder: Path) -> Iterator[dict[str, str]]:
    """The TLS front. The environment in which a client reaches it."""
    certificates = folder / "certificates.pem"
    command = [str(PYTHON), str(HERE / "front.py"), "--to", to, "--certificates", str(certificates)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line.startswith("READY "):
                raise SystemExit("The TLS front did not start; its own words are above.")
            yield {
                "PATH": os.environ.get("PATH", ""),
                "HOME": str(folder),
                "PYTHONPATH": str(HERE / "led"),
                "NODE_PATH": str(TOOLS / "node_modules"),
                "NODE_EXTRA_CA_CERTS": str(certificates),
                "CLIENTS_NAMES": ",".join(NAMES),
                "SSL_CERT_FILE": str(certificates),
                "REQUESTS_CA_BUNDLE": str(certificates),
                "CLIENTS_FRONT_PORT": line.split()[1],
                "CLIENTS_WORLD": json.dumps(_credentials()),
            }
        finally:
            process.terminate()


def _credentials() -> dict[str, str]:
    """What a person would type into a client, and names by which it can be tried."""
    world = demo_world()
    partner, psa = world.partners[0], world.connectwise[0]
    tenants = {
        name: next(t for t in world.tenants if name in t.name)
        for name in ("Alder", "Northgate", "Hollybrook")
    }
    return {
        "site": psa.site,
        "company": psa.company_login,
        "public_key": psa.public_key,
        "private_key": psa.private_key,
        "client_id": psa.client_id,
        "agreement": str(tenants["Alder"].agreement_id),
        "addition": str(tenants["Alder"].mappings[0].addition_id),
        "app": partner.client_id,
        "secret": partner.secret,
        "refresh_token": partner.refresh_token,
        "partner_tenant": partner.tenant_id,
        "tenant": tenants["Alder"].id,
        "large_tenant": tenants["Northgate"].id,
        "refusing_tenant": tenants["Hollybrook"].id,
    }


def _told(client: str, environment: dict[str, str]) -> int:
    """Run one client and print its steps; how many of them failed."""
    script = str(HERE / CLIENTS[client])
    runs_it = ["node", "--require", str(HERE / "node/led.cjs")] if script.endswith(".cjs") else [str(PYTHON)]
    ran = subprocess.run(
        [*runs_it, script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    steps = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith('{"step"')]
    if ran.returncode or not steps:
        steps.append(
            {"step": "the whole", "fault": ran.stderr.strip().rpartition("\n")[2] or "no step was told"}
        )
    for step in steps:
        result = f"FAILED: {step['fault']}" if step["fault"] else "works"
        print(f"{client:<24} {step['step']:<58} {result}", flush=True)
    return sum(1 for step in steps if step["fault"])


if __name__ == "__main__":
    sys.exit(main())
