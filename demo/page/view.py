"""What the page shows of one run, as it goes to the browser: a photo, a panel a model, and maps of all models together.

Sizes and areas follow the rest of the project (pixels, shares 0..1, nats); maps are grey PNG files that the browser
reads back value for value. Nothing here is text to be run: the browser only ever sets it as text.
"""

from __future__ import annotations

from typing import Literal

from gradio.data_classes import FileData, GradioModel
from pydantic import Field

Status = Literal["queued", "loading", "running", "done", "failed", "stopped"]
MapKind = Literal["classes", "codes", "scalar", "regions"]


class ClassShare(GradioModel):
    """One row of a legend."""

    index: int
    """Position in the class set's names."""
    area: float
    means: dict[str, float]
    """Mean of each measure that the network can say over the class's pixels, by its id."""


class MeasureScale(GradioModel):
    """A measure of doubt as the page shows it; the rows of demo.measures."""

    id: str
    title: str
    unit: str
    top: float
    """The scale is 0..`top`."""
    high_is_doubt: bool
    sentence: str
    needs: str


class Classes(GradioModel):
    """A class set: what the numbers of a label map mean, and how they are drawn."""

    key: str
    title: str
    names: list[str]
    distinct: list[str]
    """As CSS writes it: #rrggbb; a colour a class."""
    official: list[str]
    supercategories: list[str]
    measures: list[MeasureScale]
    """Every measure of doubt, with the scale that it has for so many classes."""
    offset: int
    """An annotation file holds a class's position plus this."""


class Panel(GradioModel):
    """One model's place in the grid, filled when its network has finished."""

    id: str
    title: str
    trained_by: str = ""
    family: str
    status: Status = "queued"
    message: str = ""
    """A sentence, where the status needs one."""
    labels: FileData | None = None
    """Grey PNG at the view's size: position in the class set's names."""
    fields: FileData | None = None
    """Grey PNG: the maps of `measures` one below the other, each in FIELD_LEVELS steps of its full scale."""
    measures: list[str] = Field(default_factory=list)
    """Ids of what the network can say, in the order of `fields`."""
    class_set: str = ""
    """The key of its classes; empty before it has answered."""
    classes: list[ClassShare] = Field(default_factory=list)
    """The classes present, the largest first."""
    seconds: float = 0.0
    computed: str = ""
    """Where and in which precision, in words."""
    parameters: int = 0
    entropy: float = 0.0
    """Mean over all pixels, nats."""


class Code(GradioModel):
    """One value of a map of kind "codes" and what it means."""

    value: int
    label: str
    colour: str
    """As CSS writes it: #rrggbb."""
    area: float | None = None


class Layer(GradioModel):
    """A map of all models together: it can take the photo's place in the grid, and either side of the swipe.

    "classes" holds class indices (255: nothing), "codes" the values of `codes`, "scalar" 0..255 for 0..`top`,
    "regions" the number of the region each pixel lies in (0: none), of which one at a time is outlined in every panel.
    """

    id: str
    title: str
    kind: MapKind
    map: FileData | None = None
    """Grey PNG of any size; it is stretched over the photo."""
    codes: list[Code] = Field(default_factory=list)
    top: float = 1.0
    unit: str = ""


class View(GradioModel):
    """All that the viewer component shows. The browser keeps how it is looked at (mode, zoom, crosshair) to itself."""

    run: str = ""
    """The store's key; empty before the first photo."""
    turn: str = ""
    """The browser's own mark for one press of Segment, so that what arrives after a stop can be told from a new run."""
    name: str = ""
    example: str = ""
    """The example's name, empty for a visitor's own photo."""
    photo: FileData | None = None
    width: int = 0
    height: int = 0
    """The maps' pixel grid."""
    photo_width: int = 0
    photo_height: int = 0
    plain: bool = False
    """Nothing of the photo's file was ignored: whoever has the file can show it alike."""
    notes: list[str] = Field(default_factory=list)
    """Sentences that a reader of the maps should know."""
    caution: str = ""
    """What must not be concluded from these networks, to stand beside every conclusion."""
    class_sets: list[Classes] = Field(default_factory=list)
    """Those that the panels answer in, but for ADE20K, which the page has from the start."""
    panels: list[Panel] = Field(default_factory=list)
    layers: list[Layer] = Field(default_factory=list)
