// What the server sends. Written by python -m demo.page.declarations from demo/page/replies.py and view.py.

/** A network's answer to a changed photo beside its first one; `marks` is 1 where the label is another. */
export interface Altered {
  model: string;
  class_set: string;
  pixels: number;
  changed: number;
  entropy_before: number;
  entropy_after: number;
  flips: Flip[];
  other_flips: number;
  before: string;
  after: string;
  marks: string;
}

export interface CalledClass {
  name: string;
  pixels: number;
  share: number;
}

/** Something that no class names, and the classes that a network called it, most pixels first. */
export interface CalledThing {
  thing: string;
  pixels: number;
  classes: CalledClass[];
}

export interface ChangeAmount {
  name: string;
  unit: string;
  low: number;
  high: number;
  usual: number;
  step: number;
}

/** One way of changing a photo, with what it wants. */
export interface ChangeKind {
  id: string;
  title: string;
  sentence: string;
  amount: ChangeAmount | null;
  box: boolean;
  named: boolean;
}

/** Every change, and the corruptions and severities of the ladder; photos are changed at `short_side` at most. */
export interface ChangeKinds {
  kinds: ChangeKind[];
  corruptions: string[];
  severities: number[];
  short_side: number;
}

export interface ClassArea {
  index: number;
  area: number;
}

/** `index` is null for what no class of the set names. */
export interface ClassIndex {
  name: string;
  index: number | null;
  class_set: string;
}

export interface ClassPair {
  classes: [number, number];
  area: number;
}

export interface ClassPixels {
  index: number;
  pixels: number;
}

/** `index` is that of the annotation files (ADE20K: from 1). */
export interface ClassRow {
  index: number;
  name: string;
  iou: number | null;
  accuracy: number | null;
  boundary_iou: number | null;
  annotated: number;
  predicted: number;
}

/** One row of a legend. */
export interface ClassShare {
  index: number;
  area: number;
  means: Record<string, number>;
}

/** A class set: what the numbers of a label map mean, and how they are drawn. */
export interface Classes {
  key: string;
  title: string;
  names: string[];
  distinct: string[];
  official: string[];
  supercategories: string[];
  measures: MeasureScale[];
  offset: number;
}

/** One value of a map of kind "codes" and what it means. */
export interface Code {
  value: number;
  label: string;
  colour: string;
  area: number | null;
}

/** Where at least two networks are sure of different classes. */
export interface Conflict {
  threshold: number;
  area: number;
  pairs: ClassPair[];
  more: number;
}

export interface Confusion {
  truth: string;
  predicted: string;
  pixels: number;
  share: number;
  severe: boolean | null;
}

/** Whether networks make the same mistakes; pairs of them are named "first|second". */
export interface Consistency {
  pairs: Record<string, ErrorShares>;
}

/** Pixels. */
export interface Counted {
  photo: number;
  labelled: number;
  unknown: number;
}

export interface DifferMaps {
  votes: string;
  split: string;
  conflict: string;
  majority: string;
  regions: string;
}

/** What the networks say together; pairs of them are named "first|second". */
export interface Differences {
  models: string[];
  lead: string;
  headline: string;
  alone: Record<string, number>;
  class_set: string;
  cannot_say: number;
  votes: number[];
  split: Split;
  boundary_only: number;
  conflict_areas: number[];
  conflict: Conflict;
  majority: ClassArea[];
  regions: Region[];
  maps: DifferMaps;
  pairs: Record<string, Pair>;
  fleiss_kappa: number | null;
  structures: Structure[];
}

/** Two networks on the pixels labelled for both. */
export interface ErrorShares {
  pixels: number;
  both_right: number;
  first_right: number;
  second_right: number;
  both_wrong: number;
  observed: number | null;
  expected: number | null;
  kappa: number | null;
  shared: number | null;
}

/** A figure as a file to save; `url` holds its content. */
export interface Figure {
  name: string;
  url: string;
}

export interface FileData {
  path: string;
  url: string | null;
  size: number | null;
  orig_name: string | null;
  mime_type: string | null;
  is_stream: boolean;
  meta: FileDataMeta;
}

export interface FileDataMeta {
  _type: "gradio.FileData";
}

/** How well doubt finds what no class names, and what that was called. */
export interface Findings {
  pixels: number;
  numbers: Number[];
  called: CalledThing[];
  message: string | null;
}

/** By measure: what doubt flags where it finds 95 % of what no class names. */
export interface Flags {
  maps: Record<string, string>;
}

export interface Flip {
  before: number;
  after: number;
  share: number;
}

export interface Judged {
  class_set: string;
  scores: TruthScores;
  right: number;
  wrong: number[];
  map: string;
}

/** What is known of a photo's stress ladder, and how many rungs are left for each network. */
export interface Ladder {
  rungs: Rung[];
  left: Record<string, number>;
  rungs_each: number;
  refused: Record<string, string>;
}

/** A map of all models together: it can take the photo's place in the grid, and either side of the swipe. */
export interface Layer {
  id: string;
  title: string;
  kind: "classes" | "codes" | "scalar" | "regions";
  map: FileData | null;
  codes: Code[];
  top: number;
  unit: string;
}

export interface LikelyClass {
  index: number;
  name: string;
  probability: number;
}

/** A photo that can be answered, by the store's key. */
export interface Looked {
  run: string;
}

/** The mean of the networks' probabilities; `grid` is height, width. */
export interface Mean {
  grid: [number, number];
  class_set: string;
  cannot_say: number;
  classes: ClassArea[];
  tops: MeanFields;
  means: MeanFields;
  divergence: Record<string, number>;
  maps: MeanMaps;
}

export interface MeanFields {
  entropy: number;
  mean_entropy: number;
  mutual_information: number;
}

export interface MeanMaps {
  together: string;
  entropy: string;
  mean_entropy: string;
  mutual_information: string;
}

/** A measure of doubt as the page shows it; the rows of demo.measures. */
export interface MeasureScale {
  id: string;
  title: string;
  unit: string;
  top: number;
  high_is_doubt: boolean;
  sentence: string;
  needs: string;
}

export interface NetworkNumbers {
  title: string;
  entropy: number;
  seconds: number;
}

/** No network has answered that question; have one do it. */
export interface NotYet {
  known: boolean;
}

export interface Number {
  id: string;
  title: string;
  value: number | null;
  unit: string;
  pixels: number;
  formula: string;
  better: "higher" | "lower";
}

export interface Pair {
  agreement: number | null;
  kappa: number | null;
}

/** One model's place in the grid, filled when its network has finished. */
export interface Panel {
  id: string;
  title: string;
  trained_by: string;
  family: string;
  status: "queued" | "loading" | "running" | "done" | "failed" | "stopped";
  message: string;
  labels: FileData | null;
  fields: FileData | null;
  measures: string[];
  class_set: string;
  classes: ClassShare[];
  seconds: number;
  computed: string;
  parameters: number;
  entropy: number;
}

export interface Party {
  class: string;
  models: string[];
  confidence: number;
}

/** Not answered yet; with `again` the network has to be asked once more. */
export interface Pending {
  again: boolean;
}

/** One photo's row in the table of a visit's photos; null where fewer than two networks have answered. */
export interface PhotoNumbers {
  agreement: number | null;
  split: number | null;
  conflict: number | null;
  networks: NetworkNumbers[];
}

/** Some words of a sentence; a class where there is an index. */
export interface Piece {
  text: string;
  index: number | null;
}

/** One network's likeliest classes at a pixel. */
export interface PixelAnswer {
  model: string;
  title: string;
  family: string;
  class_set: string;
  classes: LikelyClass[];
  entropy: number;
  margin: number;
  measures: Record<string, number | null>;
}

export interface PixelReply {
  rows: PixelAnswer[];
}

/** A changed photo as a picture, its size and that of the photo; `compared` is the share that both show. */
export interface Preview {
  url: string;
  width: number;
  height: number;
  photo_width: number;
  photo_height: number;
  compared: number;
}

/** The numbers that need all probabilities. */
export interface Proper {
  numbers: Number[];
}

/** Why a question could not be answered, and what to do. */
export interface Refusal {
  message: string;
}

/** A disputed region; `box` is y0, x0, y1, x1, `point` y, x. */
export interface Region {
  area: number;
  box: [number, number, number, number];
  point: [number, number];
  where: string;
  parties: Party[];
  between_families: boolean;
  severe: boolean;
  sentence: string;
  pieces: Piece[];
}

export interface ReliabilityBin {
  from: number;
  to: number;
  pixels: number;
  confidence: number | null;
  accuracy: number | null;
}

/** At each percent of coverage. */
export interface RiskCurve {
  coverage: number[];
  risk: number[];
}

export interface Rung {
  model: string;
  kind: string;
  severity: number;
  kept: number;
  entropy: number;
}

export interface SeenNames {
  names: string[];
}

/** Between whom the dispute runs, as shares of the photo. */
export interface Split {
  all_agree: number;
  between_families: number;
  inside_cnn: number;
  inside_transformer: number;
  mixed: number;
}

/** How much of a network's entropy lies near its boundaries, and how much its map is in pieces. */
export interface Structure {
  model: string;
  boundary_area: number;
  boundary_entropy: number | null;
  entropy_at: number | null;
  entropy_inside: number | null;
  fragments: number;
  per_megapixel: number;
  median_area: number;
  boundary_length: number;
}

/** A study that waits for its photos, by a key that only its visitor has; the photos' names in their order. */
export interface StudyBegun {
  study: string;
  names: string[];
}

/** What a study may have: photos, 10**6 bytes of one or of the zip, and of the zip's photos together. */
export interface StudyLimits {
  photos: number;
  megabytes: number;
  unpacked: number;
}

/** One photo of a study: its numbers once all networks have answered, or why there are none. */
export interface StudyRow {
  place: number;
  name: string;
  run: string;
  path: string;
  message: string;
  numbers: PhotoNumbers | null;
  answered: number;
  of: number;
  fault: string;
}

/** There are fewer than two networks to compare. */
export interface TooFew {
  models: string[];
  message: string;
  structures: Structure[];
}

/** A ground truth; in its map 254 is what no class names, 255 what is not labelled. */
export interface Truth {
  kind: string;
  class_set: string;
  width: number;
  height: number;
  labelled: number;
  unknown: number | null;
  classes: ClassPixels[];
  map: string;
  doubt: string;
}

/** Everything that the truth says of one network. */
export interface TruthScores {
  model: string;
  band: string;
  sure: number;
  pixels: Counted;
  numbers: Number[];
  classes: ClassRow[];
  confusions: Confusion[];
  reliability: ReliabilityBin[];
  risk_coverage: Record<string, RiskCurve>;
  unknown: Findings | null;
  error_shares: Record<string, number>;
}

/** All that the viewer component shows. The browser keeps how it is looked at (mode, zoom, crosshair) to itself. */
export interface View {
  run: string;
  turn: string;
  name: string;
  example: string;
  photo: FileData | null;
  width: number;
  height: number;
  photo_width: number;
  photo_height: number;
  plain: boolean;
  notes: string[];
  caution: string;
  class_sets: Classes[];
  panels: Panel[];
  layers: Layer[];
}

export interface Why {
  known: boolean;
  model: string;
  name: string;
  points: [number, number][];
  radii: [number, number] | null;
  shares: [number, number] | null;
  even: [number, number] | null;
  words: string;
  padding: number;
  ends: [number, number];
  map: string;
}
