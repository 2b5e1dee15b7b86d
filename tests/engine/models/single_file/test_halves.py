"""Single files of Stable Diffusion: what is in them arrives, and what is not is noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.contract.errors import ZoomStackError
from engine.models.single_file.halves import KINDS, SingleFileHalves
from tests.engine.models.original_layout import Tensors, original_checkpoint, write
from tests.engine.models.single_file.tiny_checkpoints import PREDICTION, configuration, tiny

_PARTS = {"unet": "rest", "vae": "rest", "text_encoder": "text", "text_encoder_2": "text"}
_UNET = "model.diffusion_model."
_FIRST = "conditioner.embedders.0.transformer.text_model."
_SECOND = "conditioner.embedders.1.model."


class Case:
    """A kind's stock pipeline, its weights in the original layout, and its configuration."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.stock = tiny(kind)
        self.weights = original_checkpoint(self.stock)
        self.configuration = configuration(self.stock, kind, folder / "configuration")
        self.file = write(folder / f"{kind}.safetensors", self.weights)

    def halves(self, path: Path | None = None, **options: Any) -> SingleFileHalves:
        prediction = options.pop("prediction", PREDICTION[self.kind])
        options = {"configuration": self.configuration, **options}
        return SingleFileHalves(path or self.file, self.kind, "mine", prediction, **options)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    return {kind: Case(kind, tmp_path_factory.mktemp(kind)) for kind in KINDS}


def loaded(halves: SingleFileHalves, dtype: torch.dtype = torch.float32) -> dict[str, Any]:
    """All models, each from its half."""
    both = {"text": halves.text(dtype), "rest": halves.rest(dtype)}
    return {
        part: model
        for part, half in _PARTS.items()
        if (model := getattr(both[half], part, None)) is not None
    }


def picture(sampler: Any, reader: Any) -> torch.Tensor:
    """One picture of 48×32 with guidance, prompts read by one pipeline, sampled by another."""
    texts = reader.encode_prompt(
        prompt="a spiral galaxy",
        device="cpu",
        num_images_per_prompt=1,
        do_classifier_free_guidance=True,
        negative_prompt="a coast",
    )
    names = ["prompt_embeds", "negative_prompt_embeds"]
    names += ["pooled_prompt_embeds", "negative_pooled_prompt_embeds"]
    made: torch.Tensor = sampler(
        **dict(zip(names, texts, strict=False)),
        latents=torch.randn(1, 4, 16, 24, generator=torch.Generator().manual_seed(5)),
        height=32,
        width=48,
        num_inference_steps=3,
        guidance_scale=4.0,
        output_type="pt",
    ).images
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_every_weight_arrives(cases: dict[str, Case], kind: str) -> None:
    case = cases[kind]
    models = loaded(case.halves())
    assert models.keys() == {part for part in _PARTS if hasattr(case.stock, part)}
    for part, model in models.items():
        expected = getattr(case.stock, part).state_dict()
        found = model.state_dict()
        assert found.keys() == expected.keys()
        unlike = [name for name, value in expected.items() if not torch.equal(found[name], value)]
        assert unlike == []
        assert not any(buffer.is_meta for buffer in model.buffers())
        assert not model.training


@pytest.mark.parametrize("kind", KINDS)
def test_the_halves_make_the_stock_pictures(cases: dict[str, Case], kind: str) -> None:
    case = cases[kind]
    for part in ("tokenizer", "tokenizer_2"):
        if hasattr(case.stock, part):  # the real one, for both: the tiny one knows letters alone
            setattr(case.stock, part, case.halves().tokenizer(part))
    expected = picture(case.stock, case.stock)
    halves = case.halves()
    ours = picture(halves.rest(torch.float32), halves.text(torch.float32))
    assert (ours - expected).abs().max() < 1e-6
    assert expected.std() > 0.01  # no grey, which anything would equal


def test_each_half_is_without_the_other(cases: dict[str, Case]) -> None:
    halves = cases["sdxl"].halves()
    text, rest = halves.text(torch.float32), halves.rest(torch.float32)
    assert (text.unet, text.vae, text.scheduler) == (None, None, None)
    assert (rest.text_encoder, rest.text_encoder_2) == (None, None)
    assert (rest.tokenizer, rest.tokenizer_2) == (None, None)
    # What they pad with changes pictures without a word: the last token there, "!" here.
    assert (text.tokenizer.pad_token_id, text.tokenizer_2.pad_token_id) == (49407, 0)


def test_only_its_own_half_of_the_file_is_read(cases: dict[str, Case], tmp_path: Path) -> None:
    case = cases["sd15"]
    of_text = {name: x for name, x in case.weights.items() if name.startswith("cond_stage")}
    of_rest = {name: x for name, x in case.weights.items() if name not in of_text}
    case.halves(write(tmp_path / "text.safetensors", of_text)).text(torch.float32)
    case.halves(write(tmp_path / "rest.safetensors", of_rest)).rest(torch.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_weights_come_in_the_precision_that_is_asked_for(
    cases: dict[str, Case], kind: str, tmp_path: Path
) -> None:
    case = cases[kind]
    half = {
        name: value.half() if value.is_floating_point() else value
        for name, value in case.weights.items()
    }
    models = loaded(case.halves(write(tmp_path / "half.safetensors", half)), torch.bfloat16)
    for part, model in models.items():
        assert {value.dtype for value in model.parameters()} == {torch.bfloat16}
        name, expected = next(iter(getattr(case.stock, part).state_dict().items()))
        assert torch.equal(model.state_dict()[name], expected.half().bfloat16())


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_prediction_reaches_the_scheduler(
    cases: dict[str, Case], kind: str, prediction: str
) -> None:
    scheduler = cases[kind].halves(prediction=prediction).rest(torch.float32).scheduler
    assert scheduler.config.prediction_type == prediction
    assert scheduler.config.timestep_spacing == "leading"
    scheduler.set_timesteps(30)
    # A variance-preserving schedule from .00085 to .012 ends at alpha_bar = .0047: sigma 14.6.
    assert float(scheduler.sigmas[0]) < 14.7


def test_a_schedule_that_ends_in_noise_reaches_the_scheduler(cases: dict[str, Case]) -> None:
    halves = cases["sdxl"].halves(prediction="v_prediction", zero_snr=True)
    scheduler = halves.rest(torch.float32).scheduler
    scheduler.set_timesteps(30)
    assert float(scheduler.timesteps[0]) == 999  # trailing: from the last step of the training
    assert float(scheduler.sigmas[0]) > 1000


def test_unknown_kinds_and_predictions_are_a_programmers_mistake(tmp_path: Path) -> None:
    for kind, prediction in (("sd3", "epsilon"), ("sdxl", "sample")):
        with pytest.raises(ValueError, match=kind if kind == "sd3" else prediction):
            SingleFileHalves(tmp_path, kind, "mine", prediction)


# --- what is not as it should be


def complaint(halves: SingleFileHalves) -> str:
    with pytest.raises(ZoomStackError) as caught:
        loaded(halves)
    assert caught.value.code == "bad_model"
    assert caught.value.hint
    assert caught.value.text.startswith('The model "mine" (')
    return caught.value.text


Change = Callable[[Tensors], None]


def without(name: str) -> Change:
    def change(weights: Tensors) -> None:
        del weights[name]

    return change


def without_all(prefix: str) -> Change:
    def change(weights: Tensors) -> None:
        for name in [name for name in weights if name.startswith(prefix)]:
            del weights[name]

    return change


def cut(name: str) -> Change:
    def change(weights: Tensors) -> None:
        weights[name] = weights[name][:-1]

    return change


def with_more(name: str) -> Change:
    def change(weights: Tensors) -> None:
        weights[name] = torch.ones(3)

    return change


def in_whole_numbers(name: str) -> Change:
    def change(weights: Tensors) -> None:
        weights[name] = weights[name].to(torch.int8)

    return change


def of_an_inpainting_model(weights: Tensors) -> None:
    first = weights[f"{_UNET}input_blocks.0.0.weight"]
    weights[f"{_UNET}input_blocks.0.0.weight"] = torch.cat([first, first, first[:, :1]], dim=1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without(f"{_UNET}time_embed.0.weight"), "lacks weights of its denoiser"),
        (without(f"{_UNET}label_emb.0.0.weight"), "weights do not go together"),
        (without(f"{_UNET}middle_block.1.norm.bias"), "mid_block.attentions.0.norm.bias"),
        (without(f"{_UNET}output_blocks.2.2.conv.weight"), "upsamplers"),
        (without("first_stage_model.encoder.mid.attn_1.q.weight"), "of its VAE"),
        (without("first_stage_model.quant_conv.bias"), "of its VAE: quant_conv.bias"),
        (without(f"{_FIRST}encoder.layers.0.mlp.fc1.bias"), "of its text encoder: "),
        (without(f"{_SECOND}transformer.resblocks.1.ln_1.weight"), "of its text encoder 2"),
        (without(f"{_SECOND}text_projection"), "text_projection.weight"),
        (without(f"{_SECOND}transformer.resblocks.2.attn.in_proj_bias"), "and 2 more"),
        (without_all(_UNET), "has no denoiser (UNet)"),
        (without_all("first_stage_model."), "has no VAE"),
        (without_all(_FIRST), "has no text encoder"),
        (without_all(_SECOND), "has no text encoder 2"),
        (cut(f"{_UNET}out.2.weight"), "conv_out.weight is 3 × 16 × 3 × 3, not 4 × 16 × 3 × 3"),
        (cut(f"{_SECOND}token_embedding.weight"), "49407 × 16, not 49408 × 16"),
        (cut(f"{_SECOND}transformer.resblocks.0.attn.in_proj_weight"), "another shape"),
        (of_an_inpainting_model, "conv_in.weight is 16 × 9 × 3 × 3, not 16 × 4 × 3 × 3"),
        (with_more(f"{_UNET}input_blocks.9.0.op.weight"), "do not belong to a denoiser"),
        (with_more(f"{_UNET}motion.weight"), "do not belong to a denoiser (UNet) of its kind: "),
        (with_more(f"{_SECOND}transformer.resblocks.3.ln_1.weight"), "do not belong"),
        (with_more(f"{_FIRST}encoder.layers.3.layer_norm1.weight"), "do not belong"),
        (in_whole_numbers(f"{_UNET}out.2.weight"), "as whole numbers"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(
    cases: dict[str, Case], tmp_path: Path, change: Change, words: str
) -> None:
    case = cases["sdxl"]
    weights = dict(case.weights)
    change(weights)
    assert words in complaint(case.halves(write(tmp_path / "broken.safetensors", weights)))


def test_what_is_of_no_part_is_ignored(cases: dict[str, Case], tmp_path: Path) -> None:
    case = cases["sd15"]
    weights = {**case.weights, "model_ema.decay": torch.ones(1), "note": torch.ones(2)}
    loaded(case.halves(write(tmp_path / "more.safetensors", weights)))


def test_text_encoders_in_each_others_place_are_noticed(
    cases: dict[str, Case], tmp_path: Path
) -> None:
    case = cases["sdxl"]
    swapped = {
        name.replace("embedders.0", "embedders.X")
        .replace("embedders.1", "embedders.0")
        .replace("embedders.X", "embedders.1"): value
        for name, value in case.weights.items()
    }
    words = complaint(case.halves(write(tmp_path / "swapped.safetensors", swapped)))
    assert "has no text encoder" in words


@pytest.mark.parametrize(
    ("taken", "for_kind"), [("sd15", "sd2"), ("sd2", "sdxl"), ("sdxl", "sd15")]
)
def test_a_file_of_another_kind_is_refused(
    cases: dict[str, Case], taken: str, for_kind: str
) -> None:
    complaint(cases[for_kind].halves(cases[taken].file))


@pytest.mark.parametrize("kind", ["sd15", "sd2", "sdxl"])
def test_the_shipped_configurations_refuse_what_is_smaller(
    cases: dict[str, Case], kind: str
) -> None:
    words = complaint(cases[kind].halves(configuration=None))
    assert "another shape" in words or "lacks weights" in words


def broken(whole: bytes) -> Iterator[tuple[str, bytes]]:
    yield "cut short", whole[: len(whole) // 2]
    yield "empty", b""
    yield "a pickle", b"\x80\x02}q\x00."
    yield "no header", b"\xff" * 64
    yield "half a header", whole[:40]


def test_what_is_no_safetensors_file_is_refused(cases: dict[str, Case], tmp_path: Path) -> None:
    case = cases["sd15"]
    for name, content in broken(case.file.read_bytes()):
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(content)
        words = complaint(case.halves(path))
        assert words.startswith(f'The model "mine" ({name}.safetensors) is no whole safetensors')


def test_an_absent_file_is_told_by_its_name(cases: dict[str, Case], tmp_path: Path) -> None:
    words = complaint(cases["sd15"].halves(tmp_path / "absent.safetensors"))
    assert "absent.safetensors) cannot be read" in words
    assert "absent.safetensors" in words
    (tmp_path / "folder.safetensors").mkdir()
    assert "cannot be read" in complaint(cases["sd15"].halves(tmp_path / "folder.safetensors"))


def test_a_projection_saved_as_a_linear_layer_is_turned(
    cases: dict[str, Case], tmp_path: Path
) -> None:
    case = cases["sdxl"]
    weights = dict(case.weights)
    weights[f"{_SECOND}text_projection.weight"] = weights.pop(f"{_SECOND}text_projection").T
    found = case.halves(write(tmp_path / "turned.safetensors", weights)).text(torch.float32)
    expected = case.stock.text_encoder_2.text_projection.weight
    assert torch.equal(found.text_encoder_2.text_projection.weight, expected)


def test_names_of_clip_without_its_inner_model(cases: dict[str, Case], tmp_path: Path) -> None:
    case = cases["sd15"]
    inner = "cond_stage_model.transformer."
    weights = {
        name.replace(f"{inner}text_model.", inner): value for name, value in case.weights.items()
    }
    found = case.halves(write(tmp_path / "plain.safetensors", weights)).text(torch.float32)
    expected = case.stock.text_encoder.state_dict()
    for name, value in found.text_encoder.state_dict().items():
        assert torch.equal(value, expected[name])
