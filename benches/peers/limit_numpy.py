"""The limit equation of workload W3, pseudo-spectral in NumPy, for comparison.

    limit_numpy.py STEPS [--reference FILE | --write FILE]

rho_t = div(D grad rho - chi rho grad S), S_t = Lap S + rho - S, by fourth-order exponential
Runge-Kutta (ETDRK4; Cox & Matthews 2002) on rfft2. Prints one line of JSON; the error is that of
rho, relative in L2, against the field in FILE (raw float64).
"""

import argparse
import json
import time

import numpy as np

LENGTH, N, END, MASS, WIDTH = 10.0, 256, 0.1, 100.0, 1.0
DIFFUSIVITY = SENSITIVITY = 0.5
DECAY = 1.0


def initial():
    x = -LENGTH / 2 + LENGTH / N * np.arange(N)
    bell = np.exp(-0.5 * (x / WIDTH) ** 2)
    rho = np.outer(bell, bell)
    return rho * MASS / (rho.sum() * (LENGTH / N) ** 2)


def relative_error(rho, file):
    reference = np.fromfile(file).reshape(N, N)
    return np.linalg.norm(rho - reference) / np.linalg.norm(reference)


def coefficients(z, h):
    """The functions of ETDRK4, by means over a circle about z (Kassam & Trefethen 2005)."""
    points = np.exp(1j * np.pi * (np.arange(32) + 0.5) / 32)
    r = z[..., None] + points

    def mean(f):
        return h * f.mean(axis=-1).real

    q = mean((np.exp(r / 2) - 1) / r)
    first = mean((-4 - r + np.exp(r) * (4 - 3 * r + r**2)) / r**3)
    middle = mean((2 + r + np.exp(r) * (r - 2)) / r**3)
    last = mean((-4 - 3 * r - r**2 + np.exp(r) * (4 - r)) / r**3)
    return np.exp(z), np.exp(z / 2), q, first, middle, last


def solve(steps):
    """Nodal rho at the end, and the seconds of the loop alone."""
    k = 2 * np.pi * np.fft.fftfreq(N, LENGTH / N)[:, None]
    l = 2 * np.pi * np.fft.rfftfreq(N, LENGTH / N)
    k2 = k**2 + l**2
    # The derivative of the highest wave vanishes at the nodes.
    ik, il = 1j * np.where(abs(k) == abs(k).max(), 0, k), 1j * np.where(l == l.max(), 0, l)
    h = END / steps
    linear = np.stack([-DIFFUSIVITY * k2, -k2 - DECAY])
    whole, half, q, first, middle, last = coefficients(linear * h, h)

    def rest(u):
        rho = np.fft.irfft2(u[0])
        flux_x = np.fft.rfft2(rho * np.fft.irfft2(ik * u[1]))
        flux_y = np.fft.rfft2(rho * np.fft.irfft2(il * u[1]))
        return np.stack([-SENSITIVITY * (ik * flux_x + il * flux_y), u[0]])

    rho = np.fft.rfft2(initial())
    u = np.stack([rho, np.zeros_like(rho)])
    start = time.perf_counter()
    for _ in range(steps):
        n0 = rest(u)
        decayed = half * u
        a = decayed + q * n0
        na = rest(a)
        b = decayed + q * na
        nb = rest(b)
        c = half * a + q * (2 * nb - n0)
        nc = rest(c)
        u = whole * u + first * n0 + 2 * middle * (na + nb) + last * nc
    rho = np.fft.irfft2(u[0])
    return rho, time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("steps", type=int)
    parser.add_argument("--reference")
    parser.add_argument("--write")
    arguments = parser.parse_args()
    rho, seconds = solve(arguments.steps)
    result = {"seconds": seconds, "steps": arguments.steps, "check": rho.max()}
    if arguments.write:
        rho.tofile(arguments.write)
    if arguments.reference:
        result["error"] = relative_error(rho, arguments.reference)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
