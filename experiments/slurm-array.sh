#!/usr/bin/env bash
# A study shared out over a job array: each job does its share of the tasks, and records it in one ledger.
#
#   sbatch --array=1-16 experiments/slurm-array.sh converge my.toml --out results/my
#
# When all have ended, the same command without the array makes the results in seconds:
#
#   kinetaxis converge my.toml --out results/my
#
# A job that was killed is started again as it is: what it has done is not done twice.
#SBATCH --job-name=kinetaxis
#SBATCH --cpus-per-task=4
#SBATCH --output=%x-%A-%a.log
set -euo pipefail

share=$((SLURM_ARRAY_TASK_ID - SLURM_ARRAY_TASK_MIN + 1))
exec "${KINETAXIS:-kinetaxis}" "$@" --quiet \
    --threads "${SLURM_CPUS_PER_TASK:-1}" --shard "$share/$SLURM_ARRAY_TASK_COUNT"
