"""The sets, the names that people use, and model files of their own."""

import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from demo import catalog
from demo.catalog import openmmlab
from demo.catalog.own import _guess_family, own_paths
from demo.errors import BackendError, MissingCheckpointError, UnknownModelError
from demo.schema import ModelSpec, Reported, Weights

PAPER = {
    "fcn-r101": ("FCN", "cnn", 0.3991, "fd192bd5"),
    "pspnet-r101": ("PSPNet", "cnn", 0.4439, "967c316f"),
    "deeplabv3plus-r101": ("DeepLabV3+", "cnn", 0.4547, "38ed86bb"),
    "setr-naive-vit-l": ("SETR", "transformer", 0.4828, "061f24f5"),
    "segformer-b4": ("SegFormer", "transformer", 0.4846, "7f509d7d"),
}
ROWS = 176
"""ADE20K rows in the model index of MMSegmentation 1.4.2."""


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with an empty folder of compact networks."""
    (tmp_path / catalog.COMPACT).mkdir(parents=True)
    monkeypatch.setattr(catalog.sets, "ROOT", tmp_path)
    return tmp_path


@pytest.fixture
def without_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openmmlab, "find_spec", lambda name: None)
    for cached in (openmmlab.index, openmmlab.zoo, openmmlab.excluded):
        cached.cache_clear()


# ---- sets


def test_the_paper_set_is_the_articles_table() -> None:
    rows = {
        spec.id: (spec.title, spec.family, spec.reported.miou, spec.weights.sha256) for spec in catalog.models("paper")
    }
    assert rows == PAPER


def test_the_paper_set_names_the_model_index_own_files_configs_and_scores() -> None:
    index = {row["Weights"].rpartition("/")[2]: row for row in openmmlab.index()}
    for spec in catalog.models("paper"):
        row = index[spec.weights.file]
        assert row["Weights"] in spec.weights.sources
        assert row["Name"] == spec.config
        assert row["Paper"]["URL"] == spec.paper
        assert openmmlab._result(row)["Metrics"]["mIoU"] == pytest.approx(100 * spec.reported.miou)


def test_sources_are_the_mirror_then_the_original_host() -> None:
    mirror, original = catalog.find("fcn-r101").weights.sources
    folder = "/mmsegmentation/v0.5/fcn/fcn_r101-d8_512x512_160k_ade20k"
    path = f"{folder}/fcn_r101-d8_512x512_160k_ade20k_20200615_105816-fd192bd5.pth"
    assert mirror == "https://mmassets.onedl.ai" + path
    assert original == "https://download.openmmlab.com" + path


def test_compact_and_paper_have_the_same_titles_families_and_papers() -> None:
    compact, paper = catalog.models("compact"), catalog.models("paper")
    assert [(spec.title, spec.family, spec.paper) for spec in compact] == [(s.title, s.family, s.paper) for s in paper]


def test_a_compact_row_takes_its_file_from_the_folder(elsewhere: Path) -> None:
    (elsewhere / catalog.COMPACT / "fcn-compact-0123abcd.pth").write_bytes(b"12345")
    assert catalog.find("fcn-compact").weights == Weights(
        "fcn-compact-0123abcd.pth", "0123abcd", size=5, licence="see its card"
    )


def test_a_compact_row_without_a_file_is_still_a_row(elsewhere: Path) -> None:
    (elsewhere / catalog.COMPACT / "fcn-compact-unhashed.pth").write_bytes(b"12345")
    assert catalog.find("fcn-compact").weights.file == "fcn-compact.pth"
    assert len(catalog.models("compact")) == 5


def test_every_set_says_whose_training_it_is_and_each_of_its_models_too() -> None:
    for name in catalog.SETS:
        found = catalog.model_set(name)
        assert found.label and found.about and found.licence and found.trained_by
        owners = {spec.trained_by for spec in catalog.models(name)}
        assert owners == {found.trained_by} or (found.on_hub and all(owners))
        assert {spec.set for spec in catalog.models(name)} == {name}
    assert catalog.model_set("compact").folder == catalog.COMPACT.as_posix()


def test_the_default_is_the_first_set_that_is_there_whole() -> None:
    there = set(catalog.models("paper"))
    assert catalog.default_set(there.__contains__) == "paper"
    there.remove(catalog.find("setr-naive-vit-l"))
    assert catalog.default_set(there.__contains__) == "compact"
    there.update(catalog.models("ssseg"))
    assert catalog.default_set(there.__contains__) == "ssseg"
    there.add(catalog.find("setr-naive-vit-l"))
    assert catalog.default_set(there.__contains__) == "paper"


def test_the_ssseg_set_has_its_authors_scores_and_never_the_articles() -> None:
    specs, paper = catalog.models("ssseg"), catalog.models("paper")
    assert [spec.reported.miou for spec in specs] == [0.4122, 0.4455, 0.4572, 0.4836, 0.4859]
    for spec, its in zip(specs, paper, strict=True):
        assert (spec.title, spec.family, spec.config, spec.paper) == (its.title, its.family, its.config, its.paper)
        assert spec.reported == Reported(spec.reported.miou)
        (source,) = spec.weights.sources
        assert source.startswith("https://github.com/SegmentationBLWX/modelstore/releases/download/ssseg_")
        assert source.endswith(f"/{spec.weights.file}") and spec.weights.sha256 == ""
        assert spec.weights.licence.startswith("MIT")
    assert "research and evaluation only" in specs[-1].weights.licence


def test_the_zoo_is_the_rest_of_the_model_index() -> None:
    zoo, index = catalog.models("zoo"), openmmlab.index()
    assert len(index) == ROWS
    files = [row["Weights"].rpartition("/")[2] for row in index if row["Name"] not in catalog.excluded()]
    assert sorted(spec.weights.file for spec in (*zoo, *catalog.models("paper"))) == sorted(files)
    assert len(zoo) == ROWS - len(PAPER) - len(catalog.excluded()) == 139


def test_every_zoo_row_is_complete() -> None:
    for spec in catalog.models("zoo"):
        assert 0.19 < spec.reported.miou < 0.57, spec
        assert re.fullmatch("[0-9a-f]{8}", spec.weights.sha256), spec
        assert spec.weights.file.endswith(f"-{spec.weights.sha256}.pth"), spec
        assert all(url.endswith("/" + spec.weights.file) for url in spec.weights.sources), spec
        assert re.fullmatch("[a-z0-9-]+", spec.id), spec
        assert spec.paper.startswith("https://"), spec
        assert spec.weights.licence, spec
        assert catalog.resolve_config(spec).is_file(), spec


def test_no_id_and_no_title_is_used_twice() -> None:
    specs = [spec for name in catalog.SETS for spec in catalog.models(name)]
    assert not [name for name, count in Counter(spec.id for spec in specs).items() if count > 1]
    zoo = Counter(spec.title for spec in catalog.models("zoo"))
    assert not [title for title, count in zoo.items() if count > 1]


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("segmenter-vit-b-mask", "transformer"),
        ("segformer-b5-640", "transformer"),
        ("setr-mla-vit-l", "transformer"),
        ("swin-tiny-window7-in1k-upernet", "transformer"),
        ("twins-svt-s-upernet", "transformer"),
        ("beit-base-upernet-640", "transformer"),
        ("deit-s16-upernet", "transformer"),
        ("mae-base-upernet", "transformer"),
        ("dpt-vit-b16", "transformer"),
        ("knet-s3-swin-t-upernet-80k", "transformer"),
        ("knet-s3-r50-d8-fcn-80k", "cnn"),
        ("segnext-t", "cnn"),
        ("fcn-hr48", "cnn"),
        ("resnest-s101-deeplabv3plus", "cnn"),
        ("mobilenet-v2-fcn", "cnn"),
        ("dnl-r101", "cnn"),
    ],
)
def test_families_follow_the_backbone(name: str, family: str) -> None:
    assert catalog.find(name).family == family


def test_the_index_mistakes_are_mended() -> None:
    """Four of its rows name the config of another training."""
    for spec in catalog.models("zoo"):
        file_80k, config_80k = "80k" in spec.weights.file, "80k" in spec.config
        assert file_80k == config_80k, spec
        assert ("svt" in spec.weights.file) == ("svt" in spec.config), spec


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("ccnet_r50-d8_4xb4-80k_ade20k-512x512", "compiled"),
        ("psanet_r50-d8_4xb4-80k_ade20k-512x512", "compiled"),
        ("convnext-tiny_upernet_8xb2-amp-160k_ade20k-512x512", "mmpretrain"),
        ("mask2former_r50_8xb2-160k_ade20k-512x512", "mmdet"),
    ],
)
def test_what_is_left_out_says_why(config: str, reason: str) -> None:
    assert reason in catalog.excluded()[config]
    with pytest.raises(UnknownModelError, match=rf"{config} .* cannot run here: it needs .*{reason}"):
        catalog.find(config)


def test_a_model_left_out_is_known_by_its_short_name_too() -> None:
    with pytest.raises(UnknownModelError, match=r"ConvNeXt-tiny-upernet .* mmpretrain"):
        catalog.find("ConvNeXt-tiny-upernet")


@pytest.mark.slow
def test_every_row_left_builds_with_150_classes() -> None:
    """And those left out do not, so that none is missing without need."""
    from demo.models.backends.mmseg import build_network
    from demo.models.backends.modules import without_random_init

    specs = (*catalog.models("paper"), *catalog.models("zoo"))
    with without_random_init():
        for config in {catalog.resolve_config(spec) for spec in specs}:
            assert build_network(config).num_classes == 150, config
    folder = openmmlab._package_folder() / "configs"
    for config in catalog.excluded():
        with pytest.raises(BackendError):
            build_network(next(folder.glob(f"*/{config}.py"), folder / "missing.py"))


def test_an_unknown_set_is_answered_with_the_nearest() -> None:
    with pytest.raises(
        UnknownModelError, match=r"'papre': did you mean paper.*compact, compact-more, paper, ssseg, zoo"
    ):
        catalog.models("papre")


# ---- names


@pytest.mark.parametrize(
    "name",
    [
        "segformer-b4",
        "SegFormer-B4",
        "segformer_b4",
        " segformer-b4 ",
        "segformer_mit-b4_8xb2-160k_ade20k-512x512",
        "segformer_mit-b4_8xb2-160k_ade20k-512x512.py",
        "segformer_mit-b4_512x512_160k_ade20k_20210728_183055-7f509d7d.pth",
    ],
)
def test_a_model_is_found_by_each_of_its_names(name: str) -> None:
    assert catalog.find(name).id == "segformer-b4"


def test_a_title_that_sets_share_names_all() -> None:
    with pytest.raises(UnknownModelError, match="'fcn' is the name of 3 models: fcn-compact, fcn-r101, fcn-ssseg"):
        catalog.find("fcn")


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownModelError, match=r"'segfromer-b4': did you mean segformer-b4"):
        catalog.find("segfromer-b4")
    with pytest.raises(UnknownModelError, match=r"'zzz'\. `python -m demo list`"):
        catalog.find("zzz")


def test_resolve_takes_sets_ids_commas_and_lists_each_model_once_in_order() -> None:
    ids = [spec.id for spec in catalog.resolve(["segformer-b4, Compact", "fcn-compact,fcn-r101"])]
    compact = [spec.id for spec in catalog.models("compact")]
    assert ids == ["segformer-b4", *compact, "fcn-r101"]
    assert catalog.resolve("paper") == catalog.models("paper")


@pytest.mark.parametrize("nothing", ["", " , ", []])
def test_naming_nothing_is_an_error(nothing: str | list[str]) -> None:
    with pytest.raises(UnknownModelError, match="No model was named"):
        catalog.resolve(nothing)


# ---- model files of one's own


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "my net.py").write_text("model = dict(backbone=dict(type='ResNetV1c'))")
    (tmp_path / "a-12ab34cd.pth").write_bytes(b"weights")
    (tmp_path / "b.pth").write_bytes(b"weights")
    return tmp_path


def test_an_own_model_is_named_after_its_config(own: Path) -> None:
    (spec,) = catalog.resolve(f"{own}/my net.py:{own}/a-12ab34cd.pth")
    assert spec == ModelSpec(
        "my net",
        "my net",
        "cnn",
        "own",
        str(own / "my net.py"),
        Weights(str(own / "a-12ab34cd.pth"), "12ab34cd", size=7),
    )
    assert catalog.resolve_config(spec) == own / "my net.py"


def test_relative_paths_and_commas_in_paths(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(own)
    (own / "a,b.py").write_text("")
    specs = catalog.resolve(["fcn-compact", "a,b.py:b.pth"])
    assert [spec.id for spec in specs] == ["fcn-compact", "a,b"]
    assert specs[1].weights == Weights(str(own / "b.pth"), "", size=7)


def test_two_weights_of_one_config_are_two_models(own: Path) -> None:
    config = own / "my net.py"
    specs = catalog.resolve([f"{config}:{own}/b.pth", f"{config}:{own}/a-12ab34cd.pth", f"{config}:{own}/b.pth"])
    assert [spec.id for spec in specs] == ["my net", "my net-a-12ab34cd"]


def test_own_models_of_any_names_have_ids_apart_and_leave_the_catalogues_alone(own: Path) -> None:
    named = []
    for folder in "xyz":
        (own / folder).mkdir()
        for name in ("my net.py", "fcn-compact.py", "w.pth"):
            (own / folder / name).write_text("model = dict()")
        named.append(f"{own}/{folder}/my net.py:{own}/{folder}/w.pth")
    specs = catalog.resolve([*named, named[1]])
    assert [spec.id for spec in specs] == ["my net", "my net-w", "my net-w-2"]
    assert catalog.resolve(specs) == specs, "rows already resolved keep their ids"
    assert catalog.resolve(specs[1:2]) == specs[1:2]
    own_fcn = f"{own}/x/fcn-compact.py:{own}/x/w.pth"
    for order in ([own_fcn, "fcn-compact"], ["fcn-compact", own_fcn], [own_fcn]):
        ids = {spec.set: spec.id for spec in catalog.resolve(order)}
        assert ids["own"] == "fcn-compact-w" and ids.get("compact", "fcn-compact") == "fcn-compact"
    one_file = [f"{own}/x/my net.py:{own}/x/w.pth", f"{own}/x/fcn-compact.py:{own}/x/w.pth"]
    assert len(catalog.resolve(one_file)) == 2, "two configs of one file of weights are two models"


def test_a_date_in_an_own_files_name_is_no_hash(own: Path) -> None:
    (own / "net-20240115.pth").write_bytes(b"weights")
    (spec,) = catalog.resolve(f"{own}/my net.py:{own}/net-20240115.pth")
    assert spec.weights.sha256 == ""


def test_a_stranger_cannot_name_files_of_this_machine(own: Path) -> None:
    for name in (f"{own}/my net.py:{own}/b.pth", "app.py:/etc/passwd"):
        with pytest.raises(UnknownModelError, match="is not in the catalogue"):
            catalog.named_in_catalogue(["fcn-compact", name])
    assert catalog.named_in_catalogue("compact") == catalog.models("compact")


def test_a_drive_letter_keeps_its_colon() -> None:
    assert own_paths(r"C:\my nets\a.py:D:\b.pth") == (r"C:\my nets\a.py", r"D:\b.pth")
    assert own_paths("fcn-compact") is None
    assert own_paths("a.py") is None


def test_own_files_that_are_not_there(own: Path) -> None:
    (own / "lost.py").symlink_to("/not/mounted/lost.py")
    with pytest.raises(UnknownModelError, match=r"lost\.py should be a file, .* is a link to /not/mounted/lost\.py"):
        catalog.resolve(f"{own}/lost.py:{own}/none.pth")
    with pytest.raises(
        UnknownModelError,
        match=r"none\.py should be a file, as an own model is written my_config\.py:.*, but is not there",
    ):
        catalog.resolve(f"{own}/none.py:{own}/b.pth")
    with pytest.raises(MissingCheckpointError, match=r"none\.pth should be a file, .* but is not there"):
        catalog.resolve(f"{own}/my net.py:{own}/none.pth")


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("backbone=dict(type='MixVisionTransformer')", "transformer"),
        ("backbone=dict(type='VisionTransformer')", "transformer"),
        ("backbone=dict(type='SwinTransformer')", "transformer"),
        ("backbone=dict(type='MSCAN')", "cnn"),
        ("_base_ = ['base.py']", "transformer"),
        ("_base_ = ['loop.py']", "cnn"),
    ],
)
def test_the_family_of_an_own_model_is_guessed(own: Path, text: str, family: str) -> None:
    (own / "base.py").write_text("backbone=dict(type='PCPVT')")
    (own / "loop.py").write_text("_base_ = ['loop.py', 'net.py']")
    (own / "net.py").write_text(text)
    assert catalog.resolve(f"{own}/net.py:{own}/b.pth")[0].family == family


def test_the_guess_agrees_with_the_catalogue() -> None:
    for spec in (*catalog.models("paper"), *catalog.models("zoo")):
        assert _guess_family(catalog.resolve_config(spec)) == spec.family, spec


# ---- configs and the package


def test_configs_are_found_in_the_package_and_the_repository(elsewhere: Path) -> None:
    path = catalog.resolve_config(catalog.find("segformer-b4"))
    assert path.name == "segformer_mit-b4_8xb2-160k_ade20k-512x512.py"
    assert path.is_file()
    config = elsewhere / catalog.COMPACT / "fcn-compact.py"
    config.write_text("")
    assert catalog.resolve_config(catalog.find("fcn-compact")) == config


def test_a_missing_config_is_said_so(elsewhere: Path) -> None:
    with pytest.raises(BackendError, match=r"config of fcn-compact is missing: .*fcn-compact\.py is not a file"):
        catalog.resolve_config(catalog.find("fcn-compact"))
    with pytest.raises(BackendError, match=r"no config other\.py"):
        catalog.resolve_config(ModelSpec("x", "X", "cnn", "zoo", "other", Weights("x.pth", "")))


@pytest.mark.usefixtures("without_package")
def test_without_mmsegmentation_two_sets_remain() -> None:
    assert catalog.find("fcn-r101").title == "FCN"
    with pytest.raises(UnknownModelError):
        catalog.find("fcn-r50")
    with pytest.raises(BackendError, match=r"not installed: pip install -r requirements\.txt"):
        catalog.models("zoo")
    with pytest.raises(BackendError, match=r"fcn-r101 needs its config.*not installed"):
        catalog.resolve_config(catalog.find("fcn-r101"))


@pytest.mark.slow
def test_the_whole_catalogue_is_read_within_a_second_and_without_the_package() -> None:
    code = (
        "import sys; from demo import catalog; catalog.resolve(catalog.SETS)\n"
        "print(*sorted({'torch', 'mmseg', 'mmcv', 'mmengine', 'numpy.testing'} & set(sys.modules)))"
    )
    begin = time.perf_counter()
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=catalog.ROOT, check=True)
    assert time.perf_counter() - begin < 3  # a second on a quiet machine
    assert told.stdout.split() == []


@pytest.mark.parametrize("name", ["hf:some-lab/net", "hf:./folder", "fcn-compact, hf:some-lab/net"])
def test_strangers_name_no_network_of_the_hub(name: str) -> None:
    with pytest.raises(UnknownModelError, match=r"'hf:.*' is not in the catalogue"):
        catalog.named_in_catalogue(name)
