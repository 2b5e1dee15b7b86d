"""The default rule in the exact worlds: what docs/method.md says, at a few shapes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.contract.job import SamplerSettings
from research.benchmarks import __main__ as command
from research.benchmarks.exact.limits import misses
from research.benchmarks.exact.yardstick import Case, measure


@pytest.mark.parametrize("case", [Case(9, 2.0), Case(4, 4.0), Case(3, 1.7)])
def test_the_default_rule_reaches_everything_at_once(case: Case) -> None:
    assert misses(measure(case, seeds=64)) == []


def test_without_blending_the_same_measures_fail() -> None:
    row = measure(Case(settings=SamplerSettings(blending="none")), seeds=32)
    short = " ".join(misses(row))
    assert all(name in short for name in ("context", "class agreement", "seam"))
    assert row["context"][0] < 0.3
    assert row["class_agreement"] < 0.9
    assert row["seam"] > 1.2


def test_the_command_writes_its_rows_and_says_what_does_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    few = SamplerSettings(steps=3)
    monkeypatch.setattr(command, "RULES", [Case(2, settings=few)] * 3)
    arguments = ["benchmarks", "yardstick", "--seeds", "4", "--quick", "--json"]
    monkeypatch.setattr("sys.argv", [*arguments, str(tmp_path / "rows.json")])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 1  # three steps are not enough
    assert "misses the limits: power" in capsys.readouterr().out
    rows = json.loads((tmp_path / "rows.json").read_text(encoding="utf-8"))
    keys = (
        "levels factor solver steps blending seeds power power_windowed agreement nesting_after "
        "seam context conflict class_agreement purity grid loop size seam_on_disk"
    )
    assert set(keys.split()) <= set(rows[0])
