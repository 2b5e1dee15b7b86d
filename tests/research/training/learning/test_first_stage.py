"""Stage I is trained, goes on where it stopped, and is opened by the engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from engine.models.prompting import texts_for
from research.benchmarks.comparing.candidate import open_stage_one
from research.training.drawing.images import CONCEPTS
from research.training.learning import first_stage
from research.training.learning.export import export
from research.training.learning.first_stage import HISTORY, FirstStage, Plan, begin_run
from research.training.learning.trainer import Schedule


def train(drawn: Path, run: Path, minutes: float) -> FirstStage:
    plan, schedule = Plan(0.0, 2, 2), Schedule(minutes, 1e-3, 1, 1)
    trainer = FirstStage(plan, drawn, schedule, run, torch.device("cpu"), 0)
    trainer.train()
    return trainer


def test_a_trained_model_is_opened_by_the_engine_and_trained_on(
    drawn: Path, run: Path, tmp_path: Path
) -> None:
    first = train(drawn, run, 0.001)
    second = train(drawn, run, first.spent / 60 + 0.001)
    assert second.step > first.step >= 1
    assert second.seen == 2 * second.step
    model_folder = tmp_path / "model"
    export(run, drawn, model_folder, "a test.")
    (history,) = json.loads((model_folder / HISTORY).read_text(encoding="utf-8"))
    assert (history["steps"], history["seen"]) == (second.step, second.seen)
    assert f"{history['seen']:,} pictures seen" in (model_folder / "README.md").read_text("utf-8")
    model = open_stage_one(model_folder)
    assert model.vocabulary is not None
    assert len(model.vocabulary.subjects) == len(CONCEPTS)
    z, sigma = torch.zeros(2, 3, 64, 64), torch.ones(2)
    texts = texts_for(model.vocabulary, ["a leaf", "a leaf", "bark"], [""] * 3, [True, True, False])
    assert texts == (["+leaf a leaf", "+bark a leaf", "bark"], ["+leaf", "+bark", ""])
    denoiser = model.condition(texts[0][:2], texts[1][:2], 2.5)
    assert denoiser.predict_x0(z, sigma).isfinite().all()
    assert not torch.equal(*denoiser.positive), "the model reads what a level holds"

    begin_run(tmp_path / "next", drawn, model_folder)
    plan, device = Plan(0.0, 2, 2, start=model_folder), torch.device("cpu")
    begun = FirstStage(plan, drawn, Schedule(0.0, 1e-3, 2, 1), tmp_path / "next", device, 0)
    for name, weight in begun.networks.state_dict().items():
        assert torch.allclose(weight, second.average[name], atol=1e-2), name
    begun.save()
    export(tmp_path / "next", drawn, tmp_path / "after", "a test.")
    assert len(json.loads((tmp_path / "after" / HISTORY).read_text(encoding="utf-8"))) == 2


def test_batches_are_reduced_and_half_of_them_mirrored(drawn: Path, run: Path) -> None:
    plan, schedule = Plan(0.0, 2, 2), Schedule(0.0, 1e-3, 1, 1)
    trainer = FirstStage(plan, drawn, schedule, run, torch.device("cpu"), 0)
    known = functional.avg_pool2d(trainer.pictures.images.permute(0, 3, 1, 2).float(), 2)
    known = known / 127.5 - 1
    mirrored = 0
    for _ in range(20):
        picture = trainer.batch(32, 1)[0]
        straight, turned = (
            float((each - picture).abs().amax((1, 2, 3)).min()) for each in (known, known.flip(3))
        )
        assert min(straight, turned) < 1e-5
        mirrored += turned < straight
    assert 3 < mirrored < 17


def test_bad_input_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = str(tmp_path / "none")
    for arguments, said in (
        (["--data", data], "no set there"),
        (["--data", data, "--holding", "1"], "a share is at least 0 and less than 1"),
    ):
        monkeypatch.setattr("sys.argv", ["first_stage", *arguments])
        with pytest.raises(SystemExit):
            first_stage.main()
        assert said in capsys.readouterr().err
