"""`make backup` and `make restore`: the storage whose settings are in the environment, and one ZIP file."""

import argparse
import sys
from pathlib import Path

from shared import backup
from shared.wiring import wiring


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("do", choices=("save", "restore"))
    parser.add_argument("file", type=Path)
    asked = parser.parse_args()
    storage = wiring().storage
    try:
        if asked.do == "save":
            count = backup.save(storage.tables, storage.blobs, asked.file)
        else:
            storage.ensure([])
            count = backup.restore(storage.tables, storage.blobs, asked.file)
    except backup.NotEmpty as refused:
        print(refused, file=sys.stderr)
        return 1
    print(f"{count:,} rows and blobs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
