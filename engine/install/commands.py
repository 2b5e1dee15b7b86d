"""The commands that an installation runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..contract.backends import PYPI, lock_of

Command = list[str | Path]

#: The Python that the engine gets where it can be had.
PYTHON = "3.12"
#: What every backend's torch is built for.
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_CHECK = (
    "import diffusers, numpy, peft, PIL, safetensors, torch, transformers;"
    "torch.ones(2).sum().item(); print(torch.__version__)"
)
_BASE = "import platform, sys; print(sys.base_prefix); print(platform.python_version())"


def install_python(uv: Path) -> Command:
    """Have uv fetch a Python of its own; done at once where it has one."""
    return [uv, "python", "install", PYTHON, "--managed-python"]


def find_python(uv: Path) -> Command:
    """Print the path of that Python."""
    return [uv, "python", "find", PYTHON, "--managed-python", "--no-project"]


def make_environment(uv: Path, python: str | Path, environment: Path) -> Command:
    """An empty environment; what is there goes."""
    return [uv, "venv", "--no-project", "--clear", "--python", python, environment]


def choose_backend(uv: Path, wanted: Path) -> Command:
    """Resolve torch alone: its version says which backend suits the machine.

    Args:
        wanted: a file with its name.
    """
    command: Command = [uv, "pip", "compile", "--torch-backend", "auto", "--no-deps"]
    return [*command, "--no-header", "--python-version", PYTHON, wanted]


def install_packages(
    uv: Path, python: Path, backend: str, folders: Sequence[Path], index: Path | None = None
) -> Command:
    """Make an environment hold what a lock says, and nothing else.

    Packages are wheels with the lock's hashes: nothing is built, so no code runs meanwhile. They
    are compiled, since the engine's process writes nothing there.

    Args:
        python: the environment's.
        folders: of wheels. Where one has that torch, torch's own index is not asked.
        index: of these folders, to be asked first; None without any.
    """
    command: Command = [uv, "pip", "sync", "--python", python, "--require-hashes"]
    command += ["--only-binary", ":all:", "--compile-bytecode"]
    if index is not None:
        command += ["--index", index.absolute().as_uri(), "--index-strategy", "unsafe-first-match"]
    if backend != PYPI and backend not in backends_in(folders):
        command += ["--torch-backend", backend]
    return [*command, lock_of(backend)]


def backends_in(folders: Sequence[Path]) -> list[str]:
    """The backends whose torch folders of wheels have, as their names say; a plain one is PyPI's.

    Raises:
        OSError: a folder cannot be read.
    """
    found: dict[str, None] = {}
    for folder in folders:
        for wheel in sorted(folder.glob("torch-*.whl")):
            local = wheel.name.split("-")[1].replace("%2B", "+").partition("+")[2]
            if not local or lock_of(local).is_file():
                found[local or PYPI] = None
    return list(found)


def check_packages(python: Path) -> Command:
    """Import what the engine needs, and compute something."""
    return [python, "-I", "-c", _CHECK]


def describe_base(python: Path) -> Command:
    """Print the folder of the Python that an environment is made on, and its version."""
    return [python, "-I", "-c", _BASE]


def tidy_cache(uv: Path) -> Command:
    """Remove from uv's cache what no environment can take from it."""
    return [uv, "cache", "prune"]
