"""The benchmark workloads W1 and W2 in Numba, for comparison.

    peer_numba.py w1|w2 CELLS EPSILON SEED        threads: NUMBA_NUM_THREADS

Prints one line of JSON. Compilation is not timed.
"""

import json
import math
import sys
import time

import numba
import numpy as np
from numba import njit, prange

LOWER, LENGTH = -5.0, 10.0
END, STEP, MASS, BANDWIDTH, DECAY = 0.1, 0.001, 100.0, 0.1, 1.0
N = 256
DX = LENGTH / N


@njit
def rotl(x, k):
    return (x << np.uint64(k)) | (x >> np.uint64(64 - k))


@njit
def uniform(s):
    """xoshiro256++ (Blackman & Vigna), to [0, 1)."""
    result = rotl(s[0] + s[3], 23) + s[0]
    t = s[1] << np.uint64(17)
    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= t
    s[3] = rotl(s[3], 45)
    return (result >> np.uint64(11)) * 2.0**-53


@njit
def wrap(x):
    if x < LOWER or x >= LOWER + LENGTH:
        x -= LENGTH * math.floor((x - LOWER) / LENGTH)
        if x >= LOWER + LENGTH:
            x = LOWER
    return x


@njit
def stencil(x, y):
    """Lower node and fractions of a grid cell, for the cloud-in-cell weights."""
    a, b = (x - LOWER) / DX, (y - LOWER) / DX
    i, j = int(a), int(b)
    return i % N, j % N, a - i, b - j


@njit
def sensed(coupled, gradient, x, y):
    if not coupled:
        return -x, -y
    i, j, a, b = stencil(x, y)
    i1, j1 = (i + 1) % N, (j + 1) % N
    w00, w01, w10, w11 = (1 - a) * (1 - b), (1 - a) * b, a * (1 - b), a * b
    gx = w00 * gradient[i, j, 0] + w01 * gradient[i, j1, 0]
    gx += w10 * gradient[i1, j, 0] + w11 * gradient[i1, j1, 0]
    gy = w00 * gradient[i, j, 1] + w01 * gradient[i, j1, 1]
    gy += w10 * gradient[i1, j, 1] + w11 * gradient[i1, j1, 1]
    return gx, gy


@njit
def fly_chunk(cells, duration, epsilon, bound, coupled, gradient, state):
    """Tumbles at rate (1 - epsilon v.grad S)/epsilon^2, which is at most bound/epsilon^2."""
    s = state.copy()
    tumbles = 0
    for c in range(len(cells)):
        x, y, vx, vy = cells[c, 0], cells[c, 1], cells[c, 2], cells[c, 3]
        rest = duration
        while True:
            flight = -epsilon * epsilon / bound * math.log(1.0 - uniform(s))
            length = min(flight, rest) / epsilon
            x = wrap(x + length * vx)
            y = wrap(y + length * vy)
            if flight >= rest:
                break
            rest -= flight
            gx, gy = sensed(coupled, gradient, x, y)
            if uniform(s) * bound < 1.0 - epsilon * (vx * gx + vy * gy):
                angle = 2.0 * math.pi * uniform(s)
                vx, vy = math.cos(angle), math.sin(angle)
                tumbles += 1
        cells[c, 0], cells[c, 1], cells[c, 2], cells[c, 3] = x, y, vx, vy
    state[:] = s
    return tumbles


@njit(parallel=True)
def fly(cells, duration, epsilon, bound, coupled, gradient, states):
    chunks = len(states)
    tumbles = np.zeros(chunks, np.int64)
    for i in prange(chunks):
        chunk = cells[i * len(cells) // chunks : (i + 1) * len(cells) // chunks]
        tumbles[i] = fly_chunk(chunk, duration, epsilon, bound, coupled, gradient, states[i])
    return tumbles.sum()


@njit
def deposit_chunk(cells, grid, weight):
    grid[:] = 0.0
    for c in range(len(cells)):
        i, j, a, b = stencil(cells[c, 0], cells[c, 1])
        i1, j1 = (i + 1) % N, (j + 1) % N
        grid[i, j] += weight * (1 - a) * (1 - b)
        grid[i, j1] += weight * (1 - a) * b
        grid[i1, j] += weight * a * (1 - b)
        grid[i1, j1] += weight * a * b


@njit(parallel=True)
def deposit(cells, grids, weight):
    chunks = len(grids)
    for i in prange(chunks):
        chunk = cells[i * len(cells) // chunks : (i + 1) * len(cells) // chunks]
        deposit_chunk(chunk, grids[i], weight)


class Field:
    """dS/dt = Lap S + rho - S in Fourier space."""

    def __init__(self, chunks):
        k = 2 * np.pi * np.fft.fftfreq(N, DX)
        half = 2 * np.pi * np.fft.rfftfreq(N, DX)
        k2 = k[:, None] ** 2 + half**2
        q = k2 + DECAY
        self.decay = np.exp(-q * STEP)
        self.source = -np.expm1(-q * STEP) / q * np.exp(-0.5 * BANDWIDTH**2 * k2)
        # The derivative of the highest wave vanishes at the nodes.
        self.slope = 1j * np.where(np.arange(N) == N // 2, 0, k)[:, None]
        self.slope_half = 1j * np.where(np.arange(N // 2 + 1) == N // 2, 0, half)
        self.grids = np.zeros((chunks, N, N))
        self.signal = np.zeros((N, N // 2 + 1), complex)
        self.gradient = np.zeros((N, N, 2))
        self.steepest = 0.0

    def advance(self):
        density = np.fft.rfft2(self.grids.sum(axis=0))
        self.signal = self.decay * self.signal + self.source * density
        self.gradient[..., 0] = np.fft.irfft2(self.slope * self.signal)
        self.gradient[..., 1] = np.fft.irfft2(self.slope_half * self.signal)
        # No value between the nodes is longer than the longest at a node.
        self.steepest = np.sqrt((self.gradient**2).sum(axis=-1).max())


def simulate(workload, count, epsilon, seed):
    chunks = numba.get_num_threads()
    random = np.random.default_rng(seed)
    states = random.integers(0, 2**64, (chunks, 4), np.uint64)
    cells = np.empty((count, 4))
    if workload == "w2":
        cells[:, :2] = (random.standard_normal((count, 2)) - LOWER) % LENGTH + LOWER
    else:
        cells[:, :2] = random.uniform(LOWER, LOWER + LENGTH, (count, 2))
    angle = random.uniform(0, 2 * np.pi, count)
    cells[:, 2], cells[:, 3] = np.cos(angle), np.sin(angle)
    field = Field(chunks)
    tumbles = cell_steps = 0
    deposit_seconds = field_seconds = 0.0
    start = time.perf_counter()
    if workload == "w2":
        for _ in range(round(END / STEP)):
            a = time.perf_counter()
            deposit(cells, field.grids, MASS / count / DX**2)
            b = time.perf_counter()
            field.advance()
            field_seconds += time.perf_counter() - b
            deposit_seconds += b - a
            bound = 1.0 + epsilon * field.steepest
            tumbles += fly(cells, STEP, epsilon, bound, True, field.gradient, states)
            cell_steps += count
    else:
        bound = 1.0 + epsilon * math.sqrt(2.0) * LENGTH / 2
        tumbles = fly(cells, END, epsilon, bound, False, field.gradient, states)
        cell_steps = count
    seconds = time.perf_counter() - start
    square = cells[:, 0] ** 2 + cells[:, 1] ** 2
    return {
        "seconds": seconds,
        "deposit_seconds": deposit_seconds,
        "field_seconds": field_seconds,
        "tumbles": int(tumbles),
        "cell_steps": cell_steps,
        "check": square.mean(),
        "check_error": square.std() / math.sqrt(count),
    }


def main():
    workload, count, epsilon, seed = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    simulate(workload, 1000, epsilon, seed)
    print(json.dumps(simulate(workload, count, epsilon, seed)))


if __name__ == "__main__":
    main()
