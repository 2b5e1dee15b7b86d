"""Why an installation failed, read from all that was said and not from its last line."""

from __future__ import annotations

import re
from pathlib import Path

from ..contract.errors import ZoomStackError

_HOST = re.compile(r"https?://([\w.-]+)")
_PACKAGE = re.compile(
    r"(?:you require |Failed to download `)([\w.-]+)(?:\{[^}]*\})?(?:==([\w.+]+))?"
)
_NETWORK = "the network"  # where no host is named
_SOME_PACKAGE = "a package"
_AGAIN = "Nothing of it is lost: what was downloaded is kept for the next try."
_MIRROR = "Check the address of the mirror (UV_DEFAULT_INDEX) where one is set"

#: (code, pattern in the log, sentence, what to do); the first that is found says the cause. "{}"
#: stands for the host, "{package}" for the package.
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
        "What came as {package} is not the file that it should be.",
        "Something between here and {} changes downloads: try another network. In a folder of "
        "packages, replace it.",
    ),
    (
        "too_slow",
        r"(?m)^timed out after \d+ s$",
        "The engine did not start in ten minutes.",
        "Let the virus scanner leave the extension's folder alone, then try again.",
    ),
    (
        "bad_certificate",
        r"invalid peer certificate|certificate verify failed|UnknownIssuer|self-signed certificate",
        "The certificate of {} is not trusted here.",
        "A proxy may put its own in: set SSL_CERT_FILE to its file before Blender starts.",
    ),
    (
        "no_login",
        r"407 Proxy|HTTP Error 407|proxy authorization required",
        "The proxy asks for a login.",
        "Set HTTPS_PROXY to http://name:password@proxy:port before Blender starts.",
    ),
    (
        "no_network",
        r"[Tt]unnel (?:error|connection failed)",
        "{} cannot be reached through the proxy.",
        f"Check the proxy's settings (HTTPS_PROXY, ALL_PROXY), then try again. {_AGAIN}",
    ),
    (
        "no_login",
        r"401:? Unauthorized|403:? Forbidden",
        "{} refuses access, or asks for a login.",
        f"{_MIRROR}, and its login; else try another network.",
    ),
    (
        "server_trouble",
        r"HTTP status server error|HTTP Error 5\d\d",
        "{} is out of order at the moment.",
        f"Try again later. {_AGAIN}",
    ),
    (
        "offline",
        r"not found in the cache and you require",
        "{package} is neither in the folder of packages nor downloaded before, and nothing may be "
        "downloaded.",
        "Put it into the folder, or allow online access in Preferences, System, Network.",
    ),
    (
        "offline",
        r"[Nn]etwork (?:was|connectivity is) disabled",
        "Nothing may be downloaded.",
        "Allow online access in Preferences, System, Network.",
    ),
    (
        "no_build",
        r"no (?:\w+ )*wheels with a matching|no usable wheels|not compatible with|"
        r"doesn't have a source|only has wheels for|no wheels? (?:is|are) (?:usable|available)",
        "{package} has no build for this Python and this computer.",
        "Choose other packages in the preferences, such as those for the processor.",
    ),
    (
        "not_there",
        r"not found in the package registry|there is no version of|No solution found|"
        r"404:? Not Found",
        "{package} is not to be found.",
        f"{_MIRROR}. A network may want a login in the web browser first.",
    ),
    (
        "no_network",
        r"error sending request|dns error|tcp connect error|[Cc]onnection refused|"
        r"[Nn]etwork is unreachable|Name or service not known|getaddrinfo failed|"
        r"[Nn]ame resolution|nodename nor servname",
        "{} cannot be reached.",
        f"Check the connection, and a proxy's settings, then try again. {_AGAIN}",
    ),
    (
        "interrupted",
        r"network timeout|timed out|[Cc]onnection reset|error reading a body|"
        r"error decoding response body|end of file before message length|ended too early",
        "A download was interrupted.",
        f"Check the connection, then try again. {_AGAIN}",
    ),
    (
        "no_network",
        r"Failed to fetch",
        "{} does not answer as it should.",
        f"Check the connection, and a proxy's settings, then try again. {_AGAIN}",
    ),
    (
        "long_path",
        r"os error 206\b|filename or extension is too long",
        "A path is longer than Windows takes.",
        "Switch on long paths in Windows, or use a user folder with a shorter path.",
    ),
    (
        "in_use",
        r"os error (?:32|5|225)\b|being used by another process|Access is denied|"
        r"contains a virus",
        "A file of the engine is in use, or kept by a virus scanner.",
        "Close other Blenders, let the scanner leave the extension's folder alone, and try again.",
    ),
    (
        "unwritable",
        r"[Pp]ermission denied|os error 13\b|Read-only file system",
        "The folder of the extension cannot be written to.",
        "Check who may write there, and the virus scanner.",
    ),
    (
        "no_venv",
        r"ensurepip is not available|python3-venv|No module named '?(?:venv|ensurepip)|"
        r"No interpreter found|Failed to inspect Python interpreter",
        "The Python that the engine was to be made on cannot make environments.",
        "Allow downloads from github.com, where a better one comes from; or choose a Python that "
        "has the engine's packages in the preferences.",
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
            host, package = _host_near(said, found.start()), _package_near(said, found.start())
            text, hint = (
                _sentence(each.replace("{}", host).replace("{package}", package))
                for each in (text, hint)
            )
            return ZoomStackError(code, text, hint)
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
    found: list[str] = same or before[-1:] or after[:1] or [_NETWORK]
    return found[-1]


def _package_near(said: str, place: int) -> str:
    """The package named on the line of a place, or last before it, or first after it."""
    end = said.find("\n", place)
    before = list(_PACKAGE.finditer(said, 0, end if end >= 0 else len(said)))
    found = before[-1] if before else _PACKAGE.search(said, place)
    return " ".join(filter(None, found.groups())) if found else _SOME_PACKAGE


def _sentence(words: str) -> str:
    """Names keep their small letters at a sentence's begin; words of our own do not."""
    ours = words.startswith((_NETWORK, _SOME_PACKAGE))
    return words[:1].upper() + words[1:] if ours else words
