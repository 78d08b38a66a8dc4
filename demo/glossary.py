"""Every figure that the page's replies and summary.json hold and no other table defines: formula, unit, source.

The measures of doubt are defined in demo.measures, the numbers against a ground truth in demo.analysis.numbers, the
article's sentences in demo.analysis.claims. Keys are "Type.field", as demo.page.replies has them; a test holds that
no number of a reply is without its row, and docs/numbers.md is written from these tables.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """What one number means."""

    title: str
    unit: str
    formula: str
    keys: tuple[str, ...]
    """Where it is said: "Type.field" of the page's replies, or "summary.json: key"."""
    source: str = "this project"


LEGEND, DIFFER, TOGETHER, WHY, TRUTH = "Panels and legends", "Where they differ", "Together", "Why", "Truth"
WHAT_IF = "What if, and the stress ladder"
ERF = "Luo et al., Understanding the Effective Receptive Field in Deep Convolutional Neural Networks, NIPS 2016"

FIGURES: dict[str, tuple[Figure, ...]] = {
    LEGEND: (
        Figure(
            "Area",
            "0..1",
            "pixels of the class / pixels of the photo",
            ("ClassShare.area", "ClassArea.area", "Code.area", "summary.json: classes.area"),
        ),
        Figure(
            "Mean measure of a class",
            "that of the measure",
            "mean of the measure (in summary.json: of the entropy) over the pixels that the network calls the class",
            ("ClassShare.means", "summary.json: classes.mean_entropy"),
        ),
        Figure(
            "Mean entropy",
            "nats",
            "mean of the entropy over all pixels",
            ("Panel.entropy", "NetworkNumbers.entropy", "summary.json: mean_entropy"),
        ),
        Figure(
            "Mean confidence, mean margin",
            "0..1",
            "means of the confidence and of the margin over all pixels",
            ("summary.json: mean_confidence", "summary.json: mean_margin"),
        ),
        Figure(
            "Time",
            "seconds",
            "wall time of the network and of making its maps, on this machine and this photo",
            ("Panel.seconds", "NetworkNumbers.seconds", "summary.json: seconds"),
        ),
        Figure(
            "Parameters",
            "weights",
            "numbers in use when the network answers; auxiliary heads are left out",
            ("Panel.parameters",),
        ),
        Figure(
            "Probability of a class at a pixel",
            "0..1",
            "softmax of the scores there, resampled as MMSegmentation resamples them; where scores are a mixture of "
            "probabilities, divided by their sum",
            ("LikelyClass.probability",),
        ),
        Figure(
            "Measures at a pixel",
            "see Measures of doubt",
            "each measure's own formula, in float64",
            ("PixelAnswer.entropy", "PixelAnswer.margin", "PixelAnswer.measures"),
        ),
    ),
    DIFFER: (
        Figure(
            "Votes",
            "0..1",
            "share of the photo where 1, 2, ... different classes are named",
            (
                "Differences.votes",
                "PhotoNumbers.agreement",
                "summary.json: comparison.votes",
                "summary.json: comparison.all_agree",
            ),
        ),
        Figure(
            "Split",
            "0..1",
            "share of the photo where all agree; where the CNNs agree, the transformers agree, on different classes; where "
            "only the CNNs are divided; only the transformers; both",
            (
                "Split.all_agree",
                "Split.between_families",
                "PhotoNumbers.split",
                "Split.inside_cnn",
                "Split.inside_transformer",
                "Split.mixed",
                "summary.json: comparison.split",
            ),
        ),
        Figure(
            "Cannot say",
            "0..1",
            "share of the photo where fewer than two networks have a word, in the classes compared in, for what they see; "
            "of the mean: where its likeliest class is none of those",
            ("Differences.cannot_say", "Mean.cannot_say", "summary.json: comparison.cannot_say"),
        ),
        Figure(
            "Alone",
            "0..1",
            "share of the photo where one network contradicts all others, which agree",
            ("Differences.alone",),
        ),
        Figure(
            "Boundary-only disputes",
            "0..1",
            "share of the photo in disputed pieces that lie wholly within 0.75 % of the diagonal of a boundary of some "
            "network's map",
            ("Differences.boundary_only", "summary.json: comparison.boundary_only"),
        ),
        Figure(
            "Confident conflict",
            "0..1",
            "share of the photo where two networks name different classes, each with a confidence of at least the threshold",
            (
                "Conflict.area",
                "PhotoNumbers.conflict",
                "Differences.conflict_areas",
                "ClassPair.area",
                "summary.json: comparison.confident_conflict",
                "summary.json: comparison.confident_conflict_pairs.area",
            ),
        ),
        Figure(
            "Disputed region",
            "0..1",
            "share of the photo of a 4-connected piece in which every network keeps to one class, and not all to the same; "
            "ranked by area times mean confidence of the parties",
            ("Region.area", "summary.json: comparison.regions.area"),
        ),
        Figure(
            "Confidence of a party",
            "0..1",
            "mean confidence over the party's networks and the region's pixels",
            ("Party.confidence", "summary.json: comparison.regions.parties.confidence"),
        ),
        Figure(
            "Agreement of two networks",
            "0..1",
            "share of the pixels with the same class",
            ("Pair.agreement", "summary.json: comparison.agreement"),
        ),
        Figure(
            "Cohen's kappa",
            "-1..1",
            "(agreement - chance) / (1 - chance), chance being that of two networks that name "
            "classes at random, each as often as it does; none where chance alone agrees completely. Where one class fills "
            "nearly all of the photo, chance does too, and kappa is near 0 or below however much two networks agree (the "
            "prevalence paradox of Feinstein and Cicchetti, High Agreement but Low Kappa, 1990): read it beside the "
            "agreement",
            ("Pair.kappa", "summary.json: comparison.kappa"),
            "Cohen, A Coefficient of Agreement for Nominal Scales, 1960",
        ),
        Figure(
            "Fleiss' kappa",
            "-1..1",
            "the same for all networks at once, over all pairs of them",
            ("Differences.fleiss_kappa", "summary.json: comparison.fleiss_kappa"),
            "Fleiss, Measuring Nominal Scale Agreement among Many Raters, 1971, equation 7",
        ),
        Figure(
            "Entropy near boundaries",
            "0..1",
            "share of the map's total entropy within 0.75 % of the diagonal of a boundary of the network's own map, beside "
            "the share of the area that lies there",
            ("Structure.boundary_entropy", "Structure.boundary_area", "summary.json: boundary_entropy_share"),
        ),
        Figure(
            "Mean entropy at boundaries, and inside",
            "nats",
            "mean over the pixels within that distance, and over the others",
            ("Structure.entropy_at", "Structure.entropy_inside"),
        ),
        Figure(
            "Fragments",
            "pieces",
            "4-connected pieces of one class; per megapixel on a grid with a long side of 512, for the networks see about "
            "that and the number shall not depend on the photo's resolution",
            (
                "Structure.fragments",
                "Structure.per_megapixel",
                "summary.json: fragments",
                "summary.json: fragments_per_megapixel",
            ),
        ),
        Figure("Median fragment", "pixels", "median of the fragments' areas", ("Structure.median_area",)),
        Figure(
            "Boundary length",
            "pixel sides",
            "sides of pixels between two classes; the frame of the photo is none",
            ("Structure.boundary_length",),
        ),
    ),
    TOGETHER: (
        Figure(
            "Entropy of the mean",
            "nats",
            "H(mean p), p the networks' probabilities at a pixel, H the entropy; mean over the grid",
            ("MeanFields.entropy",),
        ),
        Figure(
            "Mean of the entropies",
            "nats",
            "mean H(p) over the networks; mean over the grid",
            ("MeanFields.mean_entropy",),
        ),
        Figure(
            "Mutual information",
            "nats, at most ln of the number of networks",
            "H(mean p) - mean H(p): high where the networks are sure and contradict each other; disagreement among different "
            "networks, not Bayesian uncertainty; in summary.json the mean over a grid with a long side of at most 128",
            ("MeanFields.mutual_information", "summary.json: comparison.mutual_information"),
            "the decomposition is that of Depeweg et al., Decomposition of Uncertainty in Bayesian Deep Learning, ICML 2018",
        ),
        Figure(
            "Divergence of two networks",
            "nats, at most ln 2",
            "Jensen-Shannon divergence of their probabilities, mean over every second row and column of the grid; in summary.json over a grid with a long "
            "side of at most 128",
            ("Mean.divergence", "summary.json: comparison.jensen_shannon"),
            "Lin, Divergence Measures Based on the Shannon Entropy, 1991",
        ),
    ),
    WHY: (
        Figure(
            "Effective receptive field",
            "multiples of an even spread, 1/4 to 256, logarithmic",
            "Σ over the colours of |∂ score of the class at the pixel / ∂ network's input|, over the part of the input that "
            "shows the photo, divided by its sum, times the number of cells of the map; of 9 pixels the mean of their maps",
            ("Why.ends",),
            ERF,
        ),
        Figure(
            "Attention rollout",
            "the same",
            "Π over the layers of (mean attention of the heads + identity) / 2, the row of the pixel's patch, spread over "
            "each patch; of a ViT alone",
            (),
            "Abnar and Zuidema, Quantifying Attention Flow in Transformers, ACL 2020",
        ),
        Figure(
            "Class attribution",
            "0..1 of its own maximum",
            "ReLU Σ over the backbone's last feature maps A of A times the mean over its cells of ∂ mean score of the class "
            "over the pixels asked of / ∂ A",
            (),
            "Vinogradova et al., Towards Interpretable Semantic Segmentation via Gradient-Weighted Class Activation Mapping, "
            "AAAI 2020",
        ),
        Figure(
            "Radii",
            "pixels of the photo; shares of its diagonal",
            "smallest radius around the pixel whose disc holds 50 %, and 90 %, of the map's sum, to 1/8192 of the diagonal; "
            "of 9 pixels, of all their discs together",
            ("Why.radii", "Why.shares"),
        ),
        Figure(
            "Radii if even",
            "pixels of the photo",
            "the same radii of a map that is alike everywhere; from 0.8 of its 90 % radius on, a network is said to have "
            "decided from the whole picture",
            ("Why.even",),
        ),
        Figure(
            "On padding",
            "0..1",
            "share of the receptive field's sum that lies on the part of the network's input that shows no photo",
            ("Why.padding",),
        ),
    ),
    TRUTH: (
        Figure(
            "Pixels",
            "pixels",
            "of the photo, labelled by the truth, and of things that no class names",
            (
                "Counted.photo",
                "Counted.labelled",
                "Counted.unknown",
                "Truth.labelled",
                "Truth.unknown",
                "ClassPixels.pixels",
                "Findings.pixels",
                "Number.pixels",
            ),
        ),
        Figure(
            "Numbers against the truth", "see there", "each number's own formula, in its reply too", ("Number.value",)
        ),
        Figure(
            "IoU, accuracy and boundary IoU of a class",
            "0..1",
            "right / (annotated + predicted - right); right / annotated; IoU of the inner boundaries, d = 2 % of the diagonal",
            ("ClassRow.iou", "ClassRow.accuracy", "ClassRow.boundary_iou"),
            "MMSegmentation's IoUMetric; Cheng et al., Boundary IoU, CVPR 2021",
        ),
        Figure(
            "Annotated and predicted pixels of a class",
            "pixels",
            "labelled pixels of the truth, and of the network",
            ("ClassRow.annotated", "ClassRow.predicted"),
        ),
        Figure(
            "Confusion",
            "pixels; 0..1",
            "pixels of one class called another, and their share of the annotated class",
            ("Confusion.pixels", "Confusion.share"),
        ),
        Figure(
            "Reliability",
            "pixels; 0..1",
            "in each of 15 equal bins of confidence: pixels, mean confidence, share right",
            (
                "ReliabilityBin.from",
                "ReliabilityBin.to",
                "ReliabilityBin.pixels",
                "ReliabilityBin.confidence",
                "ReliabilityBin.accuracy",
            ),
            "Guo et al., On Calibration of Modern Neural Networks, ICML 2017",
        ),
        Figure(
            "Risk and coverage",
            "0..1",
            "share wrong among the surest pixels, at each percent of them kept",
            ("RiskCurve.coverage", "RiskCurve.risk"),
            "Geifman and El-Yaniv, Selective Classification for Deep Neural Networks, NIPS 2017",
        ),
        Figure(
            "Right, wrong and unsure, wrong and sure",
            "pixels; 0..1",
            "right pixels, and wrong ones by percent of confidence; sure from the chosen confidence on",
            ("Judged.right", "Judged.wrong", "TruthScores.error_shares"),
        ),
        Figure(
            "What no class names, and what it was called",
            "pixels; 0..1",
            "pixels of a thing that no class of the network names, those of them that the network calls a class, and "
            "their share of the thing",
            ("CalledThing.pixels", "CalledClass.pixels", "CalledClass.share"),
        ),
        Figure(
            "Right and wrong together",
            "pixels; 0..1",
            "of the pixels that are labelled for both networks: where both are right, only the first, only the second, "
            "neither; observed = (both + neither) / all; expected = a b + (1 - a)(1 - b), a and b their accuracies there; "
            "shared = neither / (all - both)",
            (
                "ErrorShares.pixels",
                "ErrorShares.both_right",
                "ErrorShares.first_right",
                "ErrorShares.second_right",
                "ErrorShares.both_wrong",
                "ErrorShares.observed",
                "ErrorShares.expected",
                "ErrorShares.shared",
            ),
        ),
        Figure(
            "Error consistency",
            "-1..1",
            "(observed - expected) / (1 - expected): Cohen's kappa on being right; none where chance alone agrees "
            "completely",
            ("ErrorShares.kappa",),
            "Geirhos et al., Beyond Accuracy: Measuring Error Consistency, NeurIPS 2020",
        ),
    ),
    WHAT_IF: (
        Figure(
            "Compared",
            "0..1; pixels",
            "what of the photo both it and the changed photo show: the answer to the changed photo is laid back over the first "
            "one (mirrored, moved, cut or enlarged back), and what only one of them shows, or what is hidden, is left out",
            ("Preview.compared", "Altered.pixels"),
        ),
        Figure(
            "Labels changed",
            "0..1",
            "pixels compared whose label is another than at first / pixels compared; the most sensitive network has the largest",
            ("Altered.changed",),
        ),
        Figure(
            "From one class to another",
            "0..1",
            "pixels compared that were called the one at first and the other after the change / pixels compared",
            ("Flip.share", "Altered.other_flips"),
        ),
        Figure(
            "Entropy before and after",
            "nats",
            "mean of the entropy over the pixels compared, in the first answer and in that to the changed photo",
            ("Altered.entropy_before", "Altered.entropy_after"),
        ),
        Figure(
            "Labels kept",
            "0..1",
            "pixels of the corrupted photo with the label that the network gave them on the photo as it is / pixels; over "
            "photos, both are summed first",
            ("Rung.kept", "stress.json: kept", "stress.json: breaks_first.kept"),
            "the corruptions and their severities are those of Hendrycks and Dietterich, Benchmarking Neural Network Robustness "
            "to Common Corruptions and Perturbations, ICLR 2019",
        ),
        Figure(
            "Mean entropy under a corruption",
            "nats",
            "sum of the entropy / pixels",
            ("Rung.entropy", "stress.json: entropy"),
        ),
        Figure(
            "Mean IoU and ECE under a corruption",
            "0..1",
            "those of the table below, the truth brought to the size at which the photo is corrupted; counts summed over photos",
            ("stress.json: miou", "stress.json: ece"),
            "Kamann and Rother, Benchmarking the Robustness of Semantic Segmentation Models, CVPR 2020, for mean IoU",
        ),
        Figure(
            "Interval over photos",
            "that of the number",
            "quantiles of the number over n photos drawn again with replacement, the same draws for all networks and "
            "corruptions, at Φ(±√(n / (n - 1)) t) with t the 97.5 % quantile of Student's t of n - 1 degrees of freedom; none "
            "below five photos",
            ("stress.json: low", "stress.json: high"),
            "Hesterberg, What Teachers Should Know About the Bootstrap, The American Statistician 2015",
        ),
        Figure(
            "Breaks first",
            "severity",
            "for a network and corruption, the photo on which labels kept fall below 0.5 at the lowest severity; of several the "
            "one that keeps least there",
            ("stress.json: breaks_first.severity",),
        ),
    ),
}
"""By the part of the page that shows them."""

NO_FIGURES = frozenset(
    [
        "ClassArea.index",
        "Classes.offset",
        "ClassIndex.index",
        "ClassPair.classes",
        "ClassPixels.index",
        "ClassRow.index",
        "ClassShare.index",
        "Code.value",
        "LikelyClass.index",
        "Piece.index",
        "Conflict.threshold",
        "TruthScores.sure",
        "Conflict.more",
        "FileData.size",
        "ChangeAmount.high",
        "ChangeAmount.low",
        "ChangeAmount.step",
        "ChangeAmount.usual",
        "ChangeKinds.severities",
        "ChangeKinds.short_side",
        "Flip.after",
        "Flip.before",
        "Ladder.left",
        "Ladder.rungs_each",
        "Layer.top",
        "MeasureScale.top",
        "Mean.grid",
        "Preview.height",
        "Preview.photo_height",
        "Preview.photo_width",
        "Preview.width",
        "Region.box",
        "Region.point",
        "Rung.severity",
        "Truth.width",
        "Truth.height",
        "View.width",
        "View.height",
        "View.photo_width",
        "View.photo_height",
        "StudyLimits.photos",
        "StudyLimits.megabytes",
        "StudyLimits.unpacked",
        "StudyRow.place",
        "StudyRow.answered",
        "StudyRow.of",
        "Why.points",
    ]
)
"""Numbers of a reply that measure nothing: indices, settings, counts of rows left out, ends of scales, places, sizes."""
