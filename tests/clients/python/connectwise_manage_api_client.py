"""ConnectWiseManageAPI 0.3.9: functions of an MSP's own scripts."""

from ConnectWiseManageAPI.CWFunctions import connectCWManage, invokeCWManage, pullCWAddition, updateCWAddition
from steps import WORLD, step

URL = f"https://{WORLD['site']}/v4_6_release/apis/3.0/"
SIGNED = connectCWManage(WORLD["company"], WORLD["public_key"], WORLD["private_key"], WORLD["client_id"])

with step("companies with parameters"):
    rows = invokeCWManage(
        SIGNED, "GET", URL, "company/companies", parameters={"pageSize": 1000, "orderBy": "name"}
    )
    assert len(rows) == 15
with step("lines of an agreement"):
    assert pullCWAddition(SIGNED, URL, WORLD["agreement"])
with step("a line is changed and read back"):
    line = f"finance/agreements/{WORLD['agreement']}/additions/{WORLD['addition']}"
    before = invokeCWManage(SIGNED, "GET", URL, line)["quantity"]
    updateCWAddition(SIGNED, URL, WORLD["agreement"], WORLD["addition"], before + 1)
    assert invokeCWManage(SIGNED, "GET", URL, line)["quantity"] == before + 1
    updateCWAddition(SIGNED, URL, WORLD["agreement"], WORLD["addition"], before)
