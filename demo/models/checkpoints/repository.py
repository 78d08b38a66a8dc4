"""Fetch a repository of the Hugging Face Hub: its config, image processor and .safetensors at one commit, nothing else.

A OneFormer's tokenizer comes too. They go where every program of the Hub looks for them, each fetched like any
checkpoint: resumed, held to its hash, moved into place in one step. config.json comes last, so that what has it is whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from demo.catalog.hub import cached_repository, hub_cache
from demo.errors import FetchError
from demo.models.checkpoints.hub_access import authorization, endpoint, is_offline
from demo.schema import Weights

FetchFile = Callable[[Weights, Path], Path]
PROCESSORS = ("preprocessor_config.json", "processor_config.json")
TOKENIZER = ("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json", "tokenizer.json")
"""Of a OneFormer, which is told its task in words."""
_PICKLES = (".bin", ".pt", ".pth", ".ckpt")
_SEGMENTS = re.compile("For(Semantic|Universal)Segmentation$|^MaskFormerForInstanceSegmentation$")


def fetch_repository(weights: Weights, cache: Path | None, sources: Sequence[str], fetch_file: FetchFile) -> Path:
    """The folder of the repository's files in `cache`, or in the Hub's own; `fetch_file` brings one file to a folder.

    Of a repository without a named revision, the commit of today is noted, and later runs use that one.

    Raises FetchError in one sentence: offline, gated, missing, no segmentation network, a pickle only, no processor.
    """
    name = weights.repository
    if sources:
        raise FetchError(
            f"{name} comes from the Hub, or from the mirror of it that HF_ENDPOINT names, not from {sources[0]}. A folder "
            "that has its files is a model itself: hf:./folder."
        )
    if is_offline():
        _fail(weights, "it is not asked while HF_HUB_OFFLINE is set; unset that, or name a folder: hf:./folder")
    found = _described(weights)
    files = _wanted(weights, found)
    commit = str(found["sha"])
    place = cached_repository(weights, cache or hub_cache())
    folder = place / "snapshots" / commit
    known = {str(file["rfilename"]): file for file in found["siblings"]}
    for file in files:
        large = known[file].get("lfs") or {}
        url = f"{endpoint()}/{name}/resolve/{commit}/{file}"
        sha256, size = str(large.get("sha256") or ""), known[file].get("size")
        try:
            path = fetch_file(Weights(file, sha256, (url,), size), folder)
        except FetchError as error:
            if found.get("gated") and re.search(r"answered 40[13]", str(error)):
                raise _gated(weights) from error
            raise
        if sha256:
            _keep_hash(path)
    _note_commit(place, weights.revision or "main", commit)
    return folder


def _described(weights: Weights) -> dict[str, Any]:
    """What the Hub says of the revision: its commit, its files with sizes and hashes, whether it is gated."""
    import httpx

    revision = quote(weights.revision or "main", safe="")
    url = f"{endpoint()}/api/models/{weights.repository}/revision/{revision}"
    try:
        with httpx.Client(timeout=20, follow_redirects=True, headers=authorization(url)) as client:
            response = client.get(url, params={"blobs": "true"})
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, ImportError) as error:
        raise _failure(weights, f"it cannot be reached ({error or type(error).__name__})") from error
    code = response.headers.get("X-Error-Code", "")
    if code == "GatedRepo":
        raise _gated(weights)
    if code == "RevisionNotFound":
        _fail(weights, f"it has no revision {weights.revision or 'main'} there; name a branch, tag or commit that is")
    if response.status_code in (401, 403, 404):
        _fail(weights, "it is not there, or private: check its name, or set HF_TOKEN to a token that may read it")
    try:
        found = response.raise_for_status().json()
        _ = found["sha"], [file["rfilename"] for file in found["siblings"]]
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise _failure(weights, f"it answered {response.status_code} and nothing that describes it") from error
    if not re.fullmatch("[0-9a-f]{40}", str(found["sha"])):
        _fail(weights, "it names no commit")
    return dict(found)


def _wanted(weights: Weights, found: dict[str, Any]) -> list[str]:
    """The files to fetch, config.json last. Raises FetchError for a repository without what a network needs."""
    there = [str(file["rfilename"]) for file in found["siblings"] if "/" not in str(file["rfilename"])]
    made = (found.get("config") or {}).get("architectures") or []
    if "config.json" not in there or (made and not _SEGMENTS.search(str(made[0]))):
        what = f"a {made[0]}" if made else "without config.json"
        _fail(weights, f"it is no semantic segmentation network of transformers, but {what}; choose another")
    tensors = [file for file in there if re.fullmatch(r"model(-\d+-of-\d+)?\.safetensors(\.index\.json)?", file)]
    if "model.safetensors" in tensors:
        tensors = ["model.safetensors"]
    if not tensors:
        pickles = [file for file in there if file.endswith(_PICKLES)]
        what = f"its weights are a pickle only ({pickles[0]}), which is never read" if pickles else "it has no weights"
        _fail(weights, f"{what}; name a revision that has model.safetensors, such as refs/pr/1")
    if not any(file in there for file in PROCESSORS):
        _fail(weights, f"it has no {PROCESSORS[0]}, so nothing says what its network must be shown; choose another")
    further = PROCESSORS + (TOKENIZER if made and made[0].startswith("OneFormer") else ())
    return [*tensors, *(file for file in further if file in there), "config.json"]


def _failure(weights: Weights, why: str) -> FetchError:
    at = f"@{weights.revision}" if weights.revision else ""
    return FetchError(f"hf:{weights.repository}{at} could not be fetched from {endpoint()}: {why}.", [(endpoint(), why)])


def _fail(weights: Weights, why: str) -> None:
    raise _failure(weights, why)


def _gated(weights: Weights) -> FetchError:
    return _failure(
        weights,
        f"it is gated; accept its terms at {endpoint()}/{weights.repository}, then set HF_TOKEN to a token of that account",
    )


def _keep_hash(path: Path) -> None:
    """Beside the file, for later runs to hold it to."""
    from demo.models.checkpoints.pins import pin

    pin(Weights(path.name, ""), path)


def _note_commit(place: Path, revision: str, commit: str) -> None:
    from demo.images import write_atomic

    if revision != commit:
        note = place / "refs" / revision
        note.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(note, commit.encode())
