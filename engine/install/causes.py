"""Why an installation failed, read from all that was said and not from its last line."""

from __future__ import annotations

import re
from pathlib import Path

from ..contract.errors import ZoomStackError

_HOST = re.compile(r"https?://([\w.-]+)")
_AGAIN = "Nothing of it is lost: what was downloaded is kept for the next try."

#: (code, pattern in the log, sentence, what to do); the first that is found says the cause. "{}"
#: stands for the host.
_CAUSES = (
    (
        "no_space",
        r"No space left on device|not enough space|os error (28|112|39)\b|disk is full",
        "The disk is full.",
        f"Free some space, then try again. {_AGAIN}",
    ),
    (
        "bad_hash",
        r"[Hh]ash mismatch",
        "A download is not the file that it should be.",
        "Something between here and {} changes downloads: try another network.",
    ),
    (
        "no_build",
        r"no (?:\w+ )*wheels with a matching|not compatible with|doesn't have a source|"
        r"only has wheels for|no wheels? (?:is|are) (?:usable|available)|No solution found",
        "Some package has no build for this Python and this computer.",
        "Choose other packages in the preferences, such as those for the processor.",
    ),
    (
        "bad_certificate",
        r"invalid peer certificate|certificate verify failed|UnknownIssuer|self-signed certificate",
        "The certificate of {} is not trusted here.",
        "A proxy may put its own in: set SSL_CERT_FILE to its file before Blender starts.",
    ),
    (
        "no_login",
        r"401 Unauthorized|403 Forbidden|407 Proxy|status code \(40[137]",
        "{} asks for a login.",
        "Check the mirror's or proxy's settings.",
    ),
    (
        "no_network",
        r"error sending request|dns error|tcp connect error|[Cc]onnection (?:refused|reset)|"
        r"timed out|[Nn]etwork is unreachable|Failed to fetch|offline|Name or service not known|"
        r"getaddrinfo failed|[Nn]ame resolution|nodename nor servname",
        "{} cannot be reached.",
        f"Check the connection, and a proxy's settings, then try again. {_AGAIN}",
    ),
    (
        "in_use",
        r"os error (?:32|5)\b|being used by another process|Access is denied",
        "A file of the engine is in use, or kept by a virus scanner.",
        "Close other Blenders and try again.",
    ),
    (
        "unwritable",
        r"[Pp]ermission denied|os error 13\b|Read-only file system",
        "The folder of the extension cannot be written to.",
        "Check who may write there, and the virus scanner.",
    ),
    (
        "no_venv",
        r"ensurepip is not available|python3-venv|No module named '?(?:venv|ensurepip)",
        "This Python cannot make environments.",
        "Choose another Python in the preferences.",
    ),
    (
        "old_system",
        r"version `GLIBC|GLIBCXX|CXXABI|cannot open shared object file|DLL load failed|"
        r"Library not loaded",
        "A part of the system that torch needs is missing or too old.",
        "On Windows install the newest Visual C++ Redistributable; on Linux update the system.",
    ),
)


def cause_of(said: str, stage: str, log: Path) -> ZoomStackError:
    """The one error to show for what a command has said.

    Args:
        said: all of it.
        stage: what went on, for people.
        log: where it can be read.
    """
    for code, pattern, text, hint in _CAUSES:
        found = re.search(pattern, said)
        if found:
            host = _host_near(said, found.start())
            return ZoomStackError(code, text.replace("{}", host), hint.replace("{}", host))
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = next((line for line in reversed(lines) if "error" in line.lower()), "")
    last = last or (lines[-1] if lines else "nothing")
    return ZoomStackError(
        "install_failed",
        f"The installation stopped at: {stage[:1].lower()}{stage[1:]}.",
        f"It said: {last[:200]}. All of it is in {log}.",
    )


def _host_near(said: str, place: int) -> str:
    """The host named last before a place, or first after it."""
    before = _HOST.findall(said[:place])
    after = _HOST.findall(said[place:])
    line = said.count("\n", 0, place)
    same = _HOST.findall(said.splitlines()[line]) if said else []
    found: list[str] = same or before[-1:] or after[:1] or ["the network"]
    return found[-1]
