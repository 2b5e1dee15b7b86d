"""An environment is made once, again when half-made, and updated when its requirements change."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from devtools import console, environments
from devtools.console import Problem, Unavailable
from devtools.environments import Environment
from devtools.interpreters import find_python


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """An environment that needs no package, under a ``.dev`` of its own."""
    monkeypatch.setattr(environments, "DEV", tmp_path / "dev")
    monkeypatch.setattr(environments, "LOGS", tmp_path / "log")
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("# nothing\n")
    return Environment("bare", None, (requirements,), 0.01, "import sys")


def test_a_half_made_one_is_made_again_and_then_only_updated(environment: Environment) -> None:
    leftover = environment.folder / "leftover"
    leftover.parent.mkdir(parents=True)
    leftover.touch()
    assert not environments.is_ready(environment)
    python = environments.ensure(environment)
    out = subprocess.run([python, "-c", "import sys; print(sys.prefix)"], capture_output=True)
    assert Path(out.stdout.decode().strip()).resolve() == environment.folder.resolve()
    assert environments.is_ready(environment)
    assert not leftover.exists()

    leftover.touch()
    environment.requirements[0].write_text("pip\n")
    assert not environments.is_ready(environment)
    environments.ensure(environment)
    assert environments.is_ready(environment)
    assert leftover.exists(), "others may be running in an environment that is only out of date"


def test_comments_do_not_change_the_requirements(environment: Environment) -> None:
    before = environments.requirements_hash(environment)
    environment.requirements[0].write_text("# something else\n\n")
    assert environments.requirements_hash(environment) == before
    environment.requirements[0].write_text("pip\n")
    assert environments.requirements_hash(environment) != before


def test_a_failed_installation_is_told_in_a_sentence_and_leaves_no_stamp(
    environment: Environment,
) -> None:
    environment.requirements[0].write_text("./no-such-folder\n")
    with pytest.raises(Problem, match=r"setting up the environment bare failed: .*no-such-folder"):
        environments.ensure(environment)
    assert environments.stamped_hash(environment) is None


def test_a_missing_python_is_told(environment: Environment) -> None:
    with pytest.raises(Unavailable, match=r"no Python 3\.99 found"):
        find_python("3.99")
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert find_python(here).exists()


@pytest.mark.parametrize(
    ("output", "cause"),
    [
        ("...\nOSError: [Errno 28] No space left on device\n", "the disk is full"),
        ("[Errno -3] Temporary failure in name resolution", "the network cannot be reached"),
        ("a\nERROR: No matching distribution\nb\n", "ERROR: No matching distribution"),
        ("", "it printed nothing"),
    ],
)
def test_causes_are_found_in_the_output(output: str, cause: str) -> None:
    assert console.cause_of_failure(output) == cause
