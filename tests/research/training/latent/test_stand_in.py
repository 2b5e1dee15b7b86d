"""The stand-in for latent models: made by one command, gone on with, opened by the engine."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.commands import main as engine
from engine.models.registry import find_model
from research.training.drawing.images import CONCEPTS, captions_of
from research.training.latent import __main__ as whole
from research.training.latent import judging
from research.training.latent.caching import latents_of, norm_of, trained_vae
from research.training.latent.coding import to_unit
from research.training.latent.shape import SIZE
from research.training.latent.words import TOKENS, encode, tokenizer_for

_MOMENT = ["--count", "40", "--minutes-vae", "0.001", "--threads", "1", "--unjudged"]


class OneName:
    """A judge that sees the same in every picture."""

    plain = nested = 1.0

    def names(self, levels: torch.Tensor) -> list[str]:
        assert levels.shape[-2:] == (64, 64)
        return ["galaxy"] * len(levels)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command leaves after a training of a moment."""
    work = tmp_path_factory.mktemp("stand_in")
    assert whole.main(["--work", str(work), *_MOMENT, "--minutes-unet", "0.001"]) == 0
    return work


def test_the_engine_opens_it_and_makes_a_zoom(made: Path, tmp_path: Path) -> None:
    folder = made / whole.MODEL
    found = find_model(str(folder)).found
    assert found is not None
    assert (found.family, found.native_size) == ("StableDiffusionPipeline", (SIZE, SIZE))
    assert (found.prediction, found.problem) == ("epsilon", "")
    levels = [{"prompt": "a galaxy"}, {"prompt": "a planet"}]
    job = {"version": 1, "model": str(folder), "levels": levels, "sampler": {"steps": 2}}
    (tmp_path / "job.json").write_text(json.dumps(job), encoding="utf-8")
    out = tmp_path / "zoom"
    assert engine(["generate", str(tmp_path / "job.json"), "--out", str(out)]) == 0
    assert (out / "level_01.png").is_file()


def test_its_noise_levels_are_those_of_stable_diffusion(made: Path) -> None:
    denoiser = judging.open_stand_in(made / whole.MODEL).condition(["a leaf"], [""], 3.0)
    levels = denoiser.noise_levels(30, (SIZE, SIZE))
    assert levels[0] == pytest.approx(14.61, abs=0.01)
    assert levels[-1] == pytest.approx(0.029, abs=0.001)


def test_its_latents_have_unit_variance_and_mean_the_same_pictures(made: Path) -> None:
    codec = judging.open_stand_in(made / whole.MODEL).condition([""], [""], 1.0).codec
    images = np.load(made / "pictures" / "images.npy")
    pictures = to_unit(images[:32])  # what the norm was measured on
    with torch.inference_mode():
        latents = codec.encode(pictures)
        raw = trained_vae(made / "vae")
        decoded = raw.decode(raw.encode(pictures).latent_dist.mode()).sample
        assert (codec.decode(latents) - decoded).abs().mean() < 1e-4
    assert latents.mean((0, 2, 3)).abs().max() < 0.02
    assert float(latents.std()) == pytest.approx(1.0, abs=0.02)
    kept = latents_of(made / "pictures", made / "vae", made / "latents")
    assert (norm_of(kept)(kept) - latents).abs().mean() < 0.02


def test_training_goes_on_where_it_was(made: Path) -> None:
    def state_of(part: str) -> dict[str, float]:
        state: dict[str, float] = json.loads((made / part / "state.json").read_text("utf-8"))
        return state

    unet, vae = state_of("unet"), state_of("vae")
    latents = (made / "latents" / "latents.npy").stat().st_mtime_ns
    more = str(unet["spent"] / 60 + 0.001)
    assert whole.main(["--work", str(made), *_MOMENT, "--minutes-unet", more]) == 0
    assert state_of("unet")["step"] > unet["step"] >= 1
    assert state_of("vae")["step"] == vae["step"]
    assert (made / "latents" / "latents.npy").stat().st_mtime_ns == latents
    with pytest.raises(SystemExit, match="Choose another --work"):
        whole.main(["--work", str(made), *_MOMENT, "--seed", "2"])
    told = json.loads((made / whole.MODEL / "training.json").read_text(encoding="utf-8"))
    assert told["unet"]["steps"] == state_of("unet")["step"]


def test_samples_are_judged_as_small_pictures(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(judging, "judge", OneName)
    monkeypatch.setattr(judging, "PROMPTS", {"galaxy": "a galaxy", "leaf": "leaf veins"})
    figures, sheet = tmp_path / "figures.json", tmp_path / "sheet.png"
    arguments = [str(made / whole.MODEL), "--count", "2", "--steps", "2", "--guidance", "3"]
    code = judging.main([*arguments, "--json", str(figures), "--sheet", str(sheet)])
    assert code == 1
    assert "Recognised: 0.500 ± 0.250 of 4 samples alone, guidance 3, 2 steps" in (
        capsys.readouterr().out
    )
    assert json.loads(figures.read_text(encoding="utf-8"))["subjects"]["leaf"][0] == 0.0
    assert sheet.is_file()


def test_every_frequent_word_is_one_token(drawn: Path) -> None:
    captions = captions_of(drawn)
    tokenizer = tokenizer_for([*captions, "a galaxy", "a galaxy"])
    ids = encode(tokenizer, ["A galaxy", "", "a qqqq"])
    ends = tokenizer.eos_token_id
    assert ids.shape == (3, TOKENS)
    assert ids[0, 3:].tolist() == [ends] * (TOKENS - 3)
    assert ids[1, 1:].tolist() == [ends] * (TOKENS - 1)
    assert (ids[2] != ends).sum() > 3
    for name in CONCEPTS:
        word = name.split("_")[-1]
        if any(word in text.split() for text in captions):
            assert len(tokenizer.tokenize(word)) == 1
