"""What the page says in words: the text's claims, and what differs from it and why."""

from __future__ import annotations

from collections.abc import Sequence

from backprop import RATE

from analogep.report.blocks import Reference

TEXT_BEST = 90.84
"""Accuracy that the text reports [%]."""
CHANGES = (
    "Glorot weights, rates that did best",
    "Glorot weights, rates 0.003 and 0.0003",
    "Glorot weights, rates 0.1 and 0.05",
    "these, and 10 instead of 30 time constants free",
    "these, and an upper rail on the outputs, at the target 1",
    "these, and output weights at 0.3 of Glorot's",
    "these weights, and outputs between rails at -1 and 2",
    "these rails, and beta 0.05",
    "the settings of circuits/mnist.yaml",
)
"""The points of the study `limits`, in its order."""
REASONS = {
    "free_duration": (
        "Two things act against each other. With the text's weights a longer free phase lets the outputs grow "
        "further before the first updates, so that more of them are lost. A phase that is too short ends before the "
        "network has settled: what still moves is in the difference of the phases as well, and the estimate is no "
        "gradient."
    ),
    "beta": (
        "A nudge lifts a rectified output above 0 only if its drive is above -beta. A small beta therefore loses "
        "outputs, and with the text's weights what has not settled is divided by it: their outputs grow by "
        "exp(0.056 t/tau), which a nudge slows by 0.54 beta, so that below 0.1 the update strengthens what grows, and "
        "0.05 ends beyond all bounds. Neither is a property of the limit of beta to 0. With rails below 0 a beta of "
        "0.05 trains as well as 0.5 (see what differs, and why)."
    ),
}
"""Why a curve has its shape, by the name of its study."""
TIME_CLAIM = "batches made the computation almost 100 times faster than single images (VI A)."
ENERGY_CLAIM = "the energy falls continuously, to a minimum of about -0.3 at an accuracy of about 90 % (VI F, G)."
BACKPROP_CLAIM = "the energy of backpropagation is larger by orders of magnitude, and rises (VI F)."
ERROR_CLAIM = (
    f"the best accuracy is {TEXT_BEST} %, an error of {100 - TEXT_BEST:.2f} %; about 90 % is an intrinsic limit (VI G)."
)
SOLVER = (
    "The adaptive solver integrates the circuit itself: node voltages may lie below the rail at which a neuron's line "
    "stays at 0 V, and need time to come back. Where the network has one equilibrium both find it."
)
JOULES = (
    "The chip's joules are booked by component: arrays, amplifiers, converters, lines, pulses, and the digital "
    "multiply-accumulates of its updates at the card's 0.23 pJ (int8 at 45 nm). Those of backpropagation are its "
    "multiply-accumulates alone, without memory and control, times the published energy of one."
)
SOURCES = (
    Reference(
        "S. Shanker, S. Dash, P. Bansal, Equilibrium Propagation for MNIST Classification, student report, Indian "
        "Institute of Technology Bombay: the text"
    ),
    Reference(
        "B. Scellier, Y. Bengio, Equilibrium propagation, Front. Comput. Neurosci. 11, 24 (2017)",
        "https://doi.org/10.3389/fncom.2017.00024",
    ),
    Reference(
        "X. Glorot, Y. Bengio, Understanding the difficulty of training deep feedforward neural networks, AISTATS 2010"
    ),
    Reference("M. Horowitz, Computing's energy problem, ISSCC 2014", "https://doi.org/10.1109/ISSCC.2014.6757323"),
    Reference(
        "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to document recognition, Proc. "
        "IEEE 86, 2278 (1998)",
        "https://doi.org/10.1109/5.726791",
    ),
)


def settings(rates: Sequence[Sequence[float]]) -> str:
    """What is run, and with which learning rates."""
    return (
        "The network is 784-1024-10, rectified, its weights symmetric; it relaxes by projected steps of half a time "
        "constant, 60 free and 6 nudged, with beta 0.5 and batches of 20, on ideal devices. The text states no "
        f"learning rates. Taken here, by layer: {rates[0]} with its Glorot weights, {rates[1]} with output weights "
        f"at 0.3 of them, {RATE} for backpropagation. They did best on the last 2000 of the training images, after "
        "two epochs of the first 10,000 (means of three seeds, of 17 pairs of rates with Glorot weights and 8 with "
        "the others; five rates of backpropagation, one seed). The test images chose nothing: accuracies are those "
        "after the last epoch, where the text gives its highest."
    )


def energies(inputs: float, probe: int) -> str:
    """What the two energies are, and are not."""
    return (
        f"Both are eq. (1) of the text without the constant of the clamped inputs, 1/2 |x|², which is {inputs:.3g} "
        f"in the mean; means of {probe} training and as many test images. The text does not say whether its -0.3 "
        "holds that constant, or is a mean over units. At an equilibrium of rectified units E = -1/2 (W1'x + b1)·h "
        "- 1/2 b2·y, in the backpropagation network E = -1/2 (|h|² + |y|²): both say how large activations are. "
        "They are no joules and no measure of efficiency; to compare them says nothing about the energy that either "
        "network takes. That comparison is below, in joules."
    )


def limits(gain: float, once: float, twice: float, least: float, most: float, slow: str) -> tuple[str, str]:
    """What limits the text's settings.

    Parameters
    ----------
    gain : float
        Loop gain before training.
    once, twice : float
        Largest output after the free phase, and after twice its time [targets].
    least, most : float
        Share of the rarest and of the most frequent class of the test images [%].
    slow : str
        Accuracy with small rates.
    """
    return (
        f"Glorot weights between hidden and output units have a largest singular value of {gain:.2f} here, which is "
        "the loop gain of a symmetric network. Above 1, rectified units that are bounded from below only can excite "
        "each other: the Hopfield energy then need not have a minimum, and activity can grow for as long as the "
        f"free phase lasts. Before training the largest output is {once:.3g} times the target after the text's free "
        f"phase and {twice:.3g} times after twice that time. The first updates push such outputs down, and with all "
        "but small rates some end below zero for every image. There they stay: a rectified output that is 0 in both "
        "phases gets no gradient, because a nudge of beta (1 - y) = 0.5 does not lift it above 0 again.",
        f"Each output lost in this way costs its whole class, {least:.1f} to {most:.1f} points of accuracy: a "
        "network that has lost one of ten ends near 90 % whatever else it learns. How many are lost depends on the "
        "seed, on the rates and on all that changes the first updates. Small rates lose few or none, and learn "
        f"slowly: {slow} in the second row of the table. The text states neither its rates nor its number of epochs, "
        "so that which of the two held it at 91 % cannot be known.",
    )


def lifts() -> tuple[str, str]:
    """What lifts the limit, and what else differs."""
    return (
        "What lifts it: an upper rail on the outputs, which the text hints at (a unit is a number between 0 and 1, "
        "VI F) and its eq. (12) leaves out; or initial output weights at 0.3 of Glorot's, with which the loop gain "
        "begins below 1 and larger rates are possible. A shorter free phase leaves outputs less time to grow, and "
        "fewer are lost. Rails of the outputs on both sides of the targets let a lost output come back.",
        "Also different from the text: its eq. (9) has the sign of the nudging force the wrong way round, the force "
        "is beta (target - y); its eq. (12) is read as a projection to s >= 0, and rho'(0) as 1, as with rho'(0) = "
        "0 no unit would ever leave 0. Weights are differences of conductances of ideal devices within -1 and 1, "
        "written by stochastic pulses of 0.01 % of the window; converters and noise are off. The sweeps have few "
        "epochs a point and one seed; the text does not state its own numbers.",
    )
