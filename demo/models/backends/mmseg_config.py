"""MMSegmentation's config files: read, refused where they are of another age, and what they do to a photo."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from pathlib import Path

from demo.errors import STOPS, BackendError
from demo.models.backends.mmseg_package import TRANSFORMS, Compose, Config


def read_config(path: Path) -> Config:
    try:
        config = Config.fromfile(str(path), import_custom_modules=False)
    except STOPS:
        raise
    except BaseException as error:  # a config is a Python program: anything can happen in it
        raise BackendError(
            f"Wanted an MMSegmentation config file, got {path.name}, which cannot be read "
            f"({type(error).__name__}: {error}). Check the file."
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


_OLD_STEPS = ("MultiScaleFlipAug", "ImageToTensor", "DefaultFormatBundle", "Collect")


def _of_old(config: Config) -> str:
    """What shows that a config is of MMSegmentation 0.x; "" where nothing does."""
    data = config.get("data")
    if isinstance(data, dict) and {"test", "val", "train"} & data.keys():
        return "data"
    steps = config.get("test_pipeline")
    for step in steps if isinstance(steps, list | tuple) else ():
        if isinstance(step, dict):
            signs = [step["type"]] if step.get("type") in _OLD_STEPS else [key for key in step if key == "img_scale"]
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
                    f"({type(error).__name__}: {error}). Install the package that has it, or "
                    "name its folder in PYTHONPATH."
                ) from error


def compose(config: Config, factor: float = 1) -> Compose:
    """What the config does to a photo before its network sees it."""
    name = Path(config.filename).name
    if drawn := _drawn_steps(config):
        raise BackendError(
            f"The test_pipeline of {name} has {', '.join(drawn)}, which changes a photo at random, as in training: an "
            "answer would not lie on its photo. Take it out."
        )
    try:
        return Compose(_pipeline(config, factor))
    except Exception as error:  # each step is built by its own class, which may be anybody's
        if unknown := _unknown_steps(config):
            raise BackendError(
                f"{name} wants {', '.join(unknown)} in its test_pipeline, which nothing here defines. Name the module "
                "that does in custom_imports, or take the step out."
            ) from error
        raise BackendError(
            f"The test_pipeline of {name} cannot be built ({type(error).__name__}: {error}). Check its steps."
        ) from error


def _drawn_steps(config: Config) -> list[str]:
    """MMSegmentation's and MMCV's steps that change a photo at random, apart from those that never do."""
    steps = config.test_pipeline if isinstance(config.test_pipeline, list | tuple) else ()
    named = [step for step in steps if isinstance(step, dict) and str(step.get("type")).startswith("Random")]
    return [str(step["type"]) for step in named if step.get("prob", 1) != 0]


def _unknown_steps(config: Config) -> list[str]:
    with suppress(Exception):  # a pipeline of no steps at all, which the error itself tells
        return [step["type"] for step in config.test_pipeline if TRANSFORMS.get(step["type"]) is None]
    return []


def _pipeline(config: Config, factor: float = 1) -> list[dict[str, object]]:
    """The config's own test transforms, without what reads files; its test size times `factor`."""
    steps = [step for step in config.test_pipeline if step["type"] not in ("LoadImageFromFile", "LoadAnnotations")]
    return [
        {**step, "scale": tuple(round(side * factor) for side in step["scale"])}
        if factor != 1 and "scale" in step
        else step
        for step in steps
    ]
