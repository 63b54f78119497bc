#!/usr/bin/env bash
# One set of bytes for 1, 2 and 4 ranks of MPI, which share out a study or have the cells of a run between them, and for a
# process without. Needs Open MPI and libclang (libopenmpi-dev openmpi-bin libclang-dev).
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --features mpi --target-dir target/mpi
program=$PWD/target/mpi/release/kinetaxis
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

study() {
    "$@" --quiet --set cells.count=2000 --set domain.grid=16 --set deposit.bandwidth=0.5 --set time.step=0.1 --set time.outputs=[] \
        --set converge.epsilons=[0.4,0.3] --set converge.replicates=4 --set converge.budget_replicates=4 \
        --set ensemble.replicates=6
}

run() {
    "$@" --quiet --set cells.count=50000 --set domain.grid=16 --set deposit.bandwidth=0.5 --set time.step=0.1 --set time.outputs=[]
}

for command in ensemble converge run; do
    shortened=study
    [[ $command == run ]] && shortened=run
    $shortened "$program" "$command" experiments/aggregation-2d.toml --out "$work/$command"
    for ranks in 1 2 4; do
        out=$work/$command-$ranks
        $shortened mpirun --allow-run-as-root --oversubscribe -n "$ranks" \
            "$program" "$command" experiments/aggregation-2d.toml --threads 1 --out "$out"
        diff -r --exclude=manifest.json "$work/$command" "$out"
        echo "$command: $ranks ranks make the same bytes"
    done
done
