"""What can go wrong for a user, drawn as a tree. Each text says what was wanted, what came, what to do next.

DemoError
├── ImageError          the photo cannot be read or is over a limit
├── UnknownModelError   no model, set or class of that name
├── CheckpointError     a checkpoint file cannot be used
│   ├── MissingCheckpointError   it is nowhere on disk
│   ├── FetchError               no source delivered it
│   └── CorruptCheckpointError   the bytes are not the expected ones, or do not fit the network
├── ClassSetError       a list of classes cannot be read, or is not the network's
├── BackendError        the network cannot be built or run here
├── QuestionError       what is asked of the networks cannot be asked of this photo
├── TruthError          a ground truth does not fit its photo or its format
├── ChangeError         a change of the photo cannot be made as it was asked for
├── DatasetError        a folder is not laid out as the command needs
├── ManifestError       a manifest cannot be read, or is of another photo
└── AddressError        the page cannot be served from there

A programmer's mistake is a ValueError and is not in this tree.
"""

from collections.abc import Sequence
from contextlib import suppress

from demo.names import readable

STOPS = (KeyboardInterrupt, GeneratorExit)
"""What ends our own work, and is nobody else's fault."""


_LONGEST_REASON = 300


def reason(error: BaseException) -> str:
    """What an error that is not ours says, for a sentence: its kind and its text, on one line and not without end.

    >>> reason(ValueError("of two\\n lines")), reason(MemoryError())
    ('ValueError: of two lines', 'MemoryError')
    """
    said = ""
    with suppress(Exception):  # an error's text is anybody's program too
        said = " ".join(str(error).split())
    said = said.rstrip(".")
    if len(said) > _LONGEST_REASON:
        said = f"{said[:_LONGEST_REASON].rstrip()} ..."
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


class DemoError(Exception):
    """Anything a user can mend. The command line prints it on one line, the page shows it."""

    def __init__(self, text: str) -> None:
        super().__init__(readable(text))


class ImageError(DemoError):
    """The photo cannot be read or is over a limit."""


class UnknownModelError(DemoError):
    """No model, set or class of that name; the text suggests the nearest ones."""


class CheckpointError(DemoError):
    """A checkpoint file cannot be used."""


class MissingCheckpointError(CheckpointError):
    """The file is in none of the folders searched."""


class FetchError(CheckpointError):
    """No source delivered the file; `tried` are the sources, each with what went wrong there."""

    def __init__(self, text: str, tried: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(text)
        self.tried = tuple(tried)


class CorruptCheckpointError(CheckpointError):
    """The bytes are not the expected ones, or do not fit the network."""


class ClassSetError(DemoError):
    """A list of classes cannot be read, or is not the network's."""


class BackendError(DemoError):
    """The network cannot be built or run on this machine."""


class QuestionError(DemoError):
    """What is asked of the networks cannot be asked of this photo."""


class TruthError(DemoError):
    """A ground truth does not fit its photo or its format."""


class ChangeError(DemoError):
    """A change of the photo cannot be made as it was asked for."""


class DatasetError(DemoError):
    """A folder is not laid out as the command needs."""


class ManifestError(DemoError):
    """A manifest cannot be read, or is of another photo."""


class AddressError(DemoError):
    """The page cannot be served from there."""
