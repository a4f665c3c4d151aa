"""Everything is checked before anything runs; digests say what a point is."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from analogep.errors import CardError, UsageError
from analogep.study import Plan, Study, StudyCard

from .small import quick


def plan(**given: Any) -> Plan:
    return Study(**({"device": "rram"} | given)).plan


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        ({"nudging.bta": [1]}, "--vary nudging.bta=1: nudging.bta: unknown key, did you mean 'beta'?"),
        ({"nudging.beta": [1, -2]}, "--vary nudging.beta=-2: nudging.beta: must be greater than 0, got -2"),
        ({"read.noise.sigma": "1 %, 3"}, "--vary read.noise.sigma=3: read.noise.sigma: needs a percentage"),
        ({"device": ["rram", "eram"]}, "eram (at device=eram): unknown device card"),
        ({"circuit.name": ["a", "B"]}, "--vary circuit.name=B: name: "),
        ({"read.voltage": ["2 V"]}, "--vary read.voltage=2 V: read.voltage: must be below the smallest write"),
    ],
)  # fmt: skip
def test_a_value_that_a_card_refuses_is_named_with_its_axis(vary: dict[str, Any], message: str) -> None:
    with pytest.raises(CardError) as caught:
        plan(vary=vary)
    assert message in str(caught.value)
    assert len(caught.value.problems) == 1


def test_axes_that_would_clash_with_a_result_are_refused_before_anything_is_trained() -> None:
    vary = {"stuck": {"faults.stuck_min": [0, 0.1]}, "energy": [{"write": "ohmic"}]}
    with pytest.raises(CardError) as caught:
        Study(device="rram", vary=vary).run(store=False)
    assert str(caught.value).splitlines() == [
        "study: vary.stuck: 'stuck' is the name of a variable that every result has; choose another",
        "study: vary.energy: 'energy' is the name of a variable that every result has; say device.energy",
    ]


def test_every_bad_value_is_named_once_whatever_it_is_combined_with() -> None:
    with pytest.raises(CardError) as caught:
        plan(vary={"nudging.beta": [1, -2, -3], "read.noise.sigma": ["1 %", "-1 %"], "learning.batch": [1, 2, 3]})
    assert [problem.where for problem in caught.value.problems] == [
        "--vary read.noise.sigma=-1 %",
        "--vary nudging.beta=-2",
        "--vary nudging.beta=-3",
    ]


def test_layers_that_do_not_fit_the_data_are_named_with_their_axis() -> None:
    with pytest.raises(CardError, match=r"at layers=\[32, 8, 10\]: data set .* has 64 inputs"):
        plan(vary={"layers": [[64, 8, 10], [32, 8, 10]]})


def test_what_is_wrong_with_every_combination_is_said_once() -> None:
    wrong = {"layers": [784, 8, 10]}
    with pytest.raises(CardError) as caught:
        plan(vary={"nudging.beta": [0.1, 0.2], "learning.batch": [1, 2, 3]}, set=wrong)
    (problem,) = caught.value.problems
    assert str(problem).startswith("data set 'digits' has 64 inputs and 10 classes, circuit 'digits' is 784-8-10")


def test_an_axis_that_overrides_a_linked_rule_is_named_by_the_whole_combination() -> None:
    with pytest.raises(CardError, match=r"at mapping.weight_range=|--vary mapping.weight_range="):
        plan(vary={"mapping.weight_range": [[0.3, 0.3, 0.3]]})


def test_digests_differ_between_points_and_with_all_that_decides_their_numbers() -> None:
    def digests(**more: Any) -> set[str]:
        return {point.digest for point in plan(vary={"nudging.beta": [0.1, 0.2]}, chips=2, seeds=2, **more).points}

    base = digests()
    assert len(base) == 8
    for more in (
        {"seed": 1},
        {"ages": ["1 d"]},
        {"keep": ["traces"]},
        {"set": {"learning.epochs": 3}},
        {"device": "ideal"},
    ):
        assert not base & digests(**more), more
    assert base == digests(name="other", title="Another")
    assert base < {point.digest for point in plan(vary={"nudging.beta": [0.1, 0.2, 0.3]}, chips=3, seeds=2).points}


def test_points_come_seed_by_seed() -> None:
    points = plan(vary={"nudging.beta": [0.1, 0.2]}, chips=2, seeds=2).points
    assert [(point.combination.index, point.chip, point.seed) for point in points] == [
        ((0,), 0, 0), ((0,), 1, 0), ((1,), 0, 0), ((1,), 1, 0), ((0,), 0, 1), ((0,), 1, 1), ((1,), 0, 1), ((1,), 1, 1)
    ]  # fmt: skip
    assert str(points[-1]) == "nudging.beta=0.2, chip 1, seed 1"


def test_warnings_of_cards_are_kept_once() -> None:
    found = plan(
        vary={"conductance.max": ["1.5 uS"], "nudging.beta": [0.1, 0.2]},
        set={"variation.device_to_device.max": "1 %", "variation.device_to_device.min": "1 %"},
    ).warnings
    assert sum("on/off ratio is 1.5" in line for line in found) == 1


def test_cards_travel_whole() -> None:
    study = quick(len)
    point = study.plan.points[0]
    device, circuit = study.job(point).cards
    assert (device.name, circuit.nudging.beta) == ("rram", 0.1)
    assert device.text
    assert dataclasses.is_dataclass(study.job(point))


def test_a_study_is_a_card_or_its_keys_but_not_both() -> None:
    card = StudyCard.of({"device": "rram", "vary": {"nudging.beta": [1]}})
    with pytest.raises(UsageError, match="give a study card, or device"):
        Study(card, device="rram")


def test_ages_of_a_device_without_a_retention_law_are_warned_of() -> None:
    assert not any("retention" in line for line in plan(vary={"nudging.beta": [0.1]}).warnings)
    warned = plan(vary={"nudging.beta": [0.1]}, ages=["1 d"]).warnings
    assert "device card 'rram' has no retention law: an old chip stands as it was written" in warned
