"""Weights of a network: their running average, their start from another network, and their file."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from demo.errors import CorruptCheckpointError

AVERAGE_EVERY = 4
"""Steps between two updates of the running average of the weights."""

KEPT = ("config", "photos", "steps", "seconds", "peak_learning_rate", "started_from")
"""What a record says of the run it started from."""


class WeightAverage:
    """A running average of a network's weights: less noisy than the last step of a short run."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).eval()
        self.decay = decay

    def follow(self, network: nn.Module, steps: int) -> None:
        """Move towards the network every few steps; faster at first, when the average still is the random start."""
        if steps % AVERAGE_EVERY:
            return
        decay = min(self.decay, (1 + steps) / (10 + steps)) ** AVERAGE_EVERY
        with torch.no_grad():
            for mine, theirs in zip(self.network.state_dict().values(), network.state_dict().values(), strict=True):
                if mine.is_floating_point():
                    mine.lerp_(theirs, 1 - decay)
                else:
                    mine.copy_(theirs)


def take_weights(network: nn.Module, path: Path, report: Callable[[str], None]) -> dict[str, object]:
    """Take every weight of a checkpoint that has a place of its name and shape in the network.

    Returns what the checkpoint went through before. Raises CorruptCheckpointError when the file is damaged
    or nothing in it fits.
    """
    loaded = read_weights(path)
    theirs = loaded.get("state_dict", loaded.get("average", loaded))
    mine = network.state_dict()
    fitting = {name: value for name, value in theirs.items() if name in mine and mine[name].shape == value.shape}
    if not fitting:
        raise CorruptCheckpointError(
            f"wanted weights for this network, but none of the {len(theirs)} in {path.name} has a place in it; "
            "start from a network with the same backbone"
        )
    network.load_state_dict(fitting, strict=False)
    report(f"started with {len(fitting)} of {len(mine)} arrays of {path.name}")
    before = loaded.get("meta", {})
    return {name: before.get(name) for name in KEPT}


LARGE = 100_000
"""Weights of a matrix that `narrow` stores at float8."""


def halve(state: dict[str, torch.Tensor], narrow: bool = False) -> dict[str, torch.Tensor]:
    """Floating-point arrays at float16, on the CPU, in plain layout; with `narrow`, large matrices at float8."""
    return {name: _stored(value.detach().cpu().contiguous(), narrow) for name, value in state.items()}


def _stored(value: torch.Tensor, narrow: bool) -> torch.Tensor:
    if not value.is_floating_point():
        return value.clone()
    if not narrow or value.ndim < 2 or value.numel() < LARGE:
        return value.to(torch.float16, copy=True)
    kinds = (value.to(torch.float8_e4m3fn), value.to(torch.float8_e5m2))
    return min(kinds, key=lambda kind: (kind.float() - value.float()).square().sum().item())


def read_weights(path: Path, device: torch.device | str = "cpu") -> dict:
    """What `write_weights` wrote; no code that a file may carry is run. Raises CorruptCheckpointError for others."""
    try:
        loaded = torch.load(path, map_location=device, weights_only=True)
    except FileNotFoundError:
        raise
    except Exception as error:  # torch raises whatever its parsers trip over
        raise CorruptCheckpointError(
            f"wanted weights, but {path} is damaged or something else ({type(error).__name__}); "
            "delete it, or name another file or folder"
        ) from error
    if not isinstance(loaded, dict):
        raise CorruptCheckpointError(
            f"wanted weights by name, but {path} holds a {type(loaded).__name__}; name another file or folder"
        )
    return loaded


def write_weights(path: Path, state: dict[str, object]) -> None:
    """Write with torch, completely or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    torch.save(state, temporary)
    os.replace(temporary, path)
