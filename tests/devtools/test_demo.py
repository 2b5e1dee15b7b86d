"""The demo shows what a newcomer's first preset makes."""

from __future__ import annotations

from pathlib import Path

from devtools.demo import write_job
from devtools.paths import REPO
from engine.contract.job_parser import load_job


def test_the_demo_makes_the_first_preset(tmp_path: Path) -> None:
    preset = load_job(REPO / "presets/powers_of_ten.json")
    for _ in range(2):  # over the job of an older demo
        job = load_job(write_job(REPO, tmp_path))
        assert job == preset
