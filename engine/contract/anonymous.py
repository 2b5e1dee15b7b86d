"""Texts for strangers: without names of people, folders, machines and without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SECRETS = (
    (re.compile(r"(?i)\b(hf|ghp|gho|github_pat|glpat|sk|xox[abp])[-_][A-Za-z0-9_-]{8,}"), "TOKEN"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}"), r"\1 SECRET"),
    (
        re.compile(
            r"""(?ix)([\w-]*(?:token|passw(?:or)?d|passwd|secret|api[_-]?key|authorization)["']?)
            (\s*[=:]\s*)(?:bearer\s+|basic\s+)?["']?[^\s"',;&]+["']?"""
        ),
        r"\1\2SECRET",
    ),
    (re.compile(r"(?<=://)[^/@\s]+@"), ""),  # a name and a password before a host
    (re.compile(r"\b[A-Za-z0-9+/_-]{40,}={0,2}"), "LONG-WORD"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "MAIL"),
)
_USER = re.compile(r"(?i)((?:/home|/users|/media|/run/media|[a-z]:[\\/]+users)[\\/]+)[^\\/\s\"']+")
#: Folders of a path; the last part stays. Two slashes at its begin are an address or a share.
_FOLDERS = re.compile(r"(?<![\w/.:])(?:~|[A-Za-z]:)?[\\/](?:[^\\/\s\"'<>|:*?,;()]+[\\/]+)+")
_SHARE = re.compile(r"\\\\[^\\\s]+\\(?:[^\\\s\"']+\\)*")
_LEAST_NAME = 3  # letters; shorter ones stand in too many words


def anonymous(text: str, folders: Iterable[str] = (), names: Iterable[str] = ()) -> str:
    """A text without what tells who wrote it.

    Args:
        folders: known ones, which may have blanks in their names.
        names: of the person and the machine.
    """
    for secret, stand_in in _SECRETS[:-2]:
        text = secret.sub(stand_in, text)
    for folder in sorted({f.rstrip("/\\") for f in folders}, key=len, reverse=True):
        if len(folder) > 1:
            for written in (folder, folder.replace("\\", "\\\\"), folder.replace("\\", "/")):
                text = re.sub(re.escape(written) + r"(?=[\\/]|\b|$)", "…", text, flags=re.I)
    text = _SHARE.sub("…\\\\", text)
    text = _FOLDERS.sub("…/", text)
    text = re.sub(r"…(?:[^\\/\s\"'<>|:*?,;()]*[\\/]+)+", "…/", text)
    text = _USER.sub(r"\1USER", text)
    for secret, stand_in in _SECRETS[-2:]:
        text = secret.sub(stand_in, text)
    for name in names:
        if len(name) >= _LEAST_NAME:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "NAME", text, flags=re.I)
    return text
