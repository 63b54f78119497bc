//! What a command asks of memory and time is told before it starts, with the key that asks for it.

use super::not_numbers::told;

/// By `check` and by the command that it is meant for; other commands do not mind.
#[test]
fn a_size_beyond_memory_is_refused_where_it_is_used() {
    let kept = ["ensemble.replicates=1000000000", "output.cells_at=[0, 0.1]"];
    for (command, set, key) in [
        ("ensemble", &kept[..], "ensemble.replicates = 1000000000"),
        ("converge", &["converge.replicates=1000000000"], "converge.replicates = 1000000000"),
        ("converge", &["converge.budget_replicates=1000000000"], "converge.budget_replicates"),
    ] {
        for told_by in ["check", command] {
            let (code, said) = told(told_by, set);
            assert_eq!(code, 2, "{told_by} {set:?}: {said}");
            let whole = said.contains(key) && said.contains("GiB") && said.contains("Lower it");
            assert!(whole, "{told_by}: {said}");
        }
        let (code, said) = told("run", set);
        assert_eq!(code, 0, "{set:?}: {said}");
    }
}

/// `check` says which command takes days.
#[test]
fn work_without_end_is_warned_of() {
    for (set, parts) in [
        (
            &["ensemble.replicates=1000000000"][..],
            ["`kinetaxis ensemble` takes", "ensemble.replicates"],
        ),
        (&["epsilon=1e-7"], ["`kinetaxis run` takes", "epsilon"]),
        (&["limit.step=1e-8", "limit.grid=1024"], ["`kinetaxis limit` takes", "limit.step"]),
        (
            &["converge.replicates=3000", "cells.count=1000000", "epsilon=0.01"],
            ["`kinetaxis converge` takes", "converge.replicates"],
        ),
    ] {
        let (code, said) = told("check", set);
        assert!(code == 0 && parts.iter().all(|part| said.contains(part)), "{set:?}: {said}");
    }
    let century = ["ensemble.replicates=9223372036854775807"];
    for command in ["check", "ensemble"] {
        let (code, said) = told(command, &century);
        assert!(code == 2 && said.contains("ensemble.replicates = 9223372036854775807"), "{said}");
    }
    let (code, said) = told("check", &[]);
    assert!(code == 0 && !said.contains("warning"), "{said}");
}
