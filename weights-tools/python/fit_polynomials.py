"""Finds the polynomials of the SIMD kernels (ExpVector, ActivationVector): Chebyshev interpolation in 40 digits, rounded to float32.

    python3 fit_polynomials.py     (needs mpmath)

Prints coefficients from the highest power down, and the error of the fit before rounding.
"""
import numpy as np
from mpmath import chebyfit, erf, erfc, exp, log, mp, mpf, pi, sqrt

mp.dps = 40


def fit(what, f, interval, degree):
    coefficients, error = chebyfit(f, [mpf(x) for x in interval], degree + 1, error=True)
    print(f"{what}: fit {float(error):.1e}", [float(np.float32(float(c))) for c in coefficients])


half = log(2) / 2 * mpf("1.0005")
fit("q of e^r = 1 + r + r^2 q(r), |r| <= ln 2 / 2", lambda r: (exp(r) - 1 - r) / r ** 2 if abs(r) > mpf("1e-12") else mpf(1) / 2 + r / 6,
    (-half, half), 5)
fit("p of erf(z) = z p(z^2), |z| <= 1", lambda s: erf(sqrt(s)) / sqrt(s) if s > mpf("1e-20") else 2 / sqrt(pi), (0, 1), 5)


def scaled_erfc(t):
    z = (1 / t - 1) / mpf("0.4")
    return exp(z * z) * erfc(z) / t


fit("s of erfc(z) = e^(-z^2) t s(t), t = 1 / (1 + 0.4 z), 1 <= z <= 9.5", scaled_erfc, (1 / (1 + 0.4 * 9.5), 1 / (1 + mpf("0.4") * mpf("0.999"))), 6)
