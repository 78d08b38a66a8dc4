"""Studies of many photos, and their views: scores on a dataset, the article's sentences, its table; a stress ladder."""

from demo.study.engine import Progress
from demo.study.evaluate import evaluate
from demo.study.reproduce import Reproduction, reproduce
from demo.study.results import Evaluation
from demo.study.sentences import ClaimsReport, claims_report
from demo.study.stress import stress
from demo.study.stress_results import StressReport
from demo.study.study import Study, study

__all__ = [
    "ClaimsReport",
    "Evaluation",
    "Progress",
    "Reproduction",
    "StressReport",
    "Study",
    "claims_report",
    "evaluate",
    "reproduce",
    "stress",
    "study",
]
