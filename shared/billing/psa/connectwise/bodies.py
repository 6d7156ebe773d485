"""What is sent to ConnectWise to write a line, and what its error bodies say. No network here."""

from shared.billing.psa.base import BillableOption, Write

_WORDS_LENGTH = 500

BILLABLE = {
    "Billable": BillableOption.BILLABLE,
    "DoNotBill": BillableOption.DO_NOT_BILL,
    "NoCharge": BillableOption.NO_CHARGE,
}
_BILL_CUSTOMER = {option: word for word, option in BILLABLE.items()}


def new_addition(write: Write) -> dict[str, object]:
    """The body that creates a line. Without a price ConnectWise takes the product's."""
    body: dict[str, object] = {
        "product": {"id": int(write.product_id)},
        "quantity": write.after,
        "billCustomer": _BILL_CUSTOMER[write.billable],
        "serialNumber": write.marker,
    }
    if write.unit_price is not None:
        body["unitPrice"] = float(
            write.unit_price
        )  # JSON has one kind of number; the shortest text is the same
    if write.effective is not None:
        body["effectiveDate"] = f"{write.effective.isoformat()}T00:00:00Z"
    if write.ends is not None:
        body["cancelledDate"] = f"{write.ends.isoformat()}T00:00:00Z"
    if write.invoice_text:
        body["invoiceDescription"] = write.invoice_text
    return body


def new_quantity(write: Write) -> list[dict[str, object]]:
    """ConnectWise's own patch dialect: a list, bare paths. A path it does not know answers 200 and changes nothing."""
    quantity: list[dict[str, object]] = [{"op": "replace", "path": "quantity", "value": write.after}]
    return [*quantity, *new_text(write)] if write.sets_text else quantity


def new_text(write: Write) -> list[dict[str, object]]:
    """The customer reads it on the invoice: https://developer.connectwise.com, an addition's invoiceDescription."""
    return [{"op": "replace", "path": "invoiceDescription", "value": write.invoice_text}]


def last_day(write: Write) -> list[dict[str, object]]:
    """cancelledDate is the last billed day itself: https://support.sync365.app, "How prorate works for licenses"."""
    ends = write.ends.isoformat() if write.ends else ""
    return [{"op": "replace", "path": "cancelledDate", "value": f"{ends}T00:00:00Z"}]


def vendor_words(body: object) -> tuple[str, str]:
    """Code and message of an error body, whichever of its shapes it has."""
    if not isinstance(body, dict):
        return "", ""
    code = str(body.get("code") or body.get("error") or "")
    errors = body.get("errors")
    details = (
        [str(e.get("message") or "") for e in errors if isinstance(e, dict)]
        if isinstance(errors, list)
        else []
    )
    message = " ".join(
        dict.fromkeys(
            word for word in (str(body.get("message") or body.get("Message") or ""), *details) if word
        )
    )
    return code[:60], " ".join(message.split())[:_WORDS_LENGTH]
