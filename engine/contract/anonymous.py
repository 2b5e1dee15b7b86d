"""Texts for strangers: without names of people, folders, machines and without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SECRETS = (
    (re.compile(r"(?i)\b(hf|ghp|gho|github_pat|glpat|sk|xox[abp])[-_][A-Za-z0-9_-]{8,}"), "TOKEN"),
    (re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{12,}"), "TOKEN"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}"), r"\1 SECRET"),
    (
        re.compile(
            r"""(?ix)([\w-]*(?:token|passw(?:or)?d|passwd|secret|api[_-]?key|authorization)["']?)
            (\s*[=:]\s*)(?:bearer\s+|basic\s+)?("[^"]*"|'[^']*'|[^\s"',;&]+)"""
        ),
        r"\1\2SECRET",
    ),
    (re.compile(r"(?<=://)[^/@\s]+@"), ""),  # a name and a password before a host
    (re.compile(r"(?<![\w.])[A-Za-z0-9+_]{40,}={0,2}(?![\w.])"), "LONG-WORD"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "MAIL"),
    (re.compile(r"(?<![\w.])(?!127\.0\.0\.1\b)\d{1,3}(?:\.\d{1,3}){3}(?![\w.])"), "ADDRESS"),
)
# A path from its root on. Folders may have blanks, so that what stands between two paths of a line
# goes with them; an address of the web is none, and neither is "1/2".
_PART = r"(?:[^\\/\"'<>|:*?\n]|'(?=\w))"
_PATH = re.compile(
    rf"(?<![\w/.:…])(?:~|[A-Za-z]:)?[\\/]{{1,4}}(?:{_PART}+[\\/]+)+(?P<file>{_PART}*?\.\w{{1,12}}\b)?"
)
#: Names of files that are not their users'.
_OURS = re.compile(
    r"[\w.-]+\.py|(?:stack|job|engine|config|model_index|words)\.json|level_\d+(?:_\d+)?\.png"
    r"|state-\w+\.safetensors|[\w.-]+\.(?:whl|txt|toml|so|dll|log)"
)
_LEAST_NAME = 3  # letters; shorter ones stand in too many words


def anonymous(text: str, folders: Iterable[str] = (), names: Iterable[str] = ()) -> str:
    """A text without what tells who wrote it.

    Args:
        folders: known ones, which may have blanks in their names.
        names: of the person and the machine.
    """
    for folder in sorted({f.rstrip("/\\") for f in folders}, key=len, reverse=True):
        if len(folder) > 1:
            for written in (folder, folder.replace("\\", "\\\\"), folder.replace("\\", "/")):
                text = re.sub(re.escape(written) + r"(?=[\\/]|\b|$)", "/…", text, flags=re.I)
    text = _PATH.sub(_shortened, text)
    for secret, stand_in in _SECRETS:
        text = secret.sub(stand_in, text)
    for name in names:
        if len(name) >= _LEAST_NAME:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "NAME", text, flags=re.I)
    return text.replace("/…", "…")


def _shortened(path: re.Match[str]) -> str:
    file = path["file"]
    if not file:
        return "…/"
    return f"…/{file}" if _OURS.fullmatch(file) else f"…/FILE.{file.rpartition('.')[2]}"
