"""The simulated queue, in small, beside what is known of queues."""

import pytest

from benchmarks.scale.burst import Burst, read_results, simulate

ITEMS, SECONDS = 50_000, 10.0  # 5,000 a second
TENTH_OF_A_MILLISECOND = [0.0001]


def test_a_queue_whose_workers_are_slower_than_the_burst_grows_by_the_difference_and_drains_at_their_speed() -> None:
    slow = simulate(Burst(ITEMS, SECONDS), 1, [0.0004], batch=10)  # 2,500 a second
    assert slow.deepest == pytest.approx(ITEMS / 2, rel=0.01)
    assert slow.drained == pytest.approx(2 * SECONDS, rel=0.01)
    assert slow.longest == pytest.approx(SECONDS, rel=0.01)
    assert slow.busy == pytest.approx(1, abs=0.01)


def test_workers_that_are_faster_than_the_burst_let_nothing_wait() -> None:
    fast = simulate(Burst(ITEMS, SECONDS), 1, TENTH_OF_A_MILLISECOND, batch=10)
    assert (fast.deepest, fast.longest) == (0, 0)
    assert fast.drained == pytest.approx(SECONDS, rel=0.01)
    assert fast.busy == pytest.approx(0.5, abs=0.01)


def test_what_always_comes_takes_its_share_of_the_workers() -> None:
    burst = Burst(ITEMS, SECONDS, steady=1_000)  # 6,000 a second come, 4,000 are done; then 3,000 more are done than come
    outcome = simulate(burst, 2, [0.0005], batch=10)
    assert outcome.deepest == pytest.approx(20_000, rel=0.02)
    assert outcome.drained == pytest.approx(SECONDS + 20_000 / 3_000 - 4 / 3, rel=0.05)  # it ends where a wait is below a second
    with pytest.raises(ValueError, match="2 workers can do 1000 a second"):
        simulate(burst, 2, [0.002])


def test_more_workers_never_make_anybody_wait_longer() -> None:
    service = [0.0002, 0.0004, 0.0009]
    waits = [simulate(Burst(ITEMS, SECONDS, 100), workers, service, batch=10).longest for workers in (1, 2, 3, 4, 8)]
    assert waits == sorted(waits, reverse=True)
    assert waits[0] > 1 > waits[-1]


def test_the_measured_times_are_read_from_the_results() -> None:
    median, lowest, highest = read_results()
    assert 0 < lowest <= median <= highest < 0.001
