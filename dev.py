#!/usr/bin/env python3
"""Developer commands: ``python dev.py demo | test | build | lint | format | setup``.

Each command sets up what it needs under ``.dev/`` and can be run again at any time. This file stays
readable by old Pythons, so that a too old one gets a sentence and not a syntax error.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the check is for the Pythons that the rest refuses
    have = f"{sys.version_info[0]}.{sys.version_info[1]} ({sys.executable})"
    sys.exit(f"dev.py needs Python 3.11 or newer; this is Python {have}.")

from devtools.cli import start

if __name__ == "__main__":
    sys.exit(start(sys.argv[1:]))
