"""What a host may be told to call before it loads the app."""

import json
import os
import sys
from pathlib import Path


def install() -> None:
    row = {"what": "setup", "app_was_loaded": "function_app" in sys.modules}
    Path(os.environ["SAMPLE_NOTES"]).write_text(json.dumps(row) + "\n")
