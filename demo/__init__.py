"""Segmentation Zoo: one photo, five segmentation architectures, every pixel accountable.

>>> import demo
>>> demo.find("fcn-compact").title
'FCN'

The names below load on first use, so that `import demo` costs no torch.
"""

import os
import warnings
from importlib import import_module
from typing import TYPE_CHECKING

# Before torch is loaded. Its threads wait for each other by turning in circles, and each layer waits for the slowest:
# beside one busy core the waiting ones had better soon make room (benchmarks/busy.py).
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

# Before any thread: one that ends a `catch_warnings` of its own takes the filters of all others back. mmcv-lite has all
# that these networks use.
warnings.filterwarnings("ignore", message="Fail to import ``MultiScaleDeformableAttention``")

if TYPE_CHECKING:
    from demo.catalog import find as find
    from demo.catalog import resolve as resolve
    from demo.errors import BackendError as BackendError
    from demo.errors import CheckpointError as CheckpointError
    from demo.errors import DatasetError as DatasetError
    from demo.errors import DemoError as DemoError
    from demo.errors import ImageError as ImageError
    from demo.errors import TruthError as TruthError
    from demo.errors import UnknownModelError as UnknownModelError
    from demo.images import open_image as open_image
    from demo.models.zoo import Answer as Answer
    from demo.models.zoo import Refusal as Refusal
    from demo.models.zoo import Zoo as Zoo
    from demo.schema import ModelSpec as ModelSpec
    from demo.schema import Prediction as Prediction

__version__ = "0.1.0"

_PUBLIC = {
    "demo.models.zoo": ("Zoo", "Answer", "Refusal"),
    "demo.schema": ("ModelSpec", "Prediction"),
    "demo.images": ("open_image",),
    "demo.catalog": ("find", "resolve"),
    "demo.errors": (
        "DemoError",
        "ImageError",
        "UnknownModelError",
        "CheckpointError",
        "BackendError",
        "TruthError",
        "DatasetError",
    ),
}
_HOME = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'demo' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
