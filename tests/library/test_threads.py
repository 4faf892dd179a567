"""Threads share one classifier: its scratch, its kept answers and decisions give each thread its own answers."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bounce_verdict import Classification, Classifier
from tests.library.test_library import REPORT

WORDS = ("user unknown", "mailbox full", "greylisted, try again", "listed at zen.spamhaus.org", "relay access denied", "no")


@pytest.fixture
def impatient() -> Iterator[None]:
    """Threads take turns a thousand times as often as usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(before)


def replies(number: int) -> list[str]:
    """Some that come again and some that only this thread asks; more than are kept."""
    new = [f"550 5.{number % 8}.{i % 10} {WORDS[(number + i) % len(WORDS)]} ({number}/{i})" for i in range(400)]
    return [reply for one in new for reply in (one, f"550 5.1.1 {WORDS[len(one) % len(WORDS)]}")]


@pytest.mark.usefixtures("impatient")
def test_each_thread_gets_the_answers_that_it_would_get_alone() -> None:
    def ask(classifier: Classifier, number: int) -> list[Classification]:
        return [classifier.reply(reply, recipient=f"ana{number}@example.org") for reply in replies(number)]

    shared = Classifier()
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda number: ask(shared, number), range(8)))
    assert together == [ask(Classifier(), number) for number in range(8)]


@pytest.mark.usefixtures("impatient")
def test_messages_and_replies_may_mix() -> None:
    shared = Classifier()
    alone = shared.message(REPORT)

    def ask(number: int) -> bool:
        return shared.message(REPORT) == alone if number % 2 else shared.reply(f"452 4.2.2 full {number}").verdict == "storage"

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(400)))
