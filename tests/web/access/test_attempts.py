"""Failed sign-ins are counted."""

from __future__ import annotations

from threading import Barrier, Thread

from sanban.web.access.attempts import MOST_KEYS, PER_ACCOUNT, PER_ADDRESS, WINDOW, Attempts


def _failed(times: int, *, accounts: bool = False, addresses: bool = False) -> Attempts:
    attempts = Attempts()
    for turn in range(times):
        address = f"10.0.{turn >> 8}.{turn & 255}" if addresses else "10.0.0.1"
        assert attempts.begin(f"desk-{turn}" if accounts else "desk", address, turn) == 0
    return attempts


def test_an_account_is_closed_after_its_last_allowed_failure_until_the_window_is_over() -> None:
    assert _failed(PER_ACCOUNT - 1).begin("desk", "10.0.0.9", 10) == 0
    attempts = _failed(PER_ACCOUNT)
    assert attempts.begin("desk", "10.0.0.9", 10) == WINDOW // 1_000_000
    assert attempts.begin("other", "10.0.0.1", 10) == 0
    assert attempts.begin("desk", "10.0.0.9", WINDOW) == 0


def test_attempts_at_once_are_no_more_than_attempts_in_turn() -> None:
    attempts, begun, together = Attempts(), list[int](), Barrier(20)

    def attempt() -> None:
        together.wait()
        begun.append(attempts.begin("desk", "10.0.0.1", 0))

    threads = [Thread(target=attempt) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert begun.count(0) == PER_ACCOUNT


def test_an_address_that_tries_many_accounts_is_closed_too() -> None:
    attempts = _failed(PER_ADDRESS, accounts=True)
    assert attempts.begin("fresh", "10.0.0.1", 100) > 0
    assert attempts.begin("fresh", "10.0.0.2", 100) == 0


def test_success_forgets_the_accounts_failures_and_is_none_of_its_address() -> None:
    attempts = _failed(PER_ADDRESS - 1, accounts=True)
    for _ in range(2 * PER_ACCOUNT):
        assert attempts.begin("right", "10.0.0.1", 100) == 0
        attempts.succeeded("right", "10.0.0.1")
    assert attempts.begin("wrong", "10.0.0.1", 100) == 0
    assert attempts.begin("wrong", "10.0.0.1", 100) > 0


def test_the_count_is_bounded() -> None:
    assert len(_failed(MOST_KEYS, accounts=True, addresses=True)._failed) == MOST_KEYS
