"""A process that reads large messages for one worker, by the worker's own snapshot (started by app/bounce_verdict/server/start.py).

What its messages cost in time and memory, and whatever else one of them may do, costs no other request.
"""

import os
import pickle
import signal
import sys
from typing import BinaryIO

import msgspec

from bounce_verdict.errors import InputError
from bounce_verdict.logs import start_logging
from bounce_verdict.metrics import Metrics
from bounce_verdict.model import MessageInput
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.response import encode, input_problem
from bounce_verdict.snapshot.control import Start
from bounce_verdict.snapshot.file import read_descriptor, unpack
from bounce_verdict.web.classify import GivenReply, answer_message, answer_reply
from bounce_verdict.web.frames import HEAD, Done, Job, envelope, lengths
from bounce_verdict.web.items import answer_line
from bounce_verdict.web.problems import Refusal, fault_problem
from bounce_verdict.web.service import Service
from bounce_verdict.web.tally import VERDICTS, tally_lines, tally_problem

_NICER = 5  # than its worker, whose replies are short and should not wait for a processor


def main() -> None:
    """Answer jobs until stdin ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends with its worker
    os.nice(_NICER)
    start = pickle.load(sys.stdin.buffer)  # noqa: S301  # from our worker
    assert isinstance(start, Start)  # noqa: S101
    start_logging(start.settings.log_level)
    snapshot = unpack(read_descriptor(start.snapshot))
    classifier = Pipeline(snapshot.book, start.settings.limits(), snapshot.compiled)
    answer_all(Service(start.settings, classifier, Metrics()), sys.stdin.buffer, sys.stdout.buffer)


def answer_all(known: Service, jobs: BinaryIO, answers: BinaryIO) -> None:
    """Answer one job after the other until there are no more."""
    while len(head := jobs.read(HEAD)) == HEAD:
        first, second = lengths(head)
        job, body = msgspec.msgpack.decode(jobs.read(first), type=Job), jobs.read(second)
        done, encoded = _answer(known, job, body)
        answers.write(envelope(done, encoded))
        answers.write(encoded)
        answers.flush()
        known.metrics.flush()


def _answer(known: Service, job: Job, body: bytes) -> tuple[Done, bytes]:
    scope: dict[str, dict[str, int]] = {}
    try:
        if job.kind == "line":
            answer = answer_line(job.index, body, known)
            tally_lines(scope, known.metrics, [answer])
            encoded = encode(answer)
        elif job.kind == "reply":
            encoded = answer_reply(scope, GivenReply(body, job.media, job.charset, job.parameters), known)
        else:
            encoded = answer_message(scope, MessageInput(body, job.envelope_to, job.envelope_from), known)
    except (InputError, Refusal) as error:
        document = error.document if isinstance(error, Refusal) else input_problem(error)
        tally_problem(known.metrics, document)
        return Done(status=document.status), encode(document)
    except Exception as error:  # noqa: BLE001  # a fault of ours on one message must not lose the next
        fault_problem(error)
        return Done(status=0), b""
    return Done(scope.get(VERDICTS, {})), encoded
