"""Fits the polynomials of kernels/src/math.rs: x P(u) = Phi(x) - 1/2 and x Q(u) = Phi(x) + x phi(x) - 1/2 with u = 2 x^2 / X^2 - 1, |x| <= X.

usage: python fit_normal_cdf.py    (needs numpy)
Minimax by iteratively reweighted least squares on Chebyshev nodes, weighted by x because x P(u) is what is used.
Prints, for each polynomial, the largest error in float64 and in float32, and the coefficients from the constant one on.
"""

import math

import numpy as np
from numpy.polynomial import chebyshev


def cdf(x):
    return np.vectorize(lambda x: 0.5 * math.erf(x / math.sqrt(2)))(x)


def slope(x):
    return cdf(x) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def fit(function, degree, reach):
    u = -np.cos(np.pi * np.linspace(0, 1, 20001))
    x = np.maximum(np.sqrt((u + 1) / 2) * reach, 1e-4)
    target, basis, weight = function(x) / x, chebyshev.chebvander(u, degree), np.ones_like(x)
    for _ in range(60):
        coefficients = np.linalg.lstsq(basis * (x * weight)[:, None], target * x * weight, rcond=None)[0]
        error = np.abs((basis @ coefficients - target) * x)
        weight *= (error / error.max() + 1e-3) ** 0.3
        weight /= weight.max()
    return chebyshev.cheb2poly(coefficients), error.max()


def float32_error(coefficients, function, reach):
    x = np.linspace(-reach, reach, 400001).astype(np.float32)
    u = (x * x * np.float32(2 / reach**2) - np.float32(1)).astype(np.float32)
    value = np.full_like(u, np.float32(coefficients[-1]))
    for coefficient in coefficients[-2::-1]:
        value = (value * u).astype(np.float32) + np.float32(coefficient)
    return np.abs((x * value).astype(np.float64) - np.sign(x) * function(np.abs(x.astype(np.float64)))).max()


for name, function, degree, reach in [("CDF", cdf, 13, 5.4), ("SLOPE", slope, 17, 5.4), ("CDF_HALF", cdf, 7, 4.5), ("SLOPE_HALF", slope, 9, 4.5)]:
    coefficients, error = fit(function, degree, reach)
    print(f"{name}: degree {degree}, |x| <= {reach}, error {error:.1e}, in float32 {float32_error(coefficients, function, reach):.1e}")
    print(np.array2string(coefficients.astype(np.float32), separator=", ", max_line_width=140))
