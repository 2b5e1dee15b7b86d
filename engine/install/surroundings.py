"""What uv and the Pythons that it starts see of the user's surroundings."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..contract.own_engine import Home

#: What says how the network is reached; uv has a setting of its own for each.
_OF_UV = re.compile(
    r"UV_("
    r"DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|OFFLINE|INDEX_STRATEGY|"
    r"INDEX_\w+_(USERNAME|PASSWORD)|INSECURE_HOST|KEYRING_PROVIDER|SYSTEM_CERTS|NATIVE_TLS|"
    r"HTTP_\w+|REQUEST_TIMEOUT|CONCURRENT_\w+|PYTHON_INSTALL_MIRROR|CONFIG_FILE|NO_CONFIG|LINK_MODE"
    r")"
)
#: What leads a Python, pip or uv into another environment.
_ASTRAY = re.compile(
    r"(UV|PIP|PYTHON|CONDA|MAMBA|PYENV|POETRY|PIPENV)|(VIRTUAL_ENV|__PYVENV_LAUNCHER__)"
)


def surroundings(variables: Mapping[str, str], home: Home) -> dict[str, str]:
    """The environment variables for uv and for the engine's Python.

    Args:
        variables: those of the user; of uv's settings, what says how the network is reached stays.
        home: everything that uv keeps goes there.
    """
    kept = {
        name: value
        for name, value in variables.items()
        if _OF_UV.fullmatch(name.upper()) or not _ASTRAY.match(name.upper())
    }
    return kept | {
        "UV_CACHE_DIR": str(home.tools / "cache"),
        "UV_PYTHON_INSTALL_DIR": str(home.tools / "python"),
        "UV_PYTHON_INSTALL_BIN": "0",
        "UV_PYTHON_INSTALL_REGISTRY": "0",
        "UV_NO_PROGRESS": "1",
        "NO_COLOR": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUTF8": "1",
    }
