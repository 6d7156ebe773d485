"""S18: processor time and memory of each file of the logo corpus, in a process of its own: `make report-speed`."""

import os
import resource
import struct
import sys
import time

from tests.shared.reports.test_logo import FILES, MOST_KB, MOST_SECONDS, answer_to


def main() -> int:
    answer_to(FILES[0][1])  # what is imported at the first picture is no picture's own
    found = [(*_taken(data), name) for name, data, _ in FILES]
    slowest, largest = max(found), max(found, key=lambda one: one[1])
    print(f"{len(found)} files of logos, good, too large, damaged and bombs")
    print(f"slowest: {slowest[0] * 1000:.0f} ms ({slowest[2]}; goal {MOST_SECONDS * 1000:.0f} ms)")
    print(f"most memory: {largest[1] / 1024:.1f} MB ({largest[2]}; goal {MOST_KB / 1024:.0f} MB)")
    return 0 if slowest[0] <= MOST_SECONDS and largest[1] <= MOST_KB else 1


def _taken(data: bytes) -> tuple[float, int]:
    """Seconds of processor time, and KB that the process grew by at most."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        answer_to(data)
        spent = time.process_time() - began
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        os.write(writing, struct.pack("dq", spent, grown))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        spent, grown = struct.unpack("dq", told.read())
    os.wait()
    return spent, grown


if __name__ == "__main__":
    sys.exit(main())
