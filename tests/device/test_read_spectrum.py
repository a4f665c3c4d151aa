"""Read noise with a spectrum: what one read and the difference of two see, beside integrals and processes in time."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import integrate, signal, special

from analogep.budget.limits import LIMITS
from analogep.circuit import CircuitCard
from analogep.cli.main import main
from analogep.device import DeviceCard
from analogep.device.components import Components
from analogep.device.flicker import FlickerNoise, PcmReadNoise
from analogep.device.read import RelativeReadNoise
from analogep.device.spectrum import flicker_change, flicker_variance, unlimited_change
from analogep.device.telegraph import TelegraphNoise, TrapNoise
from analogep.errors import CardError
from analogep.network import Hardware
from analogep.network.reads import factor
from analogep.streams import Seeds

LOW, HIGH, PHASE, PULSE = 1.0, 1e9, 100e-9, 10e-9
LAGS = [10e-9, 400e-9, 10e-6, 1e-3, 1.0]
G = np.array([2e-6, 6e-6, 10e-6])
TRAPS = TrapNoise(kind="telegraph", amplitude=0.1, probability=0.3, shortest=50e-9, longest=10e-3)
ONE = TrapNoise(kind="telegraph", amplitude=0.1, probability=0.3, dwell=2e-6)
PCM = DeviceCard.load("pcm").read.noise


def flicker(exponent: float = 1.0, power: float = 0.0) -> FlickerNoise:
    return FlickerNoise(kind="flicker", k=1e-6, exponent=exponent, low=LOW, high=HIGH, power=power)


def over_spectrum(spectrum, averaging: float, lag: float, high: float) -> tuple[float, float]:
    """(V, D/2) by QUADPACK, quarter decade by quarter decade: smooth parts, and cosines by its rule for them."""

    def seen(f: float) -> float:
        return spectrum(f) / (1.0 + (math.pi * averaging * f) ** 2)

    edges = np.logspace(math.log10(LOW * 1e-3), math.log10(high), 4 * 13 + 1)
    whole = change = 0.0
    for low, up in itertools.pairwise(edges):
        part = integrate.quad(seen, low, up)[0]
        whole += part
        if up * lag < 0.05:
            change += integrate.quad(lambda f: seen(f) * 2.0 * math.sin(math.pi * f * lag) ** 2, low, up)[0]
        else:
            wave = integrate.quad(seen, low, up, weight="cos", wvar=2.0 * math.pi * lag, limit=200)[0]
            change += part - wave
    return whole, change


@pytest.mark.parametrize("lag", LAGS)
@pytest.mark.parametrize("exponent", [0.8, 1.0, 1.5])
@pytest.mark.parametrize("averaging", [PHASE, PULSE])
def test_reads_of_flicker_noise_scatter_and_differ_as_the_integrals_of_its_spectrum(
    exponent: float, lag: float, averaging: float
) -> None:
    """Within 3e-4: QUADPACK loses digits where a million periods lie in a part of the band."""

    def spectrum(f: float) -> float:
        return f**-exponent if f >= LOW else 0.0

    whole, change = over_spectrum(spectrum, averaging, lag, HIGH)
    noise, g_max = flicker(exponent), 10e-6
    variance = noise.variance(G, g_max) * noise.share(averaging)
    np.testing.assert_allclose(variance, 1e-6 * G**2 * whole, rtol=1e-6)
    differs = variance * (1.0 - noise.correlation(lag, averaging))
    np.testing.assert_allclose(differs, 1e-6 * G**2 * change, rtol=3e-4)


@pytest.mark.parametrize("lag", LAGS)
@pytest.mark.parametrize("noise", [TRAPS, ONE], ids=["traps", "one"])
def test_reads_of_telegraph_noise_scatter_and_differ_as_the_integrals_of_its_spectrum(
    noise: TrapNoise, lag: float
) -> None:
    """S = (a G)^2 p (1 - p) times the mean of 4 tau/(1 + (2 pi f tau)^2) over ln tau, within 3e-4."""
    short, long = (2.0 * 0.3 * 0.7 * dwell for dwell in noise.dwells)

    def spectrum(f: float) -> float:
        w = 2.0 * math.pi * f
        if short == long:
            return 4.0 * short / (1.0 + (w * short) ** 2)
        return 4.0 * (math.atan(w * long) - math.atan(w * short)) / (w * math.log(long / short))

    whole, change = over_spectrum(spectrum, PHASE, lag, 1e10)
    # Below the lowest frequency of the integral the spectrum is flat.
    whole += spectrum(0.5e-3) * 1e-3
    levels = (0.1 * G) ** 2 * 0.3 * 0.7
    variance = noise.variance(G, 10e-6) * noise.share(PHASE)
    np.testing.assert_allclose(variance, levels * whole, rtol=1e-4)
    np.testing.assert_allclose(variance * (1.0 - noise.correlation(lag, PHASE)), levels * change, rtol=3e-4)


@pytest.mark.parametrize("u", [0.1, 1.0, 8.0, 40.0])
def test_the_change_of_flicker_noise_is_its_closed_form_by_exponential_integrals(u: float) -> None:
    """D/2 = 0.577 + ln u + (e^u E1(u) - e^-u Ei(u))/2 with u = 2 pi f_c t, for gamma = 1 and all frequencies."""
    lag = 0.5 * PHASE * u
    closed = np.euler_gamma + math.log(u) + 0.5 * (math.exp(u) * special.exp1(u) - math.exp(-u) * special.expi(u))
    assert unlimited_change(1.0, PHASE, lag) == pytest.approx(closed, rel=1e-6)
    assert flicker_change(1.0, 1e-3, 1e16, PHASE, lag) == pytest.approx(closed, rel=1e-9)


def test_the_variance_of_flicker_noise_is_its_closed_form() -> None:
    """int df/(f (1 + f^2/f_c^2)) = ln f - ln(1 + f^2/f_c^2)/2 for gamma = 1."""
    corner = 1.0 / (math.pi * PHASE)
    expected = math.log(HIGH / LOW) - 0.5 * math.log((1 + (HIGH / corner) ** 2) / (1 + (LOW / corner) ** 2))
    assert flicker_variance(1.0, LOW, HIGH, PHASE) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "noise",
    [
        *(flicker(exponent) for exponent in (0.8, 1.0, 1.5)), TRAPS, ONE, PCM,
        RelativeReadNoise(kind="relative", sigma=0.02, spacing=1e-3, exponent=1.0),
    ],
)  # fmt: skip
def test_the_correlation_is_one_at_lag_zero_and_falls(noise) -> None:
    # Beyond a quarter of its lowest frequency's period of 1 s a band with sharp ends swings around 0.
    longest = 0.2 if isinstance(noise, FlickerNoise) else 100.0
    found = [noise.correlation(lag, PHASE) for lag in (0.0, *np.geomspace(1e-9, longest, 60))]
    assert found[0] == 1.0
    assert (np.diff(found) < 1e-12).all()
    assert noise.correlation(100.0, PHASE) == pytest.approx(0.0, abs=0.05)


def test_a_pulse_and_a_phase_see_what_each_must() -> None:
    """Flicker: K times the logarithm of the bandwidths' ratio; a trap: tau/(tau + T/2), little of it where T is long.

    The band ends at 1 GHz, 31 times the corner of a pulse: within 1e-3.
    """
    noise = flicker()
    pulse, phase = (noise.variance(G, 10e-6) * noise.share(time) for time in (PULSE, 400e-9))
    np.testing.assert_allclose((pulse - phase) / (1e-6 * G**2), math.log(40.0), rtol=1e-3)
    trap = TelegraphNoise(kind="rtn", amplitude=0.1, probability=0.5, dwell=20e-9)
    assert trap.times == pytest.approx((10e-9, 10e-9))
    assert trap.share(PULSE) == pytest.approx(10.0 / 15.0)
    assert trap.share(400e-9) == pytest.approx(10.0 / 210.0)


def test_a_power_of_the_conductance_scales_the_spectrum() -> None:
    """K (G/G_max)^p: with p = -1 the variance goes with G."""
    noise = flicker(power=-1.0)
    np.testing.assert_allclose(noise.variance(G, 10e-6), flicker().variance(G, 10e-6) * 10e-6 / G, rtol=1e-12)
    assert noise.correlation(1e-6, PHASE) == flicker().correlation(1e-6, PHASE)


def test_a_telegraph_process_in_time_has_the_variance_and_the_change_that_its_spectrum_gives() -> None:
    """60,000 cells as Markov chains in steps of tau/100, through a low-pass; 4 standard errors and 1 % for steps."""
    noise, averaging, lag = ONE, 1e-6, 1.5e-6
    p, tau = 0.3, noise.times[0]
    step, cells, rng = tau / 100.0, 60_000, np.random.default_rng(1)
    switch = -math.expm1(-step / tau)
    upper = rng.random(cells) < p
    mean = upper - p
    filtered, keep = mean.astype(float), math.exp(-step / (0.5 * averaging))
    seen = []
    lead, apart = round(8 * max(tau, 0.5 * averaging) / step), round(lag / step)
    for k in range(lead + apart + 1):
        drawn = rng.random(cells)
        upper = np.where(upper, drawn >= switch * (1 - p), drawn < switch * p)
        filtered = keep * filtered + (1 - keep) * (upper - p)
        if k in (lead, lead + apart):
            seen.append(filtered.copy())
    for values, expected in (
        (seen[0], p * (1 - p) * noise.share(averaging)),
        ((seen[1] - seen[0]) / math.sqrt(2.0),
         p * (1 - p) * noise.share(averaging) * (1.0 - noise.correlation(apart * step, averaging))),
    ):  # fmt: skip
        square = values**2
        assert abs(square.mean() - expected) < 4.0 * square.std() / math.sqrt(cells) + 0.01 * expected


@pytest.mark.parametrize("exponent", [1.0, 1.5])
def test_a_series_of_flicker_noise_in_time_differs_as_its_spectrum_says(exponent: float) -> None:
    """16 series of 2 ms in steps of 2 ns, made of 1/f^gamma, through a low-pass of 50 ns: reads 400 ns apart, within 4
    standard errors of their mean and 2 % for the steps."""
    step, size, low, high = 2e-9, 2**20, 2e3, 50e6
    rng, found = np.random.default_rng(2), []
    f = np.fft.rfftfreq(size, step)
    inside = (f >= low) & (f <= high)
    amplitude = np.zeros_like(f)
    amplitude[inside] = np.sqrt(f[inside] ** -exponent / (2.0 * size * step)) * size / math.sqrt(2.0)
    keep = math.exp(-step / (0.5 * PHASE))
    for _ in range(16):
        spectrum = amplitude * (rng.standard_normal(f.size) + 1j * rng.standard_normal(f.size))
        x = signal.lfilter([1.0 - keep], [1.0, -keep], np.fft.irfft(spectrum, size))[2000:]
        found.append(0.5 * np.mean((x[200:] - x[:-200]) ** 2))
    expected = flicker_change(exponent, low, high, PHASE, 400e-9)
    assert abs(np.mean(found) - expected) < 4.0 * np.std(found, ddof=1) / 4.0 + 0.02 * expected


def test_of_the_noise_of_pcm_only_what_is_faster_than_the_lag_changes_between_phases() -> None:
    """The shipped card at G_max: 3.68 % in a read of 250 ns, 3.78 % in a phase of nodes of 50 ns, of which 1.43 %
    change between two of them 400 ns apart; q0 sqrt(D/2) with D/2 = 2.64 by exponential integrals."""
    assert isinstance(PCM, PcmReadNoise)
    g = np.array([1e-5])
    assert math.sqrt(PCM.variance(g, 1e-5)[0]) / g[0] == pytest.approx(0.0368, abs=5e-5)
    variance = float(PCM.variance(g, 1e-5)[0]) * PCM.share(PHASE)
    assert math.sqrt(variance) / g[0] == pytest.approx(0.0378, abs=5e-5)
    assert PCM.share(PCM.t_read) == 1.0
    changed = math.sqrt(variance * (1.0 - PCM.correlation(400e-9, PHASE))) / g[0]
    closed = np.euler_gamma + math.log(8) + 0.5 * (math.exp(8) * special.exp1(8) - math.exp(-8) * special.expi(8))
    assert changed == pytest.approx(0.0088 * math.sqrt(closed), rel=1e-6)
    assert changed == pytest.approx(0.0143, abs=5e-5)


def test_what_a_source_saw_a_spacing_apart_is_carried_to_other_lags() -> None:
    """All of sigma at the spacing, by the law of 1/f^gamma at shorter lags; nothing without a spacing."""
    noise = RelativeReadNoise(kind="relative", sigma=0.015, spacing=0.1, exponent=1.5)
    assert noise.correlation(0.1, PHASE) == 0.0
    assert noise.correlation(1.0, PHASE) == 0.0
    # Far above the averaging D goes with lag^(gamma - 1), but for the pole: within 3 %.
    fresh = [1.0 - noise.correlation(lag, PHASE) for lag in (1e-3, 1e-2)]
    assert fresh[1] / fresh[0] == pytest.approx(math.sqrt(10.0), rel=0.03)
    assert fresh[0] == pytest.approx(0.1, rel=0.03)
    assert RelativeReadNoise(kind="relative", sigma=0.015).correlation(1e-3, PHASE) is None


def test_components_add_their_variances_and_weigh_their_correlations() -> None:
    parts = (flicker(power=-1.0), ONE, RelativeReadNoise(kind="relative", sigma=0.01))
    noise, lag = Components(parts, 50e-9, "fresh"), 1e-6
    each = [one.variance(G, 1e-5) * one.share(PHASE) for one in parts]
    np.testing.assert_allclose(noise.variance(G, 1e-5, averaging=PHASE), sum(each), rtol=1e-12)
    for k, g in enumerate(G):
        found = noise.correlations(np.array([0.0, lag]), float(g), 1e-5, averaging=PHASE)
        covariance = sum(one[k] * (part.correlation(lag, PHASE) or 0.0) for one, part in zip(each, parts, strict=True))
        np.testing.assert_allclose(found, [1.0, covariance / sum(each)[k]], rtol=1e-12)
    common = Components(parts, 50e-9, "common").correlations(np.array([lag]), 5e-6, 1e-5, averaging=PHASE)
    assert common[0] > noise.correlations(np.array([lag]), 5e-6, 1e-5, averaging=PHASE)[0]
    numbers = noise.numbers(1e-5, averaging=PHASE)
    for k, g in enumerate(G):
        assert numbers.read_variance(g) == pytest.approx(sum(each)[k], rel=1e-12)


LIST = (
    "read.noise=[{kind: relative, sigma: 1 %}, {kind: flicker, k: 1e-6, low: 1 Hz, high: 1 GHz}, "
    "{kind: telegraph, amplitude: 4 %, probability: 30 %, dwell: 50 ns}]"
)
ALONE = "read.noise={kind: telegraph, amplitude: 40 %, probability: 30 %, dwell: 100 ns}"


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("noise", [LIST, ALONE], ids=["list", "alone"])
@pytest.mark.parametrize("card", ["digits", "spiking-digits"])
def test_arrays_have_the_variance_of_a_phase_and_verify_reads_that_of_their_width(
    card: str, noise: str, precision: str
) -> None:
    """The compiled variances of all pairs, before and after pulses, are those of NumPy at the nodes' averaging: 2 tau,
    or a pulse's width; verify reads have the variance at their own, within 5 standard errors."""
    device = DeviceCard.load("rram", [noise, "read.width=20 ns", "variation.device_to_device.max=0 %"])
    chip = Hardware(device, CircuitCard.load(card, ["layers=[64,20,10]", f"solver.precision={precision}",
                                                   "solver.method=euler"]), Seeds.of(3))  # fmt: skip
    chip.initialise()
    pair = chip.pairs[1]
    assert pair.averaging == pytest.approx(100e-9 if card == "digits" else 10e-9)
    read, g_max = device.read.components, device.conductance.max
    for _ in range(2):
        g = pair.plus.g.astype(float), pair.minus.g.astype(float)
        halves = [read.variance(one, g_max, averaging=pair.averaging) for one in g]
        np.testing.assert_allclose(pair.noise_variance(), sum(halves) * pair.scale**2, rtol=2e-5)
        pair.program(np.ones(pair.shape), chip.seeds.operation, 0, 1)
    many = np.tile(pair.plus.g[:1, :1].astype(float), 100_000)
    error = read.sample(many, g_max, np.random.default_rng(1)) - many
    expected = float(read.variance(many[:, :1], g_max)[0, 0])
    square = error**2
    assert abs(square.mean() - expected) < 5.0 * square.std() / math.sqrt(square.size)


def test_averaging_brings_the_two_levels_of_a_verify_read_closer_together() -> None:
    """Two levels, closer by sqrt(tau/(tau + T/2)) than those of an instant; the variance is that of a phase."""
    device = DeviceCard.load("ideal", [ALONE, "read.width=20 ns"])
    numbers = device.read.components.numbers(device.conductance.max, None, 100e-9)
    bits = np.random.default_rng(0).integers(0, 2**32, 4000)
    seen = np.array([numbers.read(5e-6, int(one), 0.0) for one in bits])
    part = device.read.components.parts[0]
    tau = part.times[0]
    assert numbers.read_variance(5e-6) == pytest.approx((0.4 * 5e-6) ** 2 * 0.21 * tau / (tau + 50e-9))
    levels = np.unique(seen.round(14))
    assert len(levels) == 2
    assert np.ptp(levels) == pytest.approx(0.4 * 5e-6 * math.sqrt(tau / (tau + 10e-9)), rel=1e-6)


@pytest.mark.parametrize(
    "times", [(1.0, 1.4), (0.5, 0.9, 1.3), (0.5, 0.9, 1.3, 1.7, 2.1), (0.5, 0.5 + 1e-9, 0.9)], ids=str
)
def test_a_factor_times_its_transpose_is_the_correlation(times: tuple[float, ...]) -> None:
    at = 1e-6 * np.array(times)
    for noise in (flicker(), TRAPS, ONE):
        correlation = np.array([[noise.correlation(abs(a - b), PHASE) for a in at] for b in at])
        lower = factor(correlation)
        np.testing.assert_allclose(lower @ lower.T, correlation, rtol=0, atol=1e-12)
        assert not np.triu(lower, 1).any()
    for exact in (np.eye(len(at)), np.ones((len(at), len(at)))):
        lower = factor(exact)
        np.testing.assert_array_equal(lower @ lower.T, exact)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("[]", "read.noise: needs at least 1 entries, got 0"),
        ("{kind: flicker, k: 1e-6, low: 1 GHz, high: 1 Hz}",
         "read.noise.high: must be above 'low' (1 GHz), got 1 Hz: the band is upside down"),
        ("[{kind: none}, {kind: flicker, k: 1e-6, low: 1 Hz}]", "read.noise.1.high: is missing"),
        ("[{kind: pink}]", "read.noise.0.kind: unknown kind 'pink', known are 'none', 'unknown', 'relative'"),
        ("[{kind: relative, sigma: 3}]", "read.noise.0.sigma: needs a percentage, such as '3.7 %'; got 3"),
        ("{kind: relative, sigma: 1 %, spacing: 1 ms}",
         "read.noise.exponent: is missing: 'spacing' says nothing without it; give both, or neither"),
        ("{kind: relative, sigma: 1 %, exponent: 1}",
         "read.noise.spacing: is missing: 'exponent' says nothing without it; give both, or neither"),
        ("{kind: telegraph, amplitude: 1 %, probability: 10 %, shortest: 1 ns}",
         "read.noise.longest: is missing: give 'dwell', or 'shortest' and 'longest'"),
        ("{kind: telegraph, amplitude: 1 %, probability: 10 %, shortest: 1 us, longest: 1 ns}",
         "read.noise.longest: must be at least 'shortest' (1 us), got 1 ns"),
        ("{kind: telegraph, amplitude: 1 %, probability: 10 %, dwell: 1 us, longest: 1 ns}",
         "read.noise.longest: stands beside 'dwell', which is the time of all traps; remove one of them"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_noise_of_a_card_is_told(value: str, message: str) -> None:
    with pytest.raises(CardError) as caught:
        DeviceCard.load("rram", [f"read.noise={value}"])
    assert message in str(caught.value)


def test_a_card_with_a_list_comes_back_from_its_yaml_and_a_budget_takes_its_noise_away() -> None:
    card = DeviceCard.load("rram", [LIST])
    assert DeviceCard.from_text(card.to_yaml()).digest == card.digest
    assert card.read.components.kind == "relative + flicker + telegraph"
    limit = next(one for one in LIMITS if one.name == "read_noise")
    quiet = DeviceCard.load("rram", [LIST, *limit.overrides(card, CircuitCard.load("digits"))])
    assert not quiet.read.components
    assert limit.overrides(quiet, CircuitCard.load("digits")) == []


def test_a_card_says_which_limit_is_taken_where_its_source_does_not_state_the_spacing() -> None:
    assert DeviceCard.load("rram").remarks() == [
        "the source of read.noise does not state the spacing of its reads, so that the noise is taken to be drawn anew "
        "in each phase of a sample (read.between_phases: fresh); read.between_phases=common takes the other limit"
    ]
    (other,) = DeviceCard.load("rram", ["read.between_phases=common"]).remarks()
    assert "common to all phases of a sample (read.between_phases: common); read.between_phases=fresh" in other
    for override in ("{kind: relative, sigma: 1 %, spacing: 1 ms, exponent: 1}", "{kind: none}", ALONE[11:]):
        assert DeviceCard.load("rram", [f"read.noise={override}"]).remarks() == []
    assert DeviceCard.load("pcm").remarks() == []


def test_check_says_what_the_card_leaves_open(capsys: pytest.CaptureFixture[str]) -> None:
    for name, said in (("rram", True), ("pcm", False)):
        assert main(["check", name]) == 0
        assert ("note: the source of read.noise does not state the spacing" in capsys.readouterr().out) is said
