"""`make bicep-types`: write anew what a resource of infra/ may say, as Microsoft's Azure MCP server knows it.

The server (PyPI msmcp-azure, 151 MB) brings Bicep's type definitions and is asked offline; it has an environment of its
own. Two types of Microsoft.Insights are not known to it: their files were written by hand from Bicep's published types.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

TYPES = Path(__file__).parent / "types"
BY_HAND = {"Microsoft.Insights/actionGroups@2023-01-01", "Microsoft.Insights/scheduledQueryRules@2023-12-01"}


def file_of(resource: str) -> Path:
    return TYPES / f"{resource.replace('/', '-')}.json"


def main() -> int:
    server = sys.argv[1]
    from tests.infra.bicep import read_template

    files = [read_template(path) for path in sorted((Path(__file__).parents[2] / "infra").glob("*.bicep"))]
    wanted = {found.type for file in files for found in file.resources} - BY_HAND
    for resource in sorted(wanted):
        file_of(resource).write_text(json.dumps(reduced(_asked(server, resource)), indent=1) + "\n")
        print(resource)
    return 0


def _asked(server: str, resource: str) -> list[dict[str, Any]]:
    name, version = resource.split("@")
    ran = subprocess.run(
        [server, "bicepschema", "get", "--resource-type", name],
        env={**os.environ, "AZURE_MCP_COLLECT_TELEMETRY": "false"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found: list[dict[str, Any]] = json.loads(ran.stdout)["results"]["BicepSchemaResult"]
    known = next(one["name"] for one in found if one["$type"] == "Resource")
    if known != resource:
        raise SystemExit(f"{name} is known as {known}, and infra/ says {version}")
    return found


def reduced(found: list[dict[str, Any]]) -> dict[str, Any]:
    """The body of a resource and the objects that it leads to: each property's type, and whether it is required."""
    objects = {one["name"]: one for one in found if one["$type"] == "Object"}
    body = next(one for one in found if one["$type"] == "Resource")["bodyType"]
    elements = body.get(
        "elements", [body]
    )  # one shape for each name, such as "ftp" and "scm": they are alike
    shapes: dict[str, Any] = {"body": _shape(elements[0])}
    if len(elements) > 1:
        shapes["body"]["properties"]["name"] = "string, required"
    waiting = [shapes["body"]]
    while waiting:
        shape = waiting.pop()
        for text in [*shape["properties"].values(), shape.get("any", "")]:
            name = text.removesuffix(", required").removesuffix(", read-only").removesuffix("[]")
            if name in objects and name not in shapes:
                shapes[name] = _shape(objects[name])
                waiting.append(shapes[name])
    return shapes


def _shape(found: dict[str, Any]) -> dict[str, Any]:
    properties = {}
    for one in found.get("properties", []):
        flags = one.get("flags", "")
        mark = ", read-only" if "ReadOnly" in flags else ", required" if "Required" in flags else ""
        properties[one["name"]] = one["type"] + mark
    more = found.get("additionalPropertiesType")
    return {"properties": properties} | ({"any": more} if more else {})


if __name__ == "__main__":
    sys.exit(main())
