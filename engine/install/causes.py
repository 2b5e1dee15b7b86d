"""Why an installation failed, read from all that was said and not from its last line."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from ..contract.errors import ZoomStackError

_HOST = re.compile(r"https?://(?:[^\s/@]*@)?([\w.-]+)")
_AGAIN = "Nothing of it is lost: what was downloaded is kept for the next try."

#: Windows' numbers for what it says in the user's language, as in "os error 112".
_OF_WINDOWS = {
    "no_space": (39, 112, 1295),
    "scanner": (225, 226, 1260),
    "in_use": (5, 32, 33),
    "unwritable": (19,),
    "long_path": (206,),
    "bad_disk": (23, 483, 1117),
    "interrupted": (10053, 10054),
    "no_network": (10050, 10051, 10060, 10061, 10065, 11001),
}

#: (code, pattern in the log, sentence, what to do); the first that is found says the cause. "{}"
#: stands for the host, "{0}" for the pattern's group.
_CAUSES = (
    (
        "no_space",
        r"No space left on device|not enough space|disk is full|[Qq]uota exceeded",
        "The disk is full.",
        f"Free some space, then try again. {_AGAIN}",
    ),
    (
        "scanner",
        r"contains a virus|blocked by group policy",
        "A virus scanner or a rule of this computer's keeps a file of the engine back.",
        "Allow the folder of the extension there, then try again.",
    ),
    (
        "in_use",
        r"being used by another process|Access is denied|Text file busy",
        "A file of the engine is in use, or kept by a virus scanner.",
        "Close other Blenders and try again.",
    ),
    (
        "unwritable",
        r"[Pp]ermission denied|Operation not permitted|Read-only file system",
        "The folder of the extension cannot be written to.",
        "Check who may write there, and the virus scanner.",
    ),
    (
        "long_path",
        r"[Ff]ile ?name too long|path is too long",
        "A path of the engine is too long for this system.",
        "Move Blender's user folder to a shorter path.",
    ),
    (
        "bad_disk",
        r"Input/output error",
        "The disk cannot be read or written.",
        "Check it: it may be failing, or gone.",
    ),
    (
        "bad_hash",
        r"[Hh]ash mismatch(?: for `([^`]+)`)?",
        "{0} is not the file that it should be.",
        "A file of another make may lie in the package folder; if not, something between here and "
        "{} changes downloads: try another network.",
    ),
    (
        "interrupted",
        r"end of file before message length|error decoding response body|network timeout|"
        r"IncompleteRead|connection closed before|[Cc]onnection reset|[Bb]roken pipe|"
        r"[Rr]emote end closed|came only in part",
        "The download from {} was interrupted.",
        f"Try again. {_AGAIN} Where it happens each time, something on the way cuts it.",
    ),
    (
        "bad_hash",
        r"Failed to download `([^`]+)`(?=[\s\S]*Invalid zip)|Invalid zip|Failed to extract",
        "{0} is not the file that it should be.",
        "It may be broken in the package folder; or the network wants a login first: open a page "
        "in a web browser, then try again.",
    ),
    (
        "bad_certificate",
        r"Invalid `(SSL_CERT_\w+)`(?=[\s\S]*(?:peer certificate|UnknownIssuer))",
        "{0} names no certificates, so none is trusted.",
        "Mend that environment variable or take it away, then start Blender again.",
    ),
    (
        "bad_certificate",
        r"invalid peer certificate|certificate verify failed|UnknownIssuer|self-signed certificate",
        "The certificate of {} is not trusted here.",
        "A proxy may put its own in: set SSL_CERT_FILE to its file before Blender starts.",
    ),
    (
        "no_login",
        r"proxy authorization required|407\W+Proxy",
        "The proxy asks for a login.",
        "Set HTTPS_PROXY to http://name:password@address before Blender starts.",
    ),
    (
        "no_network",
        r"tunnel error|Tunnel connection failed",
        "The proxy does not let through to {}.",
        "Check HTTPS_PROXY, or ask whoever runs the proxy.",
    ),
    (
        "no_login",
        r"40[13]\W+(?:Unauthorized|Forbidden)|status code \(40[13]",
        "{} asks for a login.",
        "Check the mirror's address, with the name and password in it.",
    ),
    (
        "no_service",
        r"HTTP status server error|HTTP Error 5\d\d|429 Too Many",
        "{} does not work at the moment.",
        f"Try again later. {_AGAIN}",
    ),
    (
        "no_package",
        r"[Bb]ecause (\S+) was not found in the cache|"
        r"(?:Packages were unavailable because the )?network (?:was|is) disabled",
        "{0} is not in the package folder, and nothing may be downloaded.",
        "Put its .whl file there, or allow online access in Preferences, System, Network.",
    ),
    (
        "no_network",
        r"[Nn]etwork connectivity is disabled",
        "Nothing may be downloaded.",
        "Allow online access in Preferences, System, Network.",
    ),
    (
        "no_build",
        r"[Bb]ecause (\S+) has no (?:\w+ )*wheels|no (?:\w+ )*wheels with a matching|"
        r"not compatible with|doesn't have a source|only has wheels for|"
        r"no wheels? (?:is|are) (?:usable|available)",
        "{0} has no build for this Python and this computer.",
        "Choose other packages in the preferences, such as those for the processor.",
    ),
    (
        "no_package",
        r"there (?:is|are) no versions? of (\S+)|[Bb]ecause (\S+) was not found|404\W+Not Found|"
        r"it has no file (\S+)",
        "{0} was not found.",
        "The package folder or the mirror may lack it; or the network wants a login first: open a "
        "page in a web browser, then try again.",
    ),
    (
        "no_network",
        r"error sending request|dns error|tcp connect error|[Cc]onnection refused|"
        r"timed out|[Nn]etwork is unreachable|No route to host|Failed to fetch|"
        r"Name or service not known|"
        r"getaddrinfo failed|[Nn]ame resolution|nodename nor servname",
        "{} cannot be reached.",
        f"Check the connection, and a proxy's settings, then try again. {_AGAIN}",
    ),
    (
        "no_venv",
        r"ensurepip is not available|python3-venv|No module named '?(?:venv|ensurepip)|"
        r"No interpreter found|No virtual environment or system Python",
        "This Python cannot make environments.",
        "Choose another Python in the preferences.",
    ),
    (
        "too_slow",
        r"took longer than (\d+ s)",
        "It took longer than {0}.",
        "A virus scanner may look through every file: try again, or allow the extension's folder.",
    ),
    (
        "old_system",
        r"version `GLIBC|GLIBCXX|CXXABI|cannot open shared object file|DLL load failed|"
        r"Library not loaded|[Ii]llegal instruction",
        "A part of the system that torch needs is missing or too old.",
        "On Windows install the newest Visual C++ Redistributable; on Linux update the system.",
    ),
    (
        "no_package",
        r"No solution found",
        "A package was not found.",
        "The log says which. The package folder or the mirror may lack it.",
    ),
)


def cause_of(said: str, stage: str, log: Path, system: str = sys.platform) -> ZoomStackError:
    """The one error to show for what a command has said.

    Args:
        said: all of it.
        stage: what went on, for people.
        log: where it can be read.
        system: whose numbers of errors are meant, by Python's name for it.
    """
    for code, pattern, text, hint in _CAUSES:
        found = re.search(f"{pattern}{_numbered(code, system)}", said)
        if found:
            host = _host_near(said, found.start())
            what = next((group for group in found.groups() if group), "A package")
            text, hint = (each.replace("{0}", what).replace("{}", host) for each in (text, hint))
            return ZoomStackError(code, text, hint)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = next((line for line in reversed(lines) if "error" in line.lower()), "")
    last = last or (lines[-1] if lines else "nothing")
    return ZoomStackError(
        "install_failed",
        f"The installation stopped at: {stage[:1].lower()}{stage[1:]}.",
        f"It said: {last[:200]}. All of it is in {log}.",
    )


def _numbered(code: str, system: str) -> str:
    """The end of a pattern: the numbers by which Windows calls the cause, too."""
    numbers = _OF_WINDOWS.get(code, ()) if system == "win32" else ()
    if not numbers:
        return ""
    return rf"|(?:os error |WinError )(?:{'|'.join(map(str, numbers))})\b"


def _host_near(said: str, place: int) -> str:
    """The host named last in the same line; else last before it, or first after it."""
    before = _HOST.findall(said[:place])
    after = _HOST.findall(said[place:])
    line = said.count("\n", 0, place)
    same = _HOST.findall(said.split("\n")[line])
    found: list[str] = same or before[-1:] or after[:1] or ["the network"]
    return found[-1]
