"""The stand-in of download.microsoft.com: the product names file, made from our own table."""

import csv
import io

from sandbox.standins.protocol import Answer, Call, Request
from sandbox.standins.worlds.skus import SKUS

PATH = (
    "/download/e/3/e/e3e9faf2-f28b-490a-9ada-c6089a1fc5b0/"
    "Product names and service plan identifiers for licensing.csv"
)
COLUMNS = (
    "Product_Display_Name",
    "String_Id",
    "GUID",
    "Service_Plan_Name",
    "Service_Plan_Id",
    "Service_Plans_Included_Friendly_Names",
)


class Names:
    """One row per SKU and plan, a byte-order mark, and the file's known quirks."""

    name = "names"
    hosts = frozenset({"download.microsoft.com"})

    def __init__(self) -> None:
        self._file = _file()

    def call(self, request: Request) -> Call:
        return Call("names.csv")

    def answer(self, request: Request, call: Call) -> Answer:
        if request.path != PATH:
            return Answer(404, b"<html><body>Not found</body></html>", content_type="text/html")
        return Answer(200, self._file, {"ETag": '"sandbox-1"'}, content_type="application/octet-stream")

    def throttled(self, retry_after: int | None) -> Answer:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return Answer(429, b"Too many requests", headers, content_type="text/html")

    def failing(self, status: int) -> Answer:
        return Answer(status, b"<html><body>Service unavailable</body></html>", content_type="text/html")


def _file() -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for number, sku in enumerate(sku for sku in SKUS if sku.in_names_file):
        # The real file has upper-case ids, one id with a no-break space behind it, and a product under two names.
        shown = sku.id.upper() if number % 7 == 3 else sku.id
        shown = shown + "\u00a0" if sku.part_number == "VISIOCLIENT" else shown
        for plan in sku.plans:
            writer.writerow((sku.name, sku.part_number, shown, plan.name, plan.id, plan.friendly))
        if sku.part_number == "CCIBOTS_PRIVPREV_VIRAL":
            plan = sku.plans[0]
            former = "Power Virtual Agents Viral Trial"
            writer.writerow((former, sku.part_number, sku.id, plan.name, plan.id, plan.friendly))
    return b"\xef\xbb\xbf" + text.getvalue().encode()
