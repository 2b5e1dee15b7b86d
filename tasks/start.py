"""How the engine that the user has set up is started."""

from __future__ import annotations

from ..blender import folders
from ..engine.client.connection import Client
from ..engine.client.launch import Launch, local_launch, remote_launch
from ..engine.contract.errors import ZoomStackError


def start_engine() -> Client:
    """Start a worker; returns at once.

    Raises:
        ZoomStackError: codes ``no_engine``, ``bad_command``, ``unwritable``.
    """
    return Client(engine_launch())


def engine_launch() -> Launch:
    """The command for a worker, as the preferences say.

    Raises:
        ZoomStackError: codes ``no_engine``, ``bad_command``, ``unwritable``.
    """
    preferences = folders.preferences()
    log = folders.new_log("worker")
    command = preferences.remote_command.strip()
    if command:
        return remote_launch(command, folders.EXTENSION, log, folders.user_folder("inbox"))
    python = folders.engine_python()
    if python is None:
        raise ZoomStackError(
            "no_engine",
            "No engine is set up yet.",
            "Install it, or choose a Python that has it, in the preferences.",
        )
    return local_launch(python, folders.EXTENSION, log, folders.model_folder())
