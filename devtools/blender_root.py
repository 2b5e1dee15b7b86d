"""A Debian release with Blender in a folder of its own, for windows on a Debian machine.

Debian 12 has no Blender that the extension supports, its successors have: trixie has 4.3.2, sid a
current one. ``debootstrap`` makes such a release in ``.dev/root-<suite>``; a program starts in it
through ``unshare`` (a private mount namespace, so that no mount stays behind) and ``chroot``.

Every step ends in ``exec``: the process that :meth:`BlenderRoot.command` starts *is* the program.
Folders given as ``binds`` appear in the root at their own absolute paths, so that paths mean the
same inside and outside.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .console import Command, Problem, Unavailable, run_logged, step
from .environments import child_environment
from .locking import locked
from .paths import DEV, LOGS
from .system import ROOT_PACKAGES, ensure_packages, is_root, os_release

#: Blender, OpenGL, and what Blender's own scripts import though its package does not ask for it.
PACKAGES = (
    "blender",
    "libegl1",
    "libgl1",
    "libgl1-mesa-dri",
    "python3-cattr",
    "python3-certifi",
    "python3-numpy",
    "python3-requests",
    "python3-zstandard",
)
GIGABYTES = 1.4
_STAMP = "zoom-stack-stamp.json"

# sid's Release file is often past its date on mirrors; apt's own user cannot read everywhere; a
# root half written by a power cut is made again, so that nothing need wait for the disk.
_INSTALL = """set -e
options="-o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root"
options="$options -o Dpkg::Options::=--force-unsafe-io"
export DEBIAN_FRONTEND=noninteractive
apt-get $options update
apt-get $options install -y --no-install-recommends "$@"
apt-get clean
rm -rf /var/lib/apt/lists/*
"""

# $1: the root, then what to bind, "--", and the command. An empty file system over /tmp lets
# folders below the machine's /tmp be bound without leaving empty folders in the root.
_ENTER = """set -e
root=$1
shift
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/tmp"
while [ "$1" != "--" ]; do
  if [ -d "$1" ]; then
    mkdir -p "$root$1"
  else
    mkdir -p "$root$(dirname "$1")"
    [ -e "$root$1" ] || : > "$root$1"
  fi
  mount --rbind "$1" "$root$1"
  shift
done
shift
cd /
exec chroot "$root" "$@"
"""


@dataclass(frozen=True)
class BlenderRoot:
    """A Debian release with Blender, in a folder."""

    suite: str

    @property
    def folder(self) -> Path:
        return DEV / f"root-{self.suite}"

    @property
    def log(self) -> Path:
        return LOGS / f"root-{self.suite}.log"

    def command(
        self,
        program: Sequence[str | Path],
        *,
        binds: Iterable[Path] = (),
        env: Mapping[str, str] | None = None,
    ) -> list[str]:
        """The command line that runs ``program`` in the root with only ``env`` as its variables."""
        variables = {"PATH": "/usr/bin:/bin", "HOME": "/root", "LANG": "C.UTF-8", **(env or {})}
        enter = ["unshare", "--mount", "--propagation", "private", "sh", "-c", _ENTER, "enter"]
        enter += [str(self.folder), *map(str, binds), "--"]
        enter += ["/usr/bin/env", "-i", *(f"{key}={value}" for key, value in variables.items())]
        return enter + [str(part) for part in program]


def is_ready(root: BlenderRoot) -> bool:
    """Whether the root is finished and made by the present recipe."""
    try:
        stamp = json.loads((root.folder / _STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(stamp.get("recipe") == _recipe(root))


def mark_ready(root: BlenderRoot) -> None:
    """Write the stamp: the last act of making a root."""
    text = json.dumps({"recipe": _recipe(root)}) + "\n"
    (root.folder / _STAMP).write_text(text, encoding="utf-8")


def check_possible() -> None:
    """Raise Unavailable, with the reason, where no root can be made or entered."""
    if os_release().get("ID") != "debian":
        raise Unavailable("this is not Debian")
    if not is_root():
        raise Unavailable("this user is not root")
    test = ["unshare", "--mount", "--propagation", "private", "true"]
    try:
        allowed = subprocess.run(test, capture_output=True, stdin=subprocess.DEVNULL).returncode
    except OSError:
        allowed = 1
    if allowed != 0:
        raise Unavailable("this container may not make mount namespaces")


def ensure(root: BlenderRoot) -> BlenderRoot:
    """Make the root unless it is there.

    Raises:
        Unavailable: not Debian, not root, or mounts are not allowed.
        Problem: the installation failed.
    """
    check_possible()
    if is_ready(root):
        return root
    with locked(DEV / f"root-{root.suite}.lock"):
        if not is_ready(root):
            ensure_packages(ROOT_PACKAGES, "a Blender window")
            _make(root)
    return root


def interpreter_binds(python: Path) -> list[Path]:
    """What to bind into a root so that the virtual environment of ``python`` works there.

    The environment itself, and the installation that it was made from: its whole prefix, or for the
    system's own Python (whose prefix, /usr, is the root's) the interpreter and its library.
    """
    code = (
        "import json, os, sys, sysconfig; print(json.dumps([sys.prefix, sys.base_prefix, "
        "os.path.realpath(sys.executable), sysconfig.get_path('stdlib')]))"
    )
    result = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, check=True, env=child_environment()
    )
    prefix, base, executable, library = map(Path, json.loads(result.stdout))
    return [prefix, executable, library] if base == Path("/usr") else [prefix, base]


def _make(root: BlenderRoot) -> None:
    if shutil.disk_usage(DEV).free < GIGABYTES * 1e9:
        raise Problem(f"Debian {root.suite} with Blender needs about {GIGABYTES} GB of disk.")
    with step(f"Debian {root.suite} with Blender (about {GIGABYTES} GB)"):
        _remove(root.folder)
        what = f"setting up Debian {root.suite}"
        bootstrap: Command = [
            "debootstrap",
            "--variant=minbase",
            "--include=ca-certificates",
            root.suite,
            root.folder,
            _mirror(),
        ]
        run_logged(bootstrap, root.log, what, env=child_environment())
        for name in ("resolv.conf", "hosts"):
            shutil.copy(Path("/etc") / name, root.folder / "etc" / name)
        install = root.command(
            ["sh", "-c", _INSTALL, "install", *PACKAGES],
            env={key: value for key, value in os.environ.items() if key.lower().endswith("_proxy")},
        )
        run_logged(install, root.log, f"installing Blender in Debian {root.suite}")
        mark_ready(root)


def _recipe(root: BlenderRoot) -> str:
    return hashlib.sha256("\n".join([root.suite, _INSTALL, *PACKAGES]).encode()).hexdigest()


def _mirror() -> str:
    """The Debian mirror that the machine's own sources name."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    command += ["Origin: Debian", "Label: Debian"]
    result = subprocess.run(command, capture_output=True, text=True)
    mirrors = [line.rstrip("/") for line in result.stdout.split() if line.startswith("http")]
    return mirrors[0] if mirrors else "http://deb.debian.org/debian"


def _remove(folder: Path) -> None:
    if not folder.exists():
        return
    # Mounts are made in namespaces of their own; should someone have made one by hand, removing
    # the folder would remove what is mounted, the machine's /dev for one.
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    if any(line.split()[4].startswith(f"{folder}/") for line in mounts.splitlines()):
        raise Problem(f"{folder} has something mounted in it; unmount it first.")
    shutil.rmtree(folder)
