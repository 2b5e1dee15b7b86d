"""Everything here is loaded without a network."""

from __future__ import annotations

import socket
from typing import Any, NoReturn

import pytest


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_args: Any, **_options: Any) -> NoReturn:
        raise AssertionError("the network was asked")

    for way_out in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, way_out, no_network)
