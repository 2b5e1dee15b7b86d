"""The training of the bundled model, as far as a minute shows."""

from __future__ import annotations

import functools
import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.models.prompting import texts_for
from research.benchmarks.comparing.candidate import open_stage_one
from research.training import __main__ as whole
from research.training.drawing import images
from research.training.drawing.captions import mark_of, parted
from research.training.drawing.images import CAPTIONS, CONCEPTS, draw, make_set
from research.training.judging import mark_effects, word_effects
from research.training.judging.curve import HEIGHT, WIDTH, curve, joined
from research.training.judging.measure import HUES, mean_hue
from research.training.judging.sample import PROMPTS
from research.training.learning import model, readable_marks, tokens
from research.training.learning.dataset import Pictures
from research.training.learning.export import export, history_of, mixed
from research.training.learning.first_stage import (
    HISTORY,
    FirstStage,
    Networks,
    Plan,
    load_exported,
)
from research.training.learning.optimiser import (
    EMBEDDING_SCALE,
    Muon,
    build_optimisers,
    orthogonal,
    set_rate,
)
from research.training.learning.second_stage import HELD_OUT, SecondStage
from research.training.learning.trainer import Schedule


@pytest.mark.parametrize("shape", [(16, 40), (40, 16), (3, 200)])
def test_muon_brings_singular_values_near_one(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonal(torch.randn(shape) @ torch.randn(shape[1], shape[1])))
    assert values.min() > 0.3 and values.max() < 1.3


def test_muon_learns_what_a_convolution_does() -> None:
    torch.manual_seed(0)
    wanted, layer = torch.nn.Conv2d(4, 8, 3), torch.nn.Conv2d(4, 8, 3)
    optimiser = Muon([layer.weight], 0.02, 0.0)
    layer.bias.data.copy_(wanted.bias)
    losses = []
    for _ in range(120):
        x = torch.randn(8, 4, 6, 6)
        loss = (layer(x) - wanted(x)).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]


def test_training_of_the_second_stage_goes_on_where_it_stopped(tmp_path: Path) -> None:
    make_set(HELD_OUT + 8, 1, tmp_path / "data")  # 64 px do for this
    begin = functools.partial(SecondStage, 2, 32, tmp_path / "data")

    def train(minutes: float) -> SecondStage:
        (tmp_path / "run").mkdir(exist_ok=True)
        schedule = Schedule(minutes, 1e-3, 1, 1)
        trainer = begin(schedule, tmp_path / "run", torch.device("cpu"), 0)
        trainer.train()
        return trainer

    first = train(0.02)
    second = train(0.05)
    assert second.step > first.step >= 1 and second.seen == 2 * second.step
    assert 1.2 <= first.spent < 3.0 <= second.spent


def test_hues_are_told_from_pictures() -> None:
    for word, colour in {"red": (1, 0, 0), "yellow": (1, 0.9, 0), "blue": (0.1, 0.4, 0.9)}.items():
        picture = np.broadcast_to(np.asarray(colour, np.float32), (1, 4, 4, 3))
        assert abs((mean_hue(picture) - HUES[word] + 180) % 360 - 180) < 8


def test_one_command_names_every_step_and_draws_no_set_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[str] = []
    given: list[dict[str, object]] = []

    def start(module: str, *arguments: object) -> int:
        started.append(module)
        given.append(dict(itertools.pairwise(arguments)))  # of each option what follows
        if module == "research.training.drawing.images":
            make_set(1, 1, Path(str(arguments[arguments.index("--out") + 1])), processes=1)
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
    assert first["--minutes"] + last["--minutes"] == pytest.approx(540)  # type: ignore[operator]
    assert last["--start"] == begun["--out"] and last["--run"] != first["--run"]
    assert finished["--run"] == last["--run"] and finished["--out"] == tmp_path / "bundled"
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
    monkeypatch.setattr(whole, "_start", lambda module, *_: 7 if "train" in module else 0)
    with pytest.raises(SystemExit) as ended:
        whole.main(["--work", str(tmp_path)])
    assert ended.value.code == 7


def test_a_trained_model_is_opened_by_the_engine_and_trained_on(tmp_path: Path) -> None:
    make_set(60, 1, tmp_path / "data", processes=1)
    captions = json.loads((tmp_path / "data" / CAPTIONS).read_text(encoding="utf-8"))
    tokens.save(tokens.tokenizer_for(captions), tmp_path / "run/tokenizer")

    def train(minutes: float) -> FirstStage:
        plan = Plan(0.0, 2, 2, None, ())
        schedule = Schedule(minutes, 1e-3, 1, 1)
        place = (tmp_path / "data", schedule, tmp_path / "run", torch.device("cpu"), 0)
        trainer = FirstStage(plan, *place)
        trainer.train()
        return trainer

    first = train(0.001)
    second = train(first.spent / 60 + 0.001)
    assert second.step > first.step >= 1 and second.seen == 2 * second.step
    export(tmp_path / "run", tmp_path / "data", tmp_path / "model", "a test.")
    (run,) = json.loads((tmp_path / "model" / HISTORY).read_text(encoding="utf-8"))
    assert (run["steps"], run["seen"]) == (second.step, second.seen)
    assert f"{run['seen']:,} pictures seen" in (tmp_path / "model/README.md").read_text("utf-8")
    model = open_stage_one(tmp_path / "model")
    assert model.vocabulary is not None and len(model.vocabulary.subjects) == len(CONCEPTS)
    z, sigma = torch.zeros(2, 3, 64, 64), torch.ones(2)
    texts = texts_for(model.vocabulary, ["a leaf", "a leaf", "bark"], [""] * 3, [True, True, False])
    assert texts == (["+leaf a leaf", "+bark a leaf", "bark"], ["+leaf", "+bark", ""])
    denoiser = model.condition(texts[0][:2], texts[1][:2], 2.5)
    assert denoiser.predict_x0(z, sigma).isfinite().all()
    assert not torch.equal(*denoiser.positive), "the model reads what a level holds"
    half = tmp_path / "half"
    export(tmp_path / "run", tmp_path / "data", half, "a test.", tmp_path / "model", 0.5)
    (run,) = json.loads((half / HISTORY).read_text(encoding="utf-8"))
    assert run["share"] == 0.5
    (tmp_path / "next").mkdir()
    shutil.copy(tmp_path / "model" / HISTORY, tmp_path / "next")
    shutil.copy(tmp_path / "run/state.json", tmp_path / "next")
    assert len(history_of(tmp_path / "next")) == 2


def test_a_set_that_is_being_drawn_is_trained_on_as_far_as_it_has_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "_A_BLOCK", 30)
    make_set(90, 3, tmp_path / "whole", processes=1)
    texts = images.captions_of(tmp_path / "whole")
    everything = np.load(tmp_path / "whole/images.npy")
    numbers = np.load(tmp_path / "whole/concepts.npy")
    tokenizer = tokens.tokenizer_for(texts)
    parts = tmp_path / "growing" / images.PARTS
    parts.mkdir(parents=True)

    def draw_block(start: int, name: str) -> None:
        part = slice(start, start + 30)
        np.savez(parts / name, images=everything[part], texts=texts[part], numbers=numbers[part])

    draw_block(0, "0.npz")
    draw_block(30, "30.new.npz")  # half written, for all that one can know
    growing = Pictures(tmp_path / "growing", tokenizer, ["leaf"], torch.device("cpu"))
    assert np.array_equal(growing.images, everything[:30])
    draw_block(60, "60.npz")
    growing.take_new()
    growing.take_new()
    assert np.array_equal(growing.images, everything[np.r_[:30, 60:90]])
    make_set(90, 3, tmp_path / "growing", processes=1)
    growing.take_new()
    assert np.array_equal(growing.images, everything), "in the set's own order once it is whole"
    few = Pictures(tmp_path / "whole", tokenizer, [], torch.device("cpu"), holding=0.2)
    _, ids = few.batch(np.random.default_rng(1), 400, left_out=1.0)
    holding = (ids != tokens.encode(tokenizer, [""])).any(1).float().mean()
    assert 0.12 < holding < 0.28
    torch.manual_seed(0)  # decides which captions are left out
    x0, ids = growing.batch(np.random.default_rng(1), 1000, left_out=0.5)
    encoded, marks = (
        tokens.encode(tokenizer, each) for each in (texts, [parted(text)[0] for text in texts])
    )
    left_out, found = 0, []
    for picture, own in zip(x0, ids, strict=True):
        pixels = ((picture.permute(1, 2, 0) + 1) * 127.5).round().byte()
        (number,) = np.flatnonzero((everything == pixels.numpy()).all((1, 2, 3)))
        left_out += torch.equal(own, marks[number])
        assert torch.equal(own, encoded[number]) or torch.equal(own, marks[number])
        found.append(list(CONCEPTS)[numbers[number]])
    assert 450 < left_out < 550
    assert 48 < found.count("leaf") < 90, "drawn twice as often as the 32 of every other subject"


def test_words_get_tokens_of_their_own_that_begin_as_what_was_read_before(tmp_path: Path) -> None:
    tokenizer = tokens.train_tokenizer(["a leaf", "a red leaf", "the leaf of a tree"] * 9)
    networks = Networks(len(tokenizer))
    networks.text_encoder.save_pretrained(tmp_path / "text_encoder")
    networks.unet.save_pretrained(tmp_path / "unet")
    tokens.save(tokenizer, tmp_path / "tokenizer")
    more = tokens.with_whole_words(tokenizer, ["winter", "sparse"])
    assert len(more) == len(tokenizer) + 2
    assert len(tokens.with_whole_words(more, ["sparse"])) == len(more), "it is whole already"
    for text in ("a red leaf", "a tree", "win, ter"):
        assert more.tokenize(text) == tokenizer.tokenize(text)
    assert more.tokenize("a leaf in winter, sparse")[-3:] == ["▁winter", ",", "▁sparse"]
    larger = Networks(len(more))
    load_exported(larger, tmp_path, more)
    rows, before = larger.text_encoder.shared.weight, networks.text_encoder.shared.weight
    assert torch.equal(rows[: len(before)], before)
    parts = before[tokenizer("winter", add_special_tokens=False).input_ids]
    assert len(parts) > 2
    assert torch.allclose(rows[len(before)], parts.sum(0) / len(parts) ** 0.5, atol=1e-6)
    assert torch.equal(larger.text_encoder.encoder.embed_tokens.weight, rows)


def test_weights_are_mixed_with_those_of_a_model_before(tmp_path: Path) -> None:
    before, run = Networks(10), Networks(12)
    before.unet.save_pretrained(tmp_path / "unet")
    before.text_encoder.save_pretrained(tmp_path / "text_encoder")
    own = {name: weight.clone() for name, weight in run.state_dict().items()}
    mixed(run, tmp_path, 0.25)
    for name, weight in run.state_dict().items():
        old = before.state_dict()[name]
        rows = weight[: len(old)]
        assert torch.allclose(rows, 0.25 * own[name][: len(old)] + 0.75 * old, atol=1e-6), name
    embedding = "text_encoder.shared.weight"
    assert torch.equal(run.state_dict()[embedding][10:], own[embedding][10:])


def test_marks_that_a_model_reads_are_told_from_marks_that_it_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holding, bare = mark_effects._pictures(6)
    assert all(parted(text)[0] for _, text in holding) and len(holding) == 6
    assert not any(parted(text)[0] for _, text in bare) and len(bare) == 6
    texts = [text for _, text in holding + bare]
    tokenizer = tokens.tokenizer_for(texts)
    by_text = {
        tuple(row.tolist()): torch.from_numpy(image).permute(2, 0, 1).float() / 127.5 - 1
        for row, (image, _) in zip(tokens.encode(tokenizer, texts), holding + bare, strict=True)
    }

    def knows(z: torch.Tensor, timesteps: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """The true v where the caption is a picture's own, to the letter; else nothing."""
        table = model.log_sigmas(model.build_scheduler())
        sigma = model.sigma_at(table, timesteps)[:, None, None, None]
        a = torch.rsqrt(1 + sigma**2)
        rows = [by_text.get(tuple(row.tolist())) for row in ids]
        x0 = torch.stack([torch.zeros(3, 64, 64) if row is None else row for row in rows])
        known = torch.tensor([row is not None for row in rows])[:, None, None, None]
        return known * ((z - a * x0) / sigma - sigma * a * x0)

    monkeypatch.setattr(mark_effects, "exported", lambda _: (knows, tokenizer))
    found = mark_effects.effects(tmp_path, 6)
    assert found["holding, true mark"] < 1e-4 and found["bare, no mark"] < 1e-4
    for other in ("holding, no mark", "holding, wrong mark", "bare, a mark"):
        assert found[other] > 0.1


def test_words_that_are_measured_are_true_of_some_drawings_and_can_be_told_apart() -> None:
    rng = np.random.default_rng(4)
    for concept, _, words in word_effects.CHOICES:
        true = {word for _ in range(40) for word in draw(rng, concept)[1].phrases}
        assert true >= set(words), concept
    known = [word_effects._drawn(rng, "forest", word, 30) for word in ("in summer", "in winter")]
    telling = word_effects._learn(known)
    for number, pictures in enumerate(known):
        assert word_effects._share(telling, pictures, number) > 0.9
        assert word_effects._share(telling, pictures, 1 - number) < 0.1


def test_a_caption_left_out_still_tells_of_an_inset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_set(20, 1, tmp_path, processes=1)
    captions = json.loads((tmp_path / CAPTIONS).read_text(encoding="utf-8"))
    tokenizer = tokens.tokenizer_for(captions)
    tokens.save(tokenizer, tmp_path / "tokenizer")
    schedule, device = Schedule(0.0, 1e-3, 1, 1), torch.device("cpu")
    trainer = FirstStage(Plan(0.0, 2, 2, None, ()), tmp_path, schedule, tmp_path, device, 0)
    batches = []
    for share in (torch.ones, torch.zeros):
        trainer.order = np.random.default_rng(1)
        monkeypatch.setattr(torch, "rand", share)
        batches.append(trainer.batch(64, 40)[1].tolist())
    said = dict(zip(map(tuple, tokens.encode(tokenizer, captions).tolist()), captions, strict=True))
    marks = [parted(said[tuple(each)])[0] for each in batches[0]]
    assert 5 < sum(map(bool, marks)) < 35
    assert batches[1] == tokens.encode(tokenizer, marks).tolist()


def test_marks_become_readable(tmp_path: Path) -> None:
    tokenizer = tokens.tokenizer_for([mark_of(name) for name in CONCEPTS] + [*PROMPTS.values()] * 9)
    networks = Networks(len(tokenizer))
    encoder = networks.text_encoder
    before = {name: weight.clone() for name, weight in encoder.state_dict().items()}
    readable_marks.soften(encoder)
    readable_marks.renew(encoder, tokenizer)
    rows, old = encoder.shared.weight.data, before["shared.weight"]
    marks = tokenizer.convert_tokens_to_ids([f"▁{mark_of(name)}" for name in CONCEPTS])
    others = [number for number in range(len(rows)) if number not in marks]
    assert torch.equal(rows[others], old[others])
    for mark, name in zip(marks, CONCEPTS, strict=True):
        words = tokenizer(name.replace("_", " "), add_special_tokens=False).input_ids
        likeness = torch.cosine_similarity(rows[mark], old[words].mean(0), dim=0)
        assert 0.4 < likeness < 0.95, name
        assert torch.isclose(rows[mark].norm(), old.norm(dim=1).mean(), rtol=0.3)
    query, key = (f"encoder.block.1.layer.0.SelfAttention.{part}.weight" for part in "qk")
    after = encoder.state_dict()
    logits, softer = (each[query].T @ each[key] for each in (before, after))
    assert torch.allclose(softer * readable_marks.SOFTER, logits, atol=1e-5)


def test_a_loss_curve_counts_on_from_the_end_of_the_run_before() -> None:
    first, second = ({"seen": 48 * n, "loss": 0.1, "size": 64} for n in (50, 100))
    states = [{"seen": 5000, "log": [first, second]}, {"seen": 2500, "log": [first]}]
    logs = joined(states)
    assert [[row["seen"] for row in log] for log in logs] == [[2400, 4800], [7400]]
    assert states[1]["log"][0]["seen"] == 2400
    assert curve(logs).size == (WIDTH, HEIGHT)


def test_embeddings_learn_at_a_rate_of_their_own() -> None:
    networks = torch.nn.ModuleDict(
        {"shared": torch.nn.Embedding(3, 4), "inner": torch.nn.Linear(4, 4)}
    )
    before = {name: weight.clone() for name, weight in networks.named_parameters()}
    muon, adam = optimisers = build_optimisers(networks, 1.0, weight_decay=0.0)
    set_rate(optimisers, 1e-3)
    assert [group["lr"] for group in muon.param_groups] == [1e-3]
    assert [group["lr"] for group in adam.param_groups] == [1e-3, EMBEDDING_SCALE * 1e-3]
    networks["inner"](networks["shared"](torch.arange(3))).square().sum().backward()
    adam.step()
    moved = {
        name: float((weight.detach() - before[name]).abs().median())
        for name, weight in networks.named_parameters()
    }
    assert moved["shared.weight"] == pytest.approx(EMBEDDING_SCALE * moved["inner.bias"], rel=1e-3)


def test_marks_have_tokens_of_their_own(tmp_path: Path) -> None:
    texts = ["a leaf", "+leaf a red leaf", "the leaf of a tree", "+bark a leaf"] * 9
    anew = tokens.tokenizer_for(texts)
    tokens.save(tokens.train_tokenizer(["a leaf", "a red tree"] * 9), tmp_path / "tokenizer")
    for tokenizer in (anew, tokens.tokenizer_for(texts, tmp_path)):
        assert tokenizer.tokenize("+leaf a leaf")[0] == "▁+leaf"
        assert tokenizer.tokenize("+bark")[0] == "▁+bark"
