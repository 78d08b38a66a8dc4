"""The models as data: sets of rows, names with "did you mean", and model files of the user's own."""

from demo.catalog.names import Names, default_set, find, models, named_in_catalogue, resolve
from demo.catalog.openmmlab import excluded, resolve_config
from demo.catalog.own import OWN_FILES
from demo.catalog.sets import COMPACT, ROOT, SETS, ZOO, ModelSet, default_order, model_set

__all__ = [
    "OWN_FILES",
    "COMPACT",
    "ROOT",
    "SETS",
    "ZOO",
    "ModelSet",
    "Names",
    "default_order",
    "default_set",
    "excluded",
    "find",
    "model_set",
    "models",
    "named_in_catalogue",
    "resolve",
    "resolve_config",
]
