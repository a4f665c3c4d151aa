"""Named random streams: reproducible, separate, and the same whatever else draws."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from analogep.streams import Seeds, Streams


def test_a_stream_is_the_same_each_time_and_starts_afresh_whatever_was_drawn_before() -> None:
    streams = Streams(7)
    first = streams.rng("hidden/write", 3).random(5)
    streams.rng("other").random(1000)
    np.testing.assert_array_equal(streams.rng("hidden/write", 3).random(5), first)
    np.testing.assert_array_equal(Streams(7).rng("hidden/write", 3).random(5), first)


def test_streams_of_another_seed_sample_name_or_epoch_are_uncorrelated() -> None:
    """|correlation| < 4/sqrt(N) for each pair of streams."""
    size = 100_000
    drawn = [
        streams.rng(name, epoch).standard_normal(size)
        for streams, name, epoch in (
            (Streams(0), "a", 0),
            (Streams(1), "a", 0),
            (Streams(0, sample=1), "a", 0),
            (Streams(0), "b", 0),
            (Streams(0), "a", 1),
        )
    ]
    for one, other in itertools.combinations(drawn, 2):
        assert abs(np.corrcoef(one, other)[0, 1]) < 4.0 / np.sqrt(size)


def test_keys_have_64_bits_and_differ_between_names_epochs_samples_and_seeds() -> None:
    keys = {
        Streams(seed, sample).key(name, epoch)
        for seed in range(5)
        for sample in range(5)
        for name in ("layer1/plus/pulse/0", "layer1/plus/pulse/1", "layer1/plus/write/0")
        for epoch in range(5)
    }
    assert len(keys) == 5 * 5 * 3 * 5
    assert max(keys) > 2**62
    assert all(0 <= key < 2**64 for key in keys)


def test_keys_of_calls_that_are_made_together_are_those_of_each_by_itself() -> None:
    """Across the edges of what is made together, counted up and down; a seed of more than one word."""
    calls = 0, 15, 16, 1000, -1, -16, -17, -(1 << 20)
    for streams, call in itertools.product((Streams(3, 1), Streams(2**70)), calls):
        assert streams.counted("a/pulse", call, 2, 2) == streams.keys(f"a/pulse/{call}", 2, 2)


def test_the_numbers_of_a_seed_do_not_change_between_versions() -> None:
    """Results of old runs can be repeated: NumPy guarantees SeedSequence and Philox."""
    assert Streams(0).key("a") == int(np.random.SeedSequence((0, 0, 0xE8B7BE43, 0)).generate_state(1, np.uint64)[0])


def test_large_seeds_are_allowed_and_negative_ones_refused() -> None:
    assert Streams(2**100).key("a") != Streams(0).key("a")
    with pytest.raises(ValueError, match="expected non-negative integer"):
        Streams(-1).rng("a")


def test_each_of_the_three_seeds_can_be_held_while_the_others_move() -> None:
    assert Seeds.of(3) == Seeds(Streams(3), Streams(3), Streams(3))
    assert Seeds.of(3, fabrication=0) == Seeds(Streams(0), Streams(3), Streams(3))
    assert Seeds.of(3, operation=0) == Seeds(Streams(3), Streams(0), Streams(3))
    assert Seeds.of(3, data=9) == Seeds(Streams(3), Streams(3), Streams(9))


def test_a_point_of_a_study_has_a_sample_of_fabrication_and_one_of_all_else() -> None:
    assert Seeds.sample() == Seeds.of(0)
    assert Seeds.sample(base=4) == Seeds.of(4)
    assert str(Seeds.sample(chip=2, seed=1, base=7)) == "fabrication 7 sample 2, operation 7 sample 1, data 7 sample 1"
