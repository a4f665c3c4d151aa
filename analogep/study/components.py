"""Variance components: how far drawn cards differ, apart from how far chips and seeds scatter.

Every card is trained on the same chips with the same seeds, a full crossing of cards i, chips j and seeds k:

    y_ijk = m + a_i + c_j + s_k + (cs)_jk + (ac)_ij + (as)_ik + e_ijk,

all terms but m random with mean zero and independent of each other. c, s and cs are common to all cards and fall out of
their differences; ac, as and e are how a chip and a seed treat one card otherwise than another, and make the means of
cards scatter even where the card does not matter. With the mean squares of the analysis of variance

    E MS_card  = var(e) + S var(ac) + C var(as) + C S var(a)
    E MS_chips = var(e) + S var(ac)        (cards x chips)
    E MS_seeds = var(e) + C var(as)        (cards x seeds)
    E MS_rest  = var(e)

the variance between cards is estimated without bias by

    var(a) = (MS_card - MS_chips - MS_seeds + MS_rest)/(C S),

and for one chip by (MS_card - MS_seeds)/S, for one seed by (MS_card - MS_chips)/C. It may come out negative, where
there is little of it. Its variance is estimated by sum_k 2 MS_k^2/(f_k + 2)/(C S)^2, f_k the degrees of freedom,
without bias for normal terms.

Whether cards differ at all is Cochran's F test (2.5 %) of MS_card + MS_rest against MS_chips + MS_seeds, which have the
same mean without var(a), with Satterthwaite's degrees of freedom for these sums; of one chip it is Fisher's of MS_card
against MS_seeds. What var(a) does not exceed with 95 % is the
modified large-sample bound

    var(a) + sqrt(sum of (H_k MS_k)^2 where MS_k adds, of (G_k MS_k)^2 where it is taken off)/(C S),
    H_k = f_k/chi2_0.05(f_k) - 1,   G_k = 1 - f_k/chi2_0.95(f_k),

which knows that the variance of a few cards may be much larger than it looks.

Searle, Casella, McCulloch, Variance Components (1992), chapters 4 and 5; Burdick, Graybill, Confidence Intervals on
Variance Components (1992).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analogep.errors import UsageError
from analogep.study.statistics import standard_error

Floats = NDArray[np.float64]
_ROUNDING: Final = 1e-12


@dataclass(frozen=True)
class Components:
    """What is known of a quantity over cards, chips and seeds; in its unit, variances in the square of that.

    Attributes
    ----------
    cards : int
        That have all of their points.
    mean : float
        Over all of them.
    between : float
        Variance between cards, negative where its estimate is.
    error : float
        Its standard error.
    single : float
        Standard deviation of a single training of one card: of chips, seeds and everything else but the card.
    mean_error : float
        Standard error of `mean` that is of chips and seeds.
    most : float
        Standard deviation between cards that is not exceeded with 95 %.
    resolved : bool
        Whether cards differ by more than chips and seeds explain.
    """

    cards: int
    mean: float
    between: float
    error: float
    single: float
    mean_error: float
    most: float
    resolved: bool

    @property
    def deviation(self) -> float:
        """Standard deviation between cards; zero where the variance is negative."""
        return math.sqrt(max(self.between, 0.0))

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval because of what was not measured: mean +- t_(N-1) sqrt(var(a) (1 + 1/N)), N cards.

        The truth is one more draw from what the cards are drawn from, beside their mean. Where cards are not seen to
        differ, `most` takes the place of the deviation, and 1.96 that of t: the interval is at most as wide.
        """
        from scipy.special import stdtrit

        sure = float(stdtrit(self.cards - 1, 0.975)) * self.deviation
        reach = (sure if self.resolved else 1.96 * self.most) * math.sqrt(1.0 + 1.0 / self.cards)
        return self.mean - reach, self.mean + reach


def components(values: Floats) -> Components:
    """Variance between cards and what chips and seeds add.

    Parameters
    ----------
    values : ndarray (cards, chips, seeds)
        One quantity. A card with a missing value (NaN) is left out.

    Raises
    ------
    UsageError
        If fewer than two cards are whole, or there is one training a card, which tells cards from seeds by nothing.
    """
    whole = values[~np.isnan(values).any(axis=(1, 2))]
    cards, chips, seeds = whole.shape
    if chips * seeds < 2:
        raise UsageError("one training a card does not tell cards from seeds apart; give two seeds or more")
    if cards < 2:
        raise UsageError(f"{cards} of the drawn cards have all of their points; at least two are needed")
    squares = _mean_squares(whole)
    # What differs by rounding alone does not differ.
    size = chips * seeds
    floor = size * (_ROUNDING * float(np.abs(whole).max())) ** 2
    squares = {name: (value if value > floor else 0.0, freedom) for name, (value, freedom) in squares.items()}
    terms = [("card", 1.0)] + [(name, -1.0) for name in ("chips", "seeds") if name in squares]
    terms += [("rest", 1.0)] if "rest" in squares else []
    between = sum(sign * squares[name][0] for name, sign in terms) / size
    variance = sum(2.0 * squares[name][0] ** 2 / (squares[name][1] + 2.0) for name, _ in terms) / size**2
    centred = whole - whole.mean(axis=(1, 2), keepdims=True)
    single = math.sqrt(float((centred**2).sum()) / (cards * (size - 1)))
    return Components(
        cards,
        float(whole.mean()),
        between,
        math.sqrt(variance),
        single,
        standard_error(whole.mean(axis=0)),
        _most(between, [(sign, *squares[name]) for name, sign in terms], size),
        _differ(*([squares[name] for name, sign in terms if sign == side] for side in (1.0, -1.0))),
    )


def _most(between: float, terms: list[tuple[float, float, int]], size: int) -> float:
    """Standard deviation that is not exceeded with 95 %; `terms` are signs, mean squares and degrees of freedom."""
    from scipy.special import chdtri

    total = 0.0
    for sign, square, freedom in terms:
        # chdtri takes the probability of the upper tail.
        factor = freedom / float(chdtri(freedom, 0.95)) - 1.0 if sign > 0.0 else 1.0 - freedom / chdtri(freedom, 0.05)
        total += (float(factor) * square) ** 2
    return math.sqrt(max(between + math.sqrt(total) / size, 0.0))


def _differ(above: list[tuple[float, int]], below: list[tuple[float, int]]) -> bool:
    """Whether one sum of mean squares is above another by an F test with 2.5 %; the first begins with the cards'."""
    from scipy.special import fdtrc

    sums = [sum(square for square, _ in side) for side in (above, below)]
    if min(sums) <= 0.0:
        return above[0][0] > 0.0
    one, other = (
        total**2 / sum(square**2 / freedom for square, freedom in side)
        for total, side in zip(sums, (above, below), strict=True)
    )
    return float(fdtrc(one, other, sums[0] / sums[1])) < 0.025


def _mean_squares(whole: Floats) -> dict[str, tuple[float, int]]:
    """(mean square, degrees of freedom) of cards, cards x chips, cards x seeds, and of the rest, as far as there
    are."""
    cards, chips, seeds = whole.shape
    mean = whole.mean()
    card = whole.mean(axis=(1, 2), keepdims=True)
    chip, seed = whole.mean(axis=(0, 2), keepdims=True), whole.mean(axis=(0, 1), keepdims=True)
    of_chips, of_seeds = whole.mean(axis=2, keepdims=True), whole.mean(axis=1, keepdims=True)
    both = whole.mean(axis=0, keepdims=True)
    out = {"card": _square(card - mean, chips * seeds, cards - 1)}
    if chips > 1:
        out["chips"] = _square(of_chips - card - chip + mean, seeds, (cards - 1) * (chips - 1))
    if seeds > 1:
        out["seeds"] = _square(of_seeds - card - seed + mean, chips, (cards - 1) * (seeds - 1))
    if chips > 1 and seeds > 1:
        rest = whole - of_chips - of_seeds - both + card + chip + seed - mean
        out["rest"] = _square(rest, 1, (cards - 1) * (chips - 1) * (seeds - 1))
    return out


def _square(effect: Floats, repeated: int, freedom: int) -> tuple[float, int]:
    return repeated * float((effect**2).sum()) / freedom, freedom
