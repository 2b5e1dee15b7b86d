"""The zooms that methods are compared on."""

from __future__ import annotations

from engine.contract.job_parser import load_job
from research.benchmarks.comparing.chains import CHAINS, PRESETS, preset_chains
from research.training.drawing.images import CONCEPTS


def test_chains_ask_for_subjects_that_can_be_drawn():
    chains = [*CHAINS, *preset_chains()]
    assert {subject for each in chains for subject in each.subjects} <= set(CONCEPTS)
    assert len({each.title for each in chains}) == len(chains)


def test_chains_of_presets_are_the_presets():
    chains = {each.title: each for each in preset_chains()}
    endless = load_job(PRESETS / "endless_zoom.json")
    assert chains["endless zoom"].loop
    assert endless.loop
    assert chains["endless zoom"].prompts == [level.prompt for level in endless.levels]
    assert chains["endless zoom"].placements[0].zoom_factor == endless.levels[0].zoom_factor
    assert chains["powers of ten"].placements[1].focus == (0.68, 0.36)
    assert {path.stem for path in PRESETS.glob("*.json")} == {
        "from_a_picture", *(title.replace(" ", "_") for title in chains)
    }  # fmt: skip
