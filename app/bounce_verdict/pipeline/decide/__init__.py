"""Steps 4 to 6: what a reply that was read and scanned means.

    Decider(book).decide(scanned) → Decision

tables.py says what the codes alone mean (code_lookup.py keeps it as findings, code_meanings.py tells it to people), rules.py which rule
holds first, verdict.py how final that is; decider.py joins them. Other rooms use the three names below.
"""

from bounce_verdict.pipeline.decide.decider import Decider, Decision, ScannedReply

__all__ = ["Decider", "Decision", "ScannedReply"]
