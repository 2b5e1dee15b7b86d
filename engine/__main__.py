"""``python -m engine``: the command line of Zoom Stack's engine.

This file stays readable by old Pythons, so that a too old one gets a sentence and not a syntax
error.
"""

import signal
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the check is for the Pythons that the rest refuses
    found = f"{sys.version_info[0]}.{sys.version_info[1]} ({sys.executable})"
    sys.exit(f"Zoom Stack's engine needs Python 3.11 or newer; this is Python {found}.")

from .commands import main

if __name__ == "__main__":
    code = main()
    # The work is done and said; taking libraries apart may last, and is nothing to interrupt.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(code)
