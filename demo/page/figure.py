"""A figure of what the page shows, for slides and papers: the viewer's script asks for it and saves it as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from demo.errors import DemoError
from demo.export import figure, figure_row
from demo.measures import BY_ID
from demo.page.drawn import TURN, TYPES, as_file
from demo.page.failures import sentence
from demo.page.store import Run, Store
from demo.page.tabs.tab import GONE
from demo.schema import LAYOUTS, Layout

if TYPE_CHECKING:
    from demo.models.zoo import Answer
    from demo.render.figures import Kind
    from demo.render.paint import Scheme

Row: TypeAlias = dict[str, object]

WRONG = f"Ask with run, name, models, kind (png, svg or pdf) and layout ({', '.join(LAYOUTS)})."


class Figures:
    """Answers the questions, one at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def ask(self, question: object) -> Row:
        """The reply to {run, name, models, kind, layout} and the look: a file's name and its content as a URL.

        The look is {measure, opacity, grey, official}; what of it is missing is as a first visitor sees it.
        """
        options = question if isinstance(question, dict) else {}
        match question:
            case {"run": str(key), "name": str(name), "models": list(models), "kind": kind, "layout": layout} if (
                kind in TYPES and layout in LAYOUTS
            ):
                run = self._store.get(key)
            case _:
                return {"message": WRONG}
        if run is None:
            return {"message": GONE}
        answers = [run.answers[m] for m in models if isinstance(m, str) and m in run.answers]
        if not answers:
            return {"message": "There is nothing to draw yet: segment a photo first."}
        look = Look.of(options)
        try:
            with TURN:
                content = draw(run, name, answers, kind, layout, look)
        except DemoError as error:
            return {"message": str(error)}
        except Exception as error:
            return {"message": sentence(error).message}
        return as_file(name, layout, kind, content)


@dataclass(frozen=True)
class Look:
    """How the page's panels look at the moment."""

    measure: str = "entropy"
    opacity: float = 0.6
    """Of the classes over the photo, 0..1."""
    grey: bool = False
    official: bool = False

    @classmethod
    def of(cls, told: dict[str, object]) -> Look:
        """From a browser's words; what is none of them is left as it is."""
        measure, opacity = told.get("measure"), told.get("opacity")
        return cls(
            measure if isinstance(measure, str) and measure in BY_ID else cls.measure,
            float(opacity) if isinstance(opacity, int | float) and 0 <= opacity <= 1 else cls.opacity,
            told.get("grey") is True,
            told.get("official") is True,
        )


def draw(run: Run, name: str, answers: Sequence[Answer], kind: Kind, layout: Layout, look: Look) -> bytes:
    rows = [figure_row(answer, answer.prediction, look.measure) for answer in answers]
    scheme: Scheme = "article" if look.grey else "colour"
    return figure(
        run.named(name), rows, kind, layout=layout, scheme=scheme, official=look.official, opacity=look.opacity
    )
