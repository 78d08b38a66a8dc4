"""Studies of many photos: `evaluate` on a dataset, `claims_report` on sentences, `reproduce` the article's table."""

from demo.study.engine import Progress
from demo.study.evaluate import evaluate
from demo.study.reproduce import Reproduction, reproduce
from demo.study.results import Evaluation
from demo.study.sentences import ClaimsReport, claims_report

__all__ = ["ClaimsReport", "Evaluation", "Progress", "Reproduction", "claims_report", "evaluate", "reproduce"]
