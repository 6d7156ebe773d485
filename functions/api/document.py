"""The OpenAPI document as a file: `python -m functions.api.document FILE`."""

import json
import sys
from pathlib import Path

from functions.api.app import make_app


def document() -> str:
    """OpenAPI 3.1, the same text for the same code."""
    return json.dumps(make_app(None).openapi(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document())
