"""MMSegmentation's config files: read, refused where they are of another age, and what they do to a photo."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

from demo.errors import STOPS, BackendError, reason
from demo.models.backends.mmseg_package import TRANSFORMS, Compose, Config
from demo.schema import Size


def read_config(path: Path) -> Config:
    try:
        config = Config.fromfile(str(path), import_custom_modules=False)
    except STOPS:
        raise
    except BaseException as error:  # a config is a Python program: anything can happen in it
        raise BackendError(
            f"Wanted an MMSegmentation config file, got {path.name}, which cannot be read "
            f"({reason(error)}). {_remedy(error)}"
        ) from error
    if sign := _of_old(config):
        raise BackendError(
            f"{path.name} is written for MMSegmentation 0.x ({sign}), but 1.x is installed. Take the "
            "same model's config from MMSegmentation 1.x, or write test_pipeline as LoadImageFromFile, Resize with "
            "scale, PackSegInputs, and mean and std as the model's data_preprocessor."
        )
    _import_modules(config.get("custom_imports"), path.name)
    if missing := [key for key in ("model", "test_pipeline") if not config.get(key)]:
        raise BackendError(
            f"Wanted an MMSegmentation config with model and test_pipeline, got {path.name}, "
            f"which has no {' and no '.join(missing)}. Add what is missing, or give the model's own config."
        )
    return config


def _remedy(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "Look whether its _base_, or that of one of those, names a config that names it again."
    return "Check the file."


_READERS = ("LoadImageFromFile", "LoadImageFromNDArray", "LoadAnnotations", "LoadDepthAnnotation")
_OLD_STEPS = ("MultiScaleFlipAug", "ImageToTensor", "DefaultFormatBundle", "Collect")


def _of_old(config: Config) -> str:
    """What shows that a config is of MMSegmentation 0.x; "" where nothing does."""
    data = config.get("data")
    if isinstance(data, dict) and {"test", "val", "train"} & data.keys():
        return "data"
    steps = config.get("test_pipeline")
    for step in steps if isinstance(steps, list | tuple) else ():
        if isinstance(step, dict):
            signs = (
                [step["type"]]
                if name_of(step.get("type")) in _OLD_STEPS
                else [key for key in step if key == "img_scale"]
            )
            if signs:
                return str(signs[0])
    return ""


def _import_modules(wanted: object, name: str) -> None:
    """The modules of a config's custom_imports, which register what the config names."""
    if not isinstance(wanted, dict):
        return
    modules, may_fail = wanted.get("imports") or (), bool(wanted.get("allow_failed_imports", False))
    for module in [modules] if isinstance(modules, str) else modules:
        try:
            import_module(str(module))
        except STOPS:
            raise
        except BaseException as error:  # it is a program as well
            if not (may_fail and isinstance(error, ImportError)):
                raise BackendError(
                    f"{name} wants the module {module} (custom_imports), which cannot be imported "
                    f"({reason(error)}). Install the package that has it, or "
                    "name its folder in PYTHONPATH."
                ) from error


def compose(config: Config, factor: float = 1) -> Compose:
    """What the config does to a photo before its network sees it."""
    name = Path(config.filename).name
    steps = list(_every_step(config.test_pipeline))
    if drawn := [_name(step) for step in steps if _draws(step)]:
        raise BackendError(
            f"The test_pipeline of {name} has {', '.join(drawn)}, which changes a photo at random, as in training: an "
            "answer would not lie on its photo. Take it out."
        )
    for step in steps:
        if wrong := _UNFIT.get(_name(step)):
            raise BackendError(f"The test_pipeline of {name} has {_name(step)}, which {wrong}")
    try:
        return Compose(_pipeline(config, factor))
    except Exception as error:  # each step is built by its own class, which may be anybody's
        if unknown := _unknown_steps(config):
            raise BackendError(
                f"{name} wants {', '.join(unknown)} in its test_pipeline, which nothing here defines. Name the module "
                "that does in custom_imports, or take the step out."
            ) from error
        raise BackendError(
            f"The test_pipeline of {name} cannot be built ({reason(error)}). Check its steps."
        ) from error


def enlarged(step: object, size: Size) -> Size:
    """(height, width) that a step of a pipeline makes of an image, as far as that can be told before it does."""
    scale, factor = getattr(step, "scale", None), getattr(step, "scale_factor", None)
    height, width = size
    if not isinstance(scale, tuple | list) and factor:
        wide, high = factor if isinstance(factor, tuple | list) else (factor, factor)
        return round(height * high), round(width * wide)
    if isinstance(scale, tuple | list) and len(scale) == 2:
        if not getattr(step, "keep_ratio", False):
            return scale[1], scale[0]
        by = min(max(scale) / max(size), min(scale) / min(size))
        return round(height * by), round(width * by)
    return size


Windows: TypeAlias = tuple[Size, Size]


def windows_of(test_cfg: Mapping[str, Any] | None, name: str) -> Windows | None:
    """Size and stride (height, width) of the windows by which a network answers, None where it takes photos whole.

    Raises BackendError for windows that leave pixels out, or are none.
    """
    told = test_cfg or {}
    if (mode := told.get("mode", "whole")) not in ("whole", "slide"):
        raise BackendError(
            f"The test_cfg of {name} should have mode='whole' or mode='slide', but has {mode!r}. Correct it."
        )
    if mode == "whole":
        return None
    crop, stride = (
        tuple(sides) if isinstance(sides := told.get(key), list | tuple) else () for key in ("crop_size", "stride")
    )
    numbers = len(crop) == len(stride) == 2 and all(isinstance(side, int) and side > 0 for side in (*crop, *stride))
    if not numbers or stride[0] > crop[0] or stride[1] > crop[1]:
        raise BackendError(
            f"The test_cfg of {name} should have crop_size and stride, two whole numbers above 0 each and no stride "
            f"larger than its crop_size, for mode='slide', but has {told.get('crop_size')} and {told.get('stride')}. "
            "Correct them, or take mode='whole'."
        )
    return crop, stride


_CHANCE = ("PhotoMetricDistortion", "Albu", "BioMedicalGaussianBlur", "BioMedicalGaussianNoise")
_UNFIT = {
    "CenterCrop": "cuts the photo: the rest of it would have no answer. Take it out.",
    "TestTimeAug": "makes several images of one. Give one image's steps as test_pipeline; for scores averaged over "
    "sizes there is evaluate --scales.",
}


def _every_step(steps: object) -> Iterator[Mapping[str, Any]]:
    """The steps that are none of ours to judge otherwise, those within others too."""
    for step in steps if isinstance(steps, list | tuple) else ():
        if isinstance(step, Mapping):
            yield step
            if _name(step) not in _UNFIT:
                yield from _every_step(step.get("transforms"))
        else:
            yield from _every_step(step)


def _name(step: Mapping[str, Any]) -> str:
    """What a step is called, whether its type is a name, one with a scope before it, or the class itself."""
    return name_of(step.get("type"))


def name_of(kind: object) -> str:
    """
    >>> name_of("mmseg.PackSegInputs"), name_of(dict)
    ('PackSegInputs', 'dict')
    """
    return kind.rpartition(".")[2] if isinstance(kind, str) else getattr(kind, "__name__", str(kind))


def _draws(step: Mapping[str, Any]) -> bool:
    """Whether it is one of MMSegmentation's or MMCV's that change a photo at random, apart from those that never do."""
    name = _name(step)
    return (name.startswith(("Random", "BioMedicalRandom")) or name in _CHANCE) and step.get("prob", 1) != 0


def _unknown_steps(config: Config) -> list[str]:
    with suppress(Exception):  # a pipeline of no steps at all, which the error itself tells
        types = [step["type"] for step in config.test_pipeline if isinstance(step["type"], str)]
        return [kind for kind in types if TRANSFORMS.get(kind) is None]
    return []


def _pipeline(config: Config, factor: float = 1) -> list[dict[str, object]]:
    """The config's own test transforms, without what reads files; its test size times `factor`."""
    steps = [step for step in config.test_pipeline if name_of(step["type"]) not in _READERS]
    return [
        {**step, "scale": tuple(round(side * factor) for side in step["scale"])}
        if factor != 1 and "scale" in step
        else step
        for step in steps
    ]
