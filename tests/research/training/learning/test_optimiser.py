"""Muon, and the learning rates of its groups."""

from __future__ import annotations

import pytest
import torch

from research.training.learning.optimiser import (
    EMBEDDING_SCALE,
    Muon,
    build_optimisers,
    orthogonal,
    set_rate,
)


@pytest.mark.parametrize("shape", [(16, 40), (40, 16), (3, 200)])
def test_muon_brings_singular_values_near_one(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonal(torch.randn(shape) @ torch.randn(shape[1], shape[1])))
    assert values.min() > 0.3
    assert values.max() < 1.3


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
        name: float((weight - before[name]).detach().abs().median())
        for name, weight in networks.named_parameters()
    }
    assert moved["shared.weight"] == pytest.approx(EMBEDDING_SCALE * moved["inner.bias"], rel=1e-3)
