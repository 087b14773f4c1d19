"""How surely a unit differs from the others: by no more than chance says, and by nothing that few cases say."""

from __future__ import annotations

import random  # noqa: TID251 -- seeded, in a test
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from columnar.made_facts import PLACE
from sanban.scorecard.figures.asking import Asked, Stratum
from sanban.scorecard.figures.result import Result
from sanban.scorecard.figures.standing import expected_of
from scorecard.figures.every_engine import MAY
from scorecard.figures.small_figures import shipped

DISTRICTS = 150
Size = Callable[[random.Random, int, int], int]


def asked(strata: Iterable[Stratum]) -> Asked:
    """Of `resolved`, which needs thirty."""
    strata = tuple(strata)
    n, holds = sum(one.n for one in strata), sum(one.holds for one in strata)
    return Asked(Result(shipped().figure("resolved", MAY.first), MAY, None, holds, n, {}, 0, PLACE), {}, strata)


def drawn(chance: random.Random, factors: list[float], kinds: int, size: Size) -> Asked:
    """A district: each unit's share is its own factor times the kind's."""
    shares = [chance.choice([0.1, 0.3, 0.5]) for _ in range(kinds)]
    return asked(
        Stratum(f"u{unit}", (f"k{kind}",), n, sum(chance.random() < share * factor for _ in range(n)))
        for unit, factor in enumerate(factors)
        for kind, share in enumerate(shares)
        if (n := size(chance, unit, kind))
    )


@pytest.mark.parametrize(
    "size",
    [
        lambda chance, _unit, _kind: chance.randint(5, 60),
        lambda chance, _unit, _kind: chance.randint(1, 15),
        lambda _chance, unit, kind: 80 if unit == kind else 3,
    ],
    ids=["even", "few", "each kind almost one unit's alone"],
)
def test_where_no_unit_differs_nineteen_intervals_in_twenty_and_more_hold_1(size: Size) -> None:
    chance, found = random.Random(5), list[bool]()
    for _ in range(DISTRICTS):
        every = expected_of(drawn(chance, [1.0] * 12, 8, size)).values()
        found += [one.ratio.low <= 1 <= one.ratio.high for one in every if one.ratio]
    assert len(found) > 1_500
    assert sum(found) / len(found) > 0.95


def test_where_units_differ_their_intervals_hold_what_they_differ_by() -> None:
    chance, found = random.Random(5), list[bool]()
    for _ in range(DISTRICTS):
        factors = [min(1.6, max(0.4, chance.gauss(1, 0.15))) for _ in range(12)]
        for unit, one in expected_of(drawn(chance, factors, 6, lambda *_: 120)).items():
            own = factors[int(unit[1:])]
            assert one.ratio
            found.append(one.ratio.low <= own / ((sum(factors) - own) / 11) <= one.ratio.high)
    assert 0.91 < sum(found) / len(found) < 0.98


def test_one_unit_that_is_worse_among_equals_is_found_and_the_others_stay_near_1() -> None:
    chance, found, near = random.Random(5), list[bool](), list[float]()
    for _ in range(DISTRICTS):
        every = expected_of(drawn(chance, [0.5] + [1.0] * 11, 4, lambda *_: 120))
        ratios = [one.ratio for one in every.values() if one.ratio]
        found.append(ratios[0].high < 1)
        near += [one.drawn for one in ratios[1:]]
    assert sum(found) / len(found) > 0.95
    assert sum(0.75 < one < 1.25 for one in near) / len(near) > 0.95


STREETS = ((51, 58), (31, 41), (43, 49), (35, 56), (39, 50), (33, 42), (17, 32), (29, 35))
"""What eight streets gave and had: they differ beyond chance."""


@given(st.lists(st.integers(1, 3).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), max_size=12))
def test_units_of_a_few_cases_do_not_hide_that_others_differ_and_are_drawn_farther(few: list[tuple[int, int]]) -> None:
    units = [*STREETS, *few]
    every = expected_of(asked(Stratum(f"u{n:02}", ("k",), of, holds) for n, (holds, of) in enumerate(units)))
    alone = expected_of(asked(Stratum(f"u{n:02}", ("k",), of, holds) for n, (holds, of) in enumerate(STREETS)))
    worst, without = every["u06"].ratio, alone["u06"].ratio
    assert worst
    assert without
    assert (worst.counted, worst.high < 1) == (f"17/{worst.expected:.1f} = {worst.raw:.2f}", True)
    assert worst.drawn == pytest.approx(without.drawn, abs=0.12)
    for n in range(len(STREETS), len(units)):
        ratio = every[f"u{n:02}"].ratio
        assert ratio
        part = (ratio.drawn - 1) / (ratio.raw - 1)
        assert 0 < part < (worst.drawn - 1) / (worst.raw - 1)


def district(gas_elsewhere: tuple[int, int]) -> Asked:
    """Ten units with noise, one of them much worse; gas with thirty-one of its own, and so many others have."""
    noise = [Stratum(f"street-{n:02}", ("noise",), 300, (225 + 3 * n) if n else 90) for n in range(10)]
    return asked([*noise, Stratum("gas", ("gas",), 31, 26), Stratum("street-01", ("gas",), *gas_elsewhere)])


def test_a_kind_that_others_had_few_of_is_not_compared_and_its_cases_are_counted() -> None:
    every = expected_of(district((29, 2)))
    gas, street = every["gas"], every["street-01"]
    assert (gas.cases, gas.observed, gas.ratio, gas.uncompared) == (0, 0, None, {"gas": 31})
    assert (street.cases, street.observed, street.uncompared) == (329, 230, {}), "its gas is held against thirty-one"


def test_an_outlier_against_few_is_no_surer_than_they_are_and_moves_nobody_else() -> None:
    """Twenty-six of thirty-one, where others had two of thirty: thirteen times as many, of which little is sure."""
    without, with_gas = expected_of(district((29, 2))), expected_of(district((30, 2)))
    gas = with_gas["gas"]
    assert gas.ratio
    assert (gas.observed, gas.cases, round(gas.expected, 2)) == (26, 31, 2.07)
    assert gas.ratio.high - gas.ratio.low > 5
    for unit in ("street-02", "street-05", "street-09"):
        one, other = without[unit].ratio, with_gas[unit].ratio
        assert one
        assert other
        assert other.drawn == pytest.approx(one.drawn, abs=0.01)


def test_one_unit_far_from_the_others_does_not_tell_how_much_they_differ() -> None:
    every = expected_of(district((29, 2)))
    ratios = [one.ratio for unit, one in every.items() if unit not in ("gas", "street-00") and one.ratio]
    worst = every["street-00"].ratio
    assert worst
    assert worst.high < 0.6
    assert all(one.high - one.low < 0.2 for one in ratios)
