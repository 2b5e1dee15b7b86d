"""LoRAs change a model by the amount that the formula says, and refuse what does not fit."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import diffusers.utils
import pytest
import torch

from engine.contract.errors import ZoomStackError
from engine.models.single_file.loras import apply_loras
from tests.engine.models.original_layout import write
from tests.engine.models.pipelines import tiny_transformers
from tests.engine.models.single_file.tiny_checkpoints import tiny
from tests.engine.models.single_file.tiny_loras import TinyLora, kohya, make, merged, peft

_TEXT = ("text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2")
_REST = ("unet", "transformer", "vae", "scheduler")
_LIMIT = 2e-5  # of embeddings and answers of about 1: single precision, added in another order

Write = Callable[[Path, TinyLora], Path]


@pytest.fixture(scope="module")
def stock() -> dict[str, Any]:
    made = {kind: tiny(kind) for kind in ("sd15", "sd2", "sdxl")}
    return made | {"flux": tiny_transformers.flux1_dev(), "sd3": tiny_transformers.sd3()}


def half(pipeline: Any, without: tuple[str, ...]) -> Any:
    """A copy with the other half gone."""
    copied = copy.deepcopy(pipeline)
    for part in without:
        if hasattr(copied, part):
            setattr(copied, part, None)
    return copied


def said(pipeline: Any) -> list[torch.Tensor]:
    """A prompt as the text half says it, to the denoiser: embeddings and what is pooled of them."""
    with torch.inference_mode():
        if hasattr(pipeline, "text_encoder_2"):
            return [x for x in pipeline.encode_prompt("a galaxy", None, device="cpu") if x.ndim > 1]
        return [pipeline.encode_prompt("a galaxy", "cpu", 1, False)[0]]


def answered(pipeline: Any) -> torch.Tensor:
    """What the UNet answers to noise."""
    generator = torch.Generator().manual_seed(0)
    unet = pipeline.unet
    width = unet.config.cross_attention_dim
    noise = torch.randn(1, 4, 8, 12, generator=generator)
    text = torch.randn(1, 7, width, generator=generator)
    added = None
    if unet.config.addition_embed_type:
        added = {
            "text_embeds": torch.randn(1, 16, generator=generator),
            "time_ids": torch.ones(1, 6),
        }
    with torch.inference_mode():
        answer: torch.Tensor = unet(noise, 500, text, added_cond_kwargs=added).sample
    return answer


def furthest(first: Any, second: Any) -> float:
    pairs = zip(first, second, strict=True)
    return max(float((one - other).abs().max()) for one, other in pairs)


@pytest.mark.parametrize("written", [kohya, peft])
@pytest.mark.parametrize("kind", ["sd15", "sd2", "sdxl"])
def test_either_half_is_changed_by_its_own_share(
    stock: dict[str, Any], tmp_path: Path, kind: str, written: Write
) -> None:
    lora = make(stock[kind], seed=1)
    path = written(tmp_path / "style.safetensors", lora)
    expected = merged(stock[kind], [(lora, 0.7)])

    text = half(stock[kind], _REST)
    apply_loras(text, [(path, 0.7)])
    assert furthest(said(text), said(expected)) < _LIMIT
    rest = half(stock[kind], _TEXT)
    apply_loras(rest, [(path, 0.7)])
    assert furthest(answered(rest), answered(expected)) < _LIMIT

    assert furthest(said(expected), said(stock[kind])) > 100 * _LIMIT
    assert furthest(answered(expected), answered(stock[kind])) > 100 * _LIMIT


def test_each_text_encoder_is_changed_by_its_own_weights(
    stock: dict[str, Any], tmp_path: Path
) -> None:
    lora = make(stock["sdxl"], seed=1)
    for part, changed in (("text_encoder", 0), ("text_encoder_2", 1)):
        text = half(stock["sdxl"], _REST)
        apply_loras(text, [(peft(tmp_path / f"{part}.safetensors", lora.of(part)), 1.0)])
        moved = (said(text)[0] - said(stock["sdxl"])[0]).abs().amax((0, 1))
        of_each = [float(moved[:16].max()), float(moved[16:].max())]  # the two, side by side
        assert of_each[changed] > 0.01
        assert of_each[1 - changed] == 0


def test_a_whole_pipeline_is_changed_in_both_halves(stock: dict[str, Any], tmp_path: Path) -> None:
    lora = make(stock["sdxl"], seed=1)
    whole = copy.deepcopy(stock["sdxl"])
    apply_loras(whole, [(kohya(tmp_path / "style.safetensors", lora), -0.5)])
    expected = merged(stock["sdxl"], [(lora, -0.5)])
    assert furthest(said(whole), said(expected)) < _LIMIT
    assert furthest(answered(whole), answered(expected)) < _LIMIT


def test_ranks_and_alphas_may_differ_from_layer_to_layer(
    stock: dict[str, Any], tmp_path: Path
) -> None:
    lora = make(stock["sdxl"], seed=1, uneven=True)
    whole = copy.deepcopy(stock["sdxl"])
    apply_loras(whole, [(kohya(tmp_path / "style.safetensors", lora), 0.5)])
    expected = merged(stock["sdxl"], [(lora, 0.5)])
    assert furthest(said(whole), said(expected)) < _LIMIT
    assert furthest(answered(whole), answered(expected)) < _LIMIT


def test_a_weight_of_zero_changes_nothing(stock: dict[str, Any], tmp_path: Path) -> None:
    path = kohya(tmp_path / "style.safetensors", make(stock["sdxl"], seed=1))
    text, rest = half(stock["sdxl"], _REST), half(stock["sdxl"], _TEXT)
    apply_loras(text, [(path, 0.0)])
    apply_loras(rest, [(path, 0.0)])
    assert furthest(said(text), said(stock["sdxl"])) == 0
    assert furthest(answered(rest), answered(stock["sdxl"])) == 0


def test_several_add(stock: dict[str, Any], tmp_path: Path) -> None:
    """Also where one of them leaves a half alone, or is there twice."""
    first, second = make(stock["sdxl"], seed=1), make(stock["sdxl"], seed=2).of("unet")
    one = kohya(tmp_path / "one.safetensors", first)
    other = peft(tmp_path / "other.safetensors", second)
    files = [(one, 0.5), (other, 0.3), (one, 0.2)]
    expected = merged(stock["sdxl"], [(first, 0.7), (second, 0.3)])
    text, rest = half(stock["sdxl"], _REST), half(stock["sdxl"], _TEXT)
    apply_loras(text, files)
    apply_loras(rest, files)
    assert furthest(said(text), said(expected)) < _LIMIT
    assert furthest(answered(rest), answered(expected)) < _LIMIT


def test_a_half_that_no_lora_changes_stays_as_it_is(stock: dict[str, Any], tmp_path: Path) -> None:
    lora = make(stock["sd15"], seed=1)
    text, rest = half(stock["sd15"], _REST), half(stock["sd15"], _TEXT)
    apply_loras(text, [(peft(tmp_path / "a.safetensors", lora.of("unet")), 1.0)])
    apply_loras(rest, [(kohya(tmp_path / "b.safetensors", lora.of("text_encoder")), 1.0)])
    assert furthest(said(text), said(stock["sd15"])) == 0
    assert furthest(answered(rest), answered(stock["sd15"])) == 0


@pytest.mark.parametrize("kind", ["flux", "sd3"])
def test_transformers_and_their_text_encoders(
    stock: dict[str, Any], tmp_path: Path, kind: str
) -> None:
    parts = ("transformer", "text_encoder")
    lora = make(stock[kind], seed=1).of(*parts)
    path = peft(tmp_path / "style.safetensors", lora)
    expected = merged(stock[kind], [(lora, 0.7)])
    text, rest = half(stock[kind], _REST), half(stock[kind], (*_TEXT, "text_encoder_3"))
    apply_loras(text, [(path, 0.7)])
    apply_loras(rest, [(path, 0.7)])
    for part, changed in (("text_encoder", text), ("transformer", rest)):
        layers = {name: pair for name, pair in lora.changes.items() if name[0] == part}
        assert layers
        for _, name in layers:
            layer = getattr(changed, part).get_submodule(name)
            plain = getattr(expected, part).get_submodule(name)
            given = torch.randn(3, plain.in_features)
            assert furthest(layer(given), plain(given)) < _LIMIT


# --- what does not fit


def complaint(pipeline: Any, path: Path) -> str:
    with pytest.raises(ZoomStackError) as caught:
        apply_loras(pipeline, [(path, 1.0)])
    assert caught.value.code == "bad_model"
    assert caught.value.hint
    assert caught.value.text.startswith(f'The LoRA "{path.name}" ')
    assert "\n" not in caught.value.text
    return caught.value.text


@pytest.mark.parametrize(
    ("made_for", "used_with"),
    [("sdxl", "sd15"), ("sd15", "sdxl"), ("sd15", "flux"), ("flux", "sdxl"), ("sd3", "flux")],
)
def test_a_lora_for_another_family_is_refused(
    stock: dict[str, Any], tmp_path: Path, made_for: str, used_with: str
) -> None:
    lora = make(stock[made_for], seed=1).of("unet", "transformer")
    path = peft(tmp_path / "other.safetensors", lora)
    complaint(half(stock[used_with], _TEXT), path)


def test_a_lora_of_another_width_is_refused(stock: dict[str, Any], tmp_path: Path) -> None:
    """As those for SD 2.x are with SD 1.5: the same layers, wider."""
    lora = make(stock["sd15"], seed=1).of("unet")
    wider = {key: (torch.cat([down, down], 1), up) for key, (down, up) in lora.changes.items()}
    path = kohya(tmp_path / "wide.safetensors", TinyLora(wider))
    assert "does not fit: its sizes are others" in complaint(half(stock["sd15"], _TEXT), path)


def test_one_layer_that_the_model_lacks_is_not_left_out(
    stock: dict[str, Any], tmp_path: Path
) -> None:
    lora = make(stock["sd15"], seed=1).of("unet")
    key, pair = next(iter(lora.changes.items()))
    more = {**lora.changes, ("unet", key[1].replace("blocks.0", "blocks.7", 1)): pair}
    path = peft(tmp_path / "more.safetensors", TinyLora(more))
    words = complaint(half(stock["sd15"], _TEXT), path)
    assert f"changes {len(more)} layers, and the model has {len(more) - 1} of them" in words


def test_a_lora_without_one_of_its_weights_is_refused(
    stock: dict[str, Any], tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    lora = make(stock["sd15"], seed=1).of("unet")
    weights = load_file(peft(tmp_path / "whole.safetensors", lora))
    lost = next(name for name in reversed(weights) if name.endswith("lora_B.weight"))
    del weights[lost]
    complaint(half(stock["sd15"], _TEXT), write(tmp_path / "part.safetensors", weights))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lora_unet_mid_block_attentions_0_proj_in.hada_w1_a", "no LoRA of a form"),
        ("model.diffusion_model.out.2.weight", "no LoRA of a form"),
        ("emb_params", "no LoRA of a form"),
    ],
)
def test_what_is_no_lora_is_refused(
    stock: dict[str, Any], tmp_path: Path, name: str, words: str
) -> None:
    path = write(tmp_path / "what.safetensors", {name: torch.ones(2, 2)})
    assert words in complaint(half(stock["sd15"], _TEXT), path)


def test_a_dora_is_refused(stock: dict[str, Any], tmp_path: Path) -> None:
    """diffusers would leave its scales out, which makes another picture."""
    from safetensors.torch import load_file

    weights = load_file(kohya(tmp_path / "plain.safetensors", make(stock["sd15"], seed=1)))
    stem = next(iter(weights)).split(".")[0]
    weights[f"{stem}.dora_scale"] = torch.ones(16, 1)
    path = write(tmp_path / "dora.safetensors", weights)
    assert "is a DoRA" in complaint(half(stock["sd15"], _TEXT), path)


def test_files_that_cannot_be_read(stock: dict[str, Any], tmp_path: Path) -> None:
    pipeline = half(stock["sd15"], _TEXT)
    assert "cannot be read" in complaint(pipeline, tmp_path / "absent.safetensors")
    pickle = tmp_path / "pickle.safetensors"
    pickle.write_bytes(b"\x80\x02}q\x00.")
    assert "no whole safetensors file" in complaint(pipeline, pickle)


def test_a_family_without_loras_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "a.safetensors", {"unet.x.lora_A.weight": torch.ones(2, 2)})
    assert "takes none" in complaint(tiny_transformers.pixart_sigma(), path)


def test_without_peft_one_sentence(
    stock: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diffusers.utils, "USE_PEFT_BACKEND", False)
    apply_loras(stock["sd15"], [])  # no LoRA, no need
    with pytest.raises(ZoomStackError) as caught:
        apply_loras(stock["sd15"], [(tmp_path / "a.safetensors", 1.0)])
    assert caught.value.code == "no_lora"
    assert "peft" in caught.value.text
    assert caught.value.hint


def test_with_a_peft_that_is_too_old_the_same_sentence(
    stock: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_there(*_args: Any, **_options: Any) -> NoReturn:
        raise ModuleNotFoundError("No module named 'peft.utils.transformers_weight_conversion'")

    path = peft(tmp_path / "style.safetensors", make(stock["sd15"], seed=1))
    text = half(stock["sd15"], _REST)
    monkeypatch.setattr(text.text_encoder, "load_adapter", not_there)
    with pytest.raises(ZoomStackError) as caught:
        apply_loras(text, [(path, 1.0)])
    assert caught.value.code == "no_lora"
