"""The bundled model from nothing: what the one command starts, and in which order."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from research.training import __main__ as whole
from research.training.drawing.images import CAPTIONS


def test_one_command_names_every_step_and_draws_no_set_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[str] = []
    given: list[dict[str, object]] = []

    def start(module: str, *arguments: object) -> int:
        started.append(module)
        given.append(dict(itertools.pairwise(arguments)))  # of each option what follows
        if module == "research.training.drawing.images":
            out = Path(str(arguments[arguments.index("--out") + 1]))
            out.mkdir(parents=True)
            (out / CAPTIONS).write_text("[]", encoding="utf-8")
        return 3 if module == "research.benchmarks" else 0

    monkeypatch.setattr(whole, "_start", start)
    with pytest.raises(SystemExit) as ended:
        whole.main(["--work", str(tmp_path)])
    assert ended.value.code == 3, "the verdict is the command's"
    train, export = "learning.first_stage", "learning.export"
    stage_one = ["drawing.images", train, export, train, export]
    once = [*stage_one, "drawing.images", "learning.second_stage", export]
    assert started == [*(f"research.training.{name}" for name in once), "research.benchmarks"]
    _, first, begun, last, finished, *_ = given
    assert (first["--holding"], last["--holding"]) == (0.3, 0.05)
    assert first["--minutes"] + last["--minutes"] == pytest.approx(540)
    assert last["--start"] == begun["--out"]
    assert last["--run"] != first["--run"]
    assert finished["--run"] == last["--run"]
    assert finished["--out"] == tmp_path / "bundled"
    started.clear()
    whole.main(["--work", str(tmp_path), "--unjudged"])
    assert started == [f"research.training.{name}" for name in once if name != "drawing.images"]
    with pytest.raises(SystemExit, match="Choose another --work"):
        whole.main(["--work", str(tmp_path), "--seed", "2"])
    options = json.loads((tmp_path / "options.json").read_text(encoding="utf-8"))
    older = {name: value for name, value in options.items() if name != "last_share"}
    (tmp_path / "options.json").write_text(json.dumps(older), encoding="utf-8")
    with pytest.raises(SystemExit, match="by another version"):
        whole.main(["--work", str(tmp_path)])
    (tmp_path / "options.json").write_text(json.dumps(options), encoding="utf-8")
    with pytest.raises(SystemExit):
        whole.main(["--work", str(tmp_path / "small"), "--large", "255"])
    assert "--large 255: stage II needs 256 or more" in capsys.readouterr().err
    monkeypatch.setattr(
        whole, "_start", lambda module, *_: 7 if module.endswith(".first_stage") else 0
    )
    with pytest.raises(SystemExit) as ended:
        whole.main(["--work", str(tmp_path)])
    assert ended.value.code == 7
