"""MMSegmentation and what it stands on, imported in silence and without what only training needs.

The other modules of this backend have its names from here, so that nothing can import it in another way before.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from types import SimpleNamespace
from typing import Any


@contextmanager
def _instead(modules: Mapping[str, Any]) -> Iterator[None]:
    """Imports inside find these in place of the modules so named (None: missing) that are not there already."""
    there = {name: module for name, module in modules.items() if name not in sys.modules}
    sys.modules.update(there)
    try:
        yield
    finally:
        for name in there:
            del sys.modules[name]


# What MMEngine imports for training alone, 1.4 s of it where all is installed: optimizers, sharding over many GPUs.
TRAINING: dict[str, Any] = {
    "transformers": None,
    "torch.distributed.optim": None,
    "mmengine._strategy.fsdp": None,
    "mmengine.model.wrappers.fully_sharded_distributed": SimpleNamespace(MMFullyShardedDataParallel=None),
}

with warnings.catch_warnings(), redirect_stdout(StringIO()), _instead(TRAINING):
    warnings.simplefilter("ignore")  # and it prints what it could not import
    import mmseg.datasets  # registers the transforms, which a pipeline would import later, and aloud
    import mmseg.models  # noqa: F401  registers every architecture
    from mmcv.cnn.utils import fuse_conv_bn as fuse_conv_bn
    from mmengine.config import Config as Config
    from mmengine.config import ConfigDict as ConfigDict
    from mmengine.dataset import Compose as Compose
    from mmengine.logging import MMLogger as MMLogger
    from mmengine.registry import init_default_scope as init_default_scope
    from mmseg.models.decode_heads import SETRUPHead as SETRUPHead
    from mmseg.models.decode_heads.decode_head import BaseDecodeHead as BaseDecodeHead
    from mmseg.registry import DATASETS as DATASETS
    from mmseg.registry import MODELS as MODELS
    from mmseg.registry import TRANSFORMS as TRANSFORMS
