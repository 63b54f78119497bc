#!/usr/bin/env bash
# A study shared out over N processes by GNU parallel, on this machine or on those of its --sshlogin file.
#
#   experiments/parallel.sh 8 converge my.toml --out results/my
#
# PARALLEL_ARGUMENTS is given to parallel, such as "--sshloginfile hosts --workdir .", on hosts with one file system.
set -euo pipefail

shares=$1
shift
kinetaxis=${KINETAXIS:-kinetaxis}
# shellcheck disable=SC2086
parallel ${PARALLEL_ARGUMENTS:-} --halt soon,fail=1 --jobs "$shares" \
    "$kinetaxis" "$@" --quiet --threads 1 --shard "{}/$shares" ::: $(seq "$shares")
exec "$kinetaxis" "$@"
