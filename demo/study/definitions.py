"""Every number of a study's page: what it is called, its unit, how it is made and whose idea it is."""

from __future__ import annotations

THIS = "this project"
COHEN = "Cohen, A Coefficient of Agreement for Nominal Scales, 1960"
JACCARD = "Jaccard, The Distribution of the Flora in the Alpine Zone, 1912"
WILSON = "Wilson, Probable Inference, the Law of Succession, and Statistical Inference, 1927"

DEFINITIONS: tuple[tuple[str, str, str, str], ...] = (
    ("All agree", "0..1", "pixels on which every network names the same class / pixels compared", THIS),
    ("Split", "0..1", "pixels on which the CNNs name one class and the transformers another / pixels compared", THIS),
    ("Conflict", "0..1", "pixels on which two networks name different classes, each with a confidence of 0.8 or more / "
     "pixels compared", THIS),
    ("Agreement", "0..1", "pixels on which two networks name the same class / pixels on which both have a word, summed "
     "over photos, then divided", THIS),
    ("With the others", "0..1", "mean of a network's agreement with each other one", THIS),
    ("Cohen's kappa", "-1..1", "(agreement - chance) / (1 - chance), over the classes that the two name on all photos",
     COHEN),
    ("Overlap of a class", "0..1", "pixels that both of two networks name so / pixels that one of them does, mean over "
     "the pairs of which one does", JACCARD),
    ("Taken for each other", "0..1", "pixels on which two networks name those two classes / pixels compared, over all "
     "pairs", THIS),
    ("Error rate, at least", "0..1", "half of the mean disagreement (1 - agreement) over all pairs: where two differ "
     "at least one is wrong", THIS),
    ("Entropy, confidence, margin", "nats; 0..1", "mean over the pixels of a photo, then over photos",
     "see Measures of doubt"),
    ("Doubt", "0..1", "pixels with an entropy of at most so many nats / pixels, in steps of 0.05 nats", THIS),
    ("Fragments", "pieces", "4-connected pieces of one class, mean over photos", THIS),
    ("Time a photo", "seconds", "wall time of the network and its maps on the study's machine, mean over photos", THIS),
    ("Right", "0..1", "pixels with the annotated class / labelled pixels, summed over photos, then divided", THIS),
    ("Photos on which one is right more often", "0..1", "of the photos on which two networks are right on different "
     "numbers of pixels; 95 % interval of a binomial share", WILSON),
    ("Share of the disputed pixels", "0..1", "compared pixels that are disputed, of the listed photos / of all", THIS),
    ("On up to, of a photo", "0..1", "pixels of the photo on which a pair of networks names those two classes, for the "
     "pair with most / pixels compared", THIS),
)  # fmt: skip
