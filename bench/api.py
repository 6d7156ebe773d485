"""P18: the HTTP API of an MSP of that size at 20 requests a second, 60 % lists of 100 rows, 40 % the summary."""

import random
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import requests

from bench.nights import Nights

A_SECOND = 20
LISTS = ("/tenants?limit=100", "/alerts?limit=100", "/runs?limit=100")


def p95_ms(nights: Nights, seconds: int = 20) -> float:
    """Milliseconds within which 95 of 100 answers are whole; the first, which imports the API, is not counted."""
    token = nights.processes.stand_ins.control("sign-in", person="owner")["token"]
    local = threading.local()

    def ask(path: str) -> float:
        if not hasattr(local, "session"):
            local.session = requests.Session()
            local.session.trust_env = False
        began = time.monotonic()
        answer = local.session.get(
            f"{nights.host.address}/api{path}", headers={"Authorization": f"Bearer {token}"}, timeout=60
        )
        answer.raise_for_status()
        return 1000 * (time.monotonic() - began)

    me = requests.get(
        f"{nights.host.address}/api/me", headers={"Authorization": f"Bearer {token}"}, timeout=60
    ).json()
    account = f"/accounts/{me['accounts'][0]['id']}"
    drawn = random.Random(18)
    began = time.monotonic()
    with ThreadPoolExecutor(A_SECOND * 4) as pool:
        asked = []
        for number in range(A_SECOND * seconds):
            time.sleep(max(0.0, began + number / A_SECOND - time.monotonic()))
            path = drawn.choice(LISTS) if drawn.random() < 0.6 else "/summary"
            asked.append(pool.submit(ask, account + path))
        took = [one.result() for one in asked]
    return statistics.quantiles(took, n=20)[-1]
