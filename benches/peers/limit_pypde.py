"""The limit equation of workload W3 in py-pde, for comparison: finite differences of second order
and explicit Euler steps, which near their stability limit err about as much as the grid does.

    limit_pypde.py STEPS --reference FILE        threads: NUMBA_NUM_THREADS

Prints one line of JSON. Compilation is not timed.
"""

import argparse
import json
import time

import pde

from limit_numpy import END, LENGTH, N, initial, relative_error

RIGHT_SIDE = {
    "rho": "0.5 * laplace(rho) - 0.5 * (dot(gradient(rho), gradient(S)) + rho * laplace(S))",
    "S": "laplace(S) + rho - S",
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("steps", type=int)
    parser.add_argument("--reference", required=True)
    arguments = parser.parse_args()

    # py-pde's nodes lie half a spacing inside; on a periodic box they they may be taken for ours.
    grid = pde.CartesianGrid([[-LENGTH / 2, LENGTH / 2]] * 2, N, periodic=True)
    state = pde.FieldCollection(
        [pde.ScalarField(grid, initial(), label="rho"), pde.ScalarField(grid, 0, label="S")]
    )
    step = END / arguments.steps
    equation = pde.PDE(RIGHT_SIDE)
    solver = pde.solvers.EulerSolver(equation, backend="numba")
    stepper = solver.make_stepper(state, dt=step)
    stepper(state.copy(), 0.0, step)

    start = time.perf_counter()
    stepper(state, 0.0, END)
    seconds = time.perf_counter() - start
    rho = state[0].data
    error = relative_error(rho, arguments.reference)
    result = {"seconds": seconds, "steps": arguments.steps, "check": rho.max(), "error": error}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
