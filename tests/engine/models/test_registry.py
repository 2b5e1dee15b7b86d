"""Which folders are models, and what is said about those that are not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.contract.errors import ZoomStackError
from engine.contract.model_folder import FAMILIES
from engine.models import registry
from engine.models.entries import inspect
from engine.models.registry import find_model, list_models
from engine.models.revision import revision_of


def make_model(folder: Path, class_name: str = "IFPipeline") -> Path:
    for part in ("unet", "scheduler", "tokenizer", "text_encoder"):
        (folder / part).mkdir(parents=True)
    (folder / "unet/config.json").write_text('{"sample_size": 64}')
    (folder / "unet/diffusion_pytorch_model.safetensors").write_bytes(b"weights")
    (folder / "text_encoder/model.safetensors").write_bytes(b"weights")
    (folder / "model_index.json").write_text(json.dumps({"_class_name": class_name}))
    return folder


def test_models_are_found_by_name_and_by_path(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "My Model")
    (tmp_path / "not a model").mkdir()
    assert [entry.name for entry in list_models([tmp_path]).entries] == [
        "bundled", "bundled_x4", "My Model",
    ]  # fmt: skip
    entry = find_model("My Model", [tmp_path])
    assert (entry.folder, entry.family, entry.native_size) == (folder, "DeepFloyd IF", (64, 64))
    assert find_model(str(folder)).folder == folder


def test_the_environment_can_name_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_model(tmp_path / "mine")
    monkeypatch.setenv("ZOOM_STACK_MODELS", str(tmp_path))
    assert find_model("mine").folder == tmp_path / "mine"


def test_an_absent_model_is_answered_with_those_that_exist(tmp_path: Path) -> None:
    make_model(tmp_path / "mine")
    with pytest.raises(ZoomStackError) as caught:
        find_model("yours", [tmp_path])
    assert caught.value.code == "no_model"
    assert "'yours'" in caught.value.text
    assert "models: bundled, mine." in caught.value.hint


def test_an_absent_models_folder_hides_no_other_model(tmp_path: Path) -> None:
    make_model(tmp_path / "there" / "mine")
    found = list_models([tmp_path / "absent", tmp_path / "there"])
    assert [entry.name for entry in found.entries] == ["bundled", "bundled_x4", "mine"]
    assert found.problems == (f"The model folder {tmp_path / 'absent'} is not there.",)
    with pytest.raises(ZoomStackError, match="is not there"):
        find_model("yours", [tmp_path / "absent"])


def test_other_families_are_refused_by_name(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "m", "FooPipeline")
    words = "FooPipeline, which Zoom Stack cannot use yet"
    assert words in inspect(folder, "m").problem
    with pytest.raises(ZoomStackError, match=words):
        find_model(str(folder))


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "m")
    weights = folder / "unet/diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    entry = inspect(folder, "m")
    assert "pickle" in entry.problem
    assert "safetensors" in entry.hint


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        ("scheduler", "lacks its part 'scheduler'"),
        ("unet/diffusion_pytorch_model.safetensors", "'unet' of the model 'm' has no weights"),
        ("text_encoder/model.safetensors", "'text_encoder' of the model 'm' has no weights"),
        ("model_index.json", "holds no model"),
    ],
)
def test_a_missing_part_is_named(tmp_path: Path, lost: str, words: str) -> None:
    folder = make_model(tmp_path / "m")
    path = folder / lost
    path.rmdir() if path.is_dir() else path.unlink()
    assert words in inspect(folder, "m").problem


def test_a_broken_index_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "m")
    (folder / "model_index.json").write_text("{")
    assert "not valid JSON" in inspect(folder, "m").problem
    (folder / "model_index.json").write_text("[]")
    assert "_class_name" in inspect(folder, "m").problem


def test_the_revision_follows_the_weights(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "m")
    before = revision_of(folder, "unet")
    assert len(before) == 12
    assert before == revision_of(folder, "unet")
    (folder / "unet/diffusion_pytorch_model.safetensors").write_bytes(b"others")
    assert revision_of(folder, "unet") != before


def test_a_hubs_commit_is_the_revision(tmp_path: Path) -> None:
    commit = "0123456789abcdef" * 2 + "01234567"
    folder = make_model(tmp_path / "snapshots" / commit)
    assert revision_of(folder, "unet") == commit[:12]
    folder = make_model(tmp_path / "local")
    note = folder / ".cache/huggingface/download/unet/config.json.metadata"
    note.parent.mkdir(parents=True)
    note.write_text(f"{commit}\netag\n1.0\n")
    assert revision_of(folder, "unet") == commit[:12]


def test_every_family_has_its_adapter() -> None:
    folder = Path(registry.__file__).parent
    for family in FAMILIES.values():
        assert (folder / f"{family.adapter}.py").is_file()
