"""Failed sign-ins are counted."""

from __future__ import annotations

from sanban.web.access.attempts import MOST_KEYS, PER_ACCOUNT, PER_ADDRESS, WINDOW, Attempts


def _failed(times: int, *, accounts: bool = False) -> Attempts:
    attempts = Attempts()
    for turn in range(times):
        attempts.failed(f"desk-{turn}" if accounts else "desk", "10.0.0.1", turn)
    return attempts


def test_an_account_is_closed_after_its_last_allowed_failure_until_the_window_is_over() -> None:
    assert _failed(PER_ACCOUNT - 1).wait("desk", "10.0.0.9", 10) == 0
    attempts = _failed(PER_ACCOUNT)
    assert attempts.wait("desk", "10.0.0.9", 10) == WINDOW // 1_000_000
    assert attempts.wait("desk", "10.0.0.9", WINDOW) == 0
    assert attempts.wait("other", "10.0.0.1", 10) == 0


def test_an_address_that_tries_many_accounts_is_closed_too() -> None:
    attempts = _failed(PER_ADDRESS, accounts=True)
    assert attempts.wait("fresh", "10.0.0.1", 100) > 0
    assert attempts.wait("fresh", "10.0.0.2", 100) == 0


def test_success_forgets_the_accounts_failures() -> None:
    attempts = _failed(PER_ACCOUNT)
    attempts.succeeded("desk")
    assert attempts.wait("desk", "10.0.0.9", 10) == 0


def test_the_count_is_bounded() -> None:
    assert len(_failed(MOST_KEYS + 10, accounts=True)._failed) == MOST_KEYS
