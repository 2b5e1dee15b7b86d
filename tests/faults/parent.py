"""``python parent.py WAY SECONDS REQUEST WORKER…``: who starts a worker and comes to a bad end.

It prints the worker's number, asks it for a run, and after so many seconds

- "parent": it is killed, without a word to anybody;
- "pipe": it closes its end of the worker's output, and waits for the worker.

A worker that has said "done" before that is closed in good order.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time


def main(way: str, seconds: float, request: str, command: list[str]) -> None:
    worker = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert worker.stdin is not None
    assert worker.stdout is not None
    print(worker.pid, flush=True)
    worker.stdin.write(request.encode() + b"\n")
    worker.stdin.flush()
    if _is_done(worker.stdout.fileno(), time.monotonic() + seconds):
        worker.stdin.close()
    elif way == "parent":
        os.kill(os.getpid(), signal.SIGKILL)
    else:
        worker.stdout.close()
    worker.wait()


def _is_done(pipe: int, until: float) -> bool:
    """Whether the worker ended its run before a time."""
    said = b""
    while (left := until - time.monotonic()) > 0:
        if select.select([pipe], [], [], left)[0]:
            chunk = os.read(pipe, 2**16)
            said = said[-100:] + chunk
            if not chunk or b'"done"' in said:
                return True
    return False


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3], sys.argv[4:])
