"""The script that everybody writes first: requests, one tenant after the other, or by 32 threads."""

import argparse
import json
import resource
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sandbox.transport import sandbox_session

GRAPH = "https://graph.microsoft.com/v1.0"
FIELDS = (
    "id,displayName,userPrincipalName,accountEnabled,assignedLicenses,department,officeLocation,city,state"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("threads", type=int)
    parser.add_argument("world", type=json.loads)
    asked = parser.parse_args()
    session = sandbox_session(asked.url)

    def read(tenant: str) -> int:
        answer = session.post(
            f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
            data={
                "grant_type": "refresh_token",
                "client_id": asked.world["app"],
                "client_secret": asked.world["secret"],
                "refresh_token": asked.world["refresh_token"],
                "scope": "https://graph.microsoft.com/.default",
            },
            timeout=60,
        )
        answer.raise_for_status()
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        paths = (
            "/organization",
            "/subscribedSkus",
            "/directory/subscriptions",
            f"/users?$select={FIELDS}&$top=100",
        )
        return sum(_rows(session, f"{GRAPH}{path}", headers) for path in paths)

    began = time.monotonic()
    if asked.threads == 1:
        rows = [read(tenant) for tenant in asked.world["tenants"]]
    else:
        with ThreadPoolExecutor(asked.threads) as pool:
            rows = list(pool.map(read, asked.world["tenants"]))
    print(json.dumps(told(len(rows), sum(rows), time.monotonic() - began)))


def _rows(session: Any, url: str, headers: dict[str, str]) -> int:
    count, following = 0, url
    while following:
        answer = session.get(following, headers=headers, timeout=60)
        answer.raise_for_status()
        page = answer.json()
        count += len(page["value"])
        following = page.get("@odata.nextLink", "")
    return count


def told(tenants: int, rows: int, seconds: float) -> dict[str, float]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "tenants": tenants,
        "rows": rows,
        "seconds": seconds,
        "cpu_ms": 1000 * (used.ru_utime + used.ru_stime) / tenants,
        "peak_mb": used.ru_maxrss / 1024,
    }


if __name__ == "__main__":
    main()
