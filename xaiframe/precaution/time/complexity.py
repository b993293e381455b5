"""How much of a series its own past tells: spectrum, order patterns, repetition, season."""

from __future__ import annotations

import math

import numpy as np
from scipy.signal import detrend, find_peaks, welch

from xaiframe.explanation import Array


def omega(series: Array) -> float:
    """Ω in [0, 1]: 1 − entropy of the spectral density ÷ that of white noise (Goerg 2013,
    arXiv:1205.4591), 0 for white noise, 1 for a sinusoid; Welch's spectrum, since a raw
    periodogram's own noise looks like structure. NaN for a constant series."""
    if len(series) < 8 or np.ptp(series) == 0:
        return float("nan")
    power = welch(series, nperseg=min(256, len(series)))[1][1:]
    share = power[power > 0] / power.sum()
    return float(1 + (share * np.log(share)).sum() / math.log(len(power)))


def omega_of_noise(length: int, seed: int, draws: int = 30) -> float:
    """Mean Ω of white noise of that length: what a spectrum from few numbers pretends."""
    random = np.random.default_rng([seed, 251])
    return float(np.mean([omega(random.normal(size=length)) for _ in range(draws)]))


def permutation_entropy(series: Array, order: int = 3) -> float:
    """Entropy of the order patterns of ``order`` neighbours ÷ log order!, in [0, 1] (Bandt & Pompe
    2002, doi:10.1103/PhysRevLett.88.174102); equal values count as rising."""
    windows = np.lib.stride_tricks.sliding_window_view(series, order)
    patterns = np.argsort(windows, axis=1, kind="stable") @ order ** np.arange(order)
    share = np.unique(patterns, return_counts=True)[1] / len(patterns)
    return abs(float((share * np.log(share)).sum())) / math.log(math.factorial(order))


def sample_entropy(series: Array, length: int = 2, tolerance: float = 0.2) -> float:
    """−log of the chance that two stretches alike for ``length`` values within ``tolerance``
    standard deviations stay alike for one more (Richman & Moorman 2000,
    doi:10.1152/ajpheart.2000.278.6.H2039). Quadratic; NaN where none are alike."""
    near = tolerance * series.std()
    starts = len(series) - length
    apart = np.abs(series[:, None] - series[None, :]) <= near
    alike = np.ones((starts, starts), dtype=bool)
    for k in range(length):
        alike &= apart[k : k + starts, k : k + starts]
    pairs = int(alike.sum()) - starts
    longer = int((alike & apart[length:, length:]).sum()) - starts
    return -math.log(longer / pairs) if pairs and longer else float("nan")


def season(series: Array) -> int:
    """Steps after which the series resembles itself most: the first peak of the autocorrelation
    that comes near the highest, less a linear trend; 1 where no peak exceeds chance."""
    n = len(series)
    if n < 12 or np.ptp(series) == 0:
        return 1
    level = detrend(series)
    spectrum = np.abs(np.fft.rfft(level, 2 * n)) ** 2
    resemblance = np.fft.irfft(spectrum)[: n // 3]
    if resemblance[0] <= 1e-12 * n * float(np.ptp(series)) ** 2:
        return 1
    resemblance = resemblance / resemblance[0]
    peaks = find_peaks(resemblance)[0]
    peaks = peaks[resemblance[peaks] > max(4 / np.sqrt(n), 0.1)]
    if not len(peaks):
        return 1
    return int(peaks[resemblance[peaks] >= 0.9 * resemblance[peaks].max()][0])
