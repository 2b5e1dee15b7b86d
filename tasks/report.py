"""A report for whoever helps: versions, settings, what went wrong; nothing that is personal."""

from __future__ import annotations

import getpass
import os
import platform
import sys
import tomllib
from pathlib import Path

import bpy

from ..blender import folders
from ..engine.contract.anonymous import anonymous
from ..engine.contract.fields import shown
from ..engine.contract.job import (
    AUTOMATIC,
    BUNDLED,
    LANCZOS,
    REAL_ESRGAN,
    REAL_ESRGAN_QUICK,
    Job,
    SamplerSettings,
)
from ..engine.contract.ordinary_files import open_ordinary
from ..engine.contract.own_engine import installed
from ..settings.options import values_in
from ..settings.preferences import own_engine_state, preferences, remote_command
from . import latest

_KNOWN = (BUNDLED, AUTOMATIC, LANCZOS, REAL_ESRGAN, REAL_ESRGAN_QUICK)
_LAST_LINES = 30  # of each log
_NOTES = 5
_LOG_TAIL = 8192  # bytes
_LONGEST = 300  # characters of a line


def report_text(context: bpy.types.Context) -> str:
    """The report, in Markdown. Reads the ends of two logs.

    Prompts are not in it, nor names of people, folders and machines.
    """
    parts = [_versions(), _engine(), _settings(context), _problems(), *_logs()]
    text = anonymous(
        "\n\n".join(filter(None, parts)) + "\n", _folders(context), [_user(), platform.node()]
    )
    return "\n".join(line[:_LONGEST] for line in text.split("\n"))


def _versions() -> str:
    return (
        f"Zoom Stack {_version()}, Blender {bpy.app.version_string} "
        f"({bpy.app.build_hash.decode('ascii', 'replace')}), Python {platform.python_version()}, "
        f"{platform.platform()}{', in the background' if bpy.app.background else ''}"
    )


def _version() -> str:
    with (folders.EXTENSION / "blender_manifest.toml").open("rb") as file:
        return str(tomllib.load(file)["version"])


def _engine() -> str:
    chosen = "on another machine" if remote_command() else ""
    chosen = chosen or ("a Python of one's own" if preferences().python_path.strip() else "")
    lines = [f"Engine: {chosen or f'its own, {own_engine_state().name.lower()}'}"]
    own = installed(folders.engine_home())
    if own is not None and not chosen:
        lines.append(f"- installed: {own.backend}, Python {own.python}")
    folder = " from a folder" if preferences().wheels_folder.strip() else ""
    online = "on" if bpy.app.online_access else "off"
    lines.append(f"- to install: {preferences().backend}{folder}, online access {online}")
    lines.append(f"- device: {preferences().device}")
    report = latest.check.report if latest.check is not None else None
    if report is not None:
        lines.append(f"- checked: torch {report.get('torch')}, device {report.get('device')}")
        lines += [f"- {each['name']}: {each.get('label')}" for each in report.get("devices", [])]
        lines += [f"- problem: {each}" for each in report["problems"]]
    return "\n".join(lines)


def _settings(context: bpy.types.Context) -> str:
    settings = context.scene.zoom_stack
    values = {**values_in(settings, Job), **values_in(settings, SamplerSettings)}
    for name in ("model", "upscaler"):  # may be a folder's name
        if values.get(name) not in _KNOWN:
            values[name] = "another"
    words = ", ".join(f"{name}={value}" for name, value in values.items())
    return f"Settings: {len(settings.levels)} levels, {words}"


def _problems() -> str:
    run, installation = latest.generation, latest.installation
    lines = []
    if run is not None:
        lines.append(f"Last run: {run.phase.value}, at “{run.stage}”")
        lines += [f"- note: {each}" for each in run.warnings[-_NOTES:]]
    if installation is not None:
        lines.append(f"Last installation: {installation.state}, at “{installation.stage}”")
    errors = [latest.problem(), installation.error if installation is not None else None]
    lines += [f"- {error} [{error.code}]" for error in errors if error is not None]
    return "\n".join(lines)


def _logs() -> list[str]:
    run = latest.generation
    logs = {"The engine's log": run.log if run is not None else None}
    if latest.installation is not None and latest.installation.state != "finished":
        logs["The installation's log"] = folders.engine_home().log
    return [
        f"{title}, its end:\n```\n{_end_of(log) or 'nothing'}\n```"
        for title, log in logs.items()
        if log is not None
    ]


def _end_of(log: Path) -> str:
    try:
        with open_ordinary(log) as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _LOG_TAIL))
            text = file.read(_LOG_TAIL).decode("utf-8", "replace")
    except OSError:
        return ""
    lines = [shown(line.rstrip(), _LOG_TAIL) for line in text.splitlines() if line.strip()]
    return "\n".join(lines[-_LAST_LINES:])


def _folders(context: bpy.types.Context) -> list[str]:
    """Those that texts may name, and whose names may have blanks."""
    own = [Path.home(), folders.user_path(), folders.EXTENSION, Path(sys.prefix)]
    own += [Path(bpy.app.tempdir)]
    own += [Path(bpy.data.filepath).parent] if bpy.data.filepath else []
    chosen = [preferences().stack_folder, preferences().model_folder, preferences().python_path]
    chosen += [each.path for each in preferences().model_folders]
    settings = context.scene.zoom_stack
    chosen.append(settings.output_folder)
    for level in settings.levels:
        files = (level.pin_image, level.pin_mask, level.made)
        chosen += [os.path.dirname(bpy.path.abspath(file)) for file in files if file]
    return [*map(str, own), *filter(None, map(bpy.path.abspath, chosen))]


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no name is known to the system
        return ""
