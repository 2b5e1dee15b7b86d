"""Blender's process opens no socket in a generation, a check and a search for models."""

from __future__ import annotations

import sys
from typing import Any

from running import UseWorker

_NETWORK = ("socket.", "urllib.", "http.", "ftplib.")
_heard: list[str] = []
_watching = [False]


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching[0] and event.startswith(_NETWORK):
        _heard.append(f"{event} {arguments!r:.200}")


sys.addaudithook(_hear)


def test_no_socket_is_opened(bpy: Any, settings: Any, prefs: Any, use_worker: UseWorker) -> None:
    _heard.clear()
    _watching[0] = True
    try:
        assert bpy.ops.zoom_stack.check_engine() == {"FINISHED"}
        assert bpy.ops.zoom_stack.generate() == {"FINISHED"}
        assert bpy.ops.zoom_stack.copy_report() == {"FINISHED"}
    finally:
        _watching[0] = False
    assert _heard == []


def test_the_watch_hears_a_socket() -> None:
    import socket

    _heard.clear()
    _watching[0] = True
    try:
        socket.socket().close()
    finally:
        _watching[0] = False
    assert _heard
