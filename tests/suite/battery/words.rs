//! What is registered: the words of the table of keys, and what the battery knows of each. A word without an entry here
//! fails [`everything_registered_is_known`], which says what to add; all else follows from the words.

use crate::laboratory::kernels::{Family, Lambda, Memory, Spec, Text};
use crate::laboratory::sets::{BALL, BALL_F, SHELL, SHELL_F, SPHERE, Set};
use kinetaxis::experiment::keys::TABLE;
use kinetaxis::schema::Kind;

/// The words that a key may hold.
pub fn words(path: &str) -> &'static [&'static str] {
    match TABLE.key(path).kind {
        Kind::Choice(words) | Kind::Choices(words) => words,
        other => panic!("{path} holds {}, and no words", other.describe()),
    }
}

/// What the battery knows of a word, or what it misses.
type Known<T> = Result<T, String>;

fn missing<T>(path: &str, word: &str, what: &str) -> Known<T> {
    Err(format!("the battery does not know {path} = {word:?}: add {what} in {}", file!()))
}

/// The sets of velocities of a word: with a uniform F, and without where that may be.
pub fn sets(word: &str) -> Known<Vec<Set>> {
    Ok(match word {
        "sphere" => vec![SPHERE],
        "ball" => vec![BALL, BALL_F],
        "shell" => vec![SHELL, SHELL_F],
        _ => {
            return missing(
                "velocity.set",
                word,
                "a set with its closed moments (laboratory/sets.rs)",
            );
        }
    })
}

/// The kernels of a word of `kernel.model`, for every word below it.
pub fn kernels(word: &str) -> Known<Vec<Spec>> {
    Ok(match word {
        "local" => vec![Spec::Local { lambda: Lambda::Constant, a_mu: 1.0, b_mu: 0.7 }],
        "nonlocal" => words("kernel.psi").iter().map(|psi| family(psi)).collect::<Known<_>>()?,
        "isotropic" => {
            words("kernel.scattering").iter().map(|law| memory(law)).collect::<Known<_>>()?
        }
        "expression" => vec![Spec::Typed(Text::Gradient), Spec::Typed(Text::Remote)],
        _ => {
            let what = "a kernel written down again from its equation (laboratory/kernels.rs) and its lines (trial.rs)";
            return missing("kernel.model", word, what);
        }
    })
}

fn family(word: &str) -> Known<Spec> {
    let psi = match word {
        "saturating" => Family::Saturating,
        "linear" => Family::Linear,
        "exponential" => Family::Exponential,
        "separable" => Family::Separable,
        "expression" => Family::Expression,
        _ => return missing("kernel.psi", word, "its ψ (laboratory/kernels.rs)"),
    };
    // ψ made from D and χ has one term.
    let (plus, minus) = if psi == Family::Separable { (1.0, 0.0) } else { (0.7, 0.6) };
    Ok(Spec::NonLocal { plus, minus, psi })
}

fn memory(word: &str) -> Known<Spec> {
    Ok(Spec::Isotropic(match word {
        "henyey-greenstein" => Memory::Poisson,
        "von-mises-fisher" => Memory::VonMisesFisher,
        "expression" => Memory::Given,
        _ => return missing("kernel.scattering", word, "its law (laboratory/kernels.rs)"),
    }))
}

/// Whether the kernel allows the set (docs/experiment-file.md).
pub fn suits(spec: &Spec, set: &Set) -> bool {
    match spec {
        Spec::NonLocal { .. } => set.profile.is_none(),
        Spec::Isotropic(Memory::Given) => true,
        Spec::Isotropic(_) => set.is_sphere(),
        // T/F remembers the speed, and its quadrature is the dearest.
        Spec::Typed(_) => set.is_sphere() || set.profile.is_some(),
        Spec::Local { .. } => true,
    }
}

/// Whether a sum with a term of this kernel is allowed: one that remembers more than the direction stands alone.
pub fn adds((set, spec): &(Set, Spec)) -> bool {
    set.is_sphere() || !spec.remembers() || *spec == Spec::Typed(Text::Remote)
}

/// Every kernel on every set that it allows.
pub fn cases() -> Vec<(Set, Spec)> {
    let sets: Vec<Set> = words("velocity.set").iter().flat_map(|w| sets(w).unwrap()).collect();
    let kernels = words("kernel.model").iter().flat_map(|w| kernels(w).unwrap());
    let of = |spec: Spec| sets.iter().filter(move |v| suits(&spec, v)).map(move |v| (*v, spec));
    kernels.flat_map(of).collect()
}

/// Whether cells keep to the box: then a uniform density stays one.
pub fn is_closed(boundary: &str) -> Known<bool> {
    match boundary {
        "periodic" | "no-flux" => Ok(true),
        "open" => Ok(false),
        _ => missing("domain.boundary", boundary, "whether cells keep to the box"),
    }
}

/// Whether a way of flying has the law of the kernel at every ε, or to O(ε² + step²) alone.
pub fn is_exact(motion: &str) -> Known<bool> {
    match motion {
        "exact" | "skip-ahead" => Ok(true),
        "hybrid" | "auto" => Ok(false),
        _ => missing("motion", motion, "whether its law is that of the kernel"),
    }
}

/// Lines of a signal that cells make, by its equation; none where they make none.
pub fn equation(word: &str) -> Known<&'static [&'static str]> {
    Ok(match word {
        "none" | "prescribed" => &[],
        "parabolic" => &["production = 2", "decay = \"1 + rho/10\"", "delta = 0.3"],
        "elliptic" => &["production = 2", "decay = 1"],
        "density" => &["producers = [\"cells\"]"],
        _ => return missing("signal.equation", word, "its lines"),
    })
}

#[test]
fn everything_registered_is_known() {
    let mut unknown: Vec<String> = Vec::new();
    let mut ask = |known: Known<()>| unknown.extend(known.err());
    words("velocity.set").iter().for_each(|w| ask(sets(w).map(drop)));
    words("kernel.model").iter().for_each(|w| ask(kernels(w).map(drop)));
    words("domain.boundary").iter().for_each(|w| ask(is_closed(w).map(drop)));
    words("motion").iter().for_each(|w| ask(is_exact(w).map(drop)));
    words("signal.equation").iter().for_each(|w| ask(equation(w).map(drop)));
    let Kind::Integer(1, 3) = TABLE.key("dimension").kind else {
        panic!("the battery knows one to three dimensions: add the others to its loops");
    };
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
    for unheard in
        [sets("cube").map(drop), kernels("chemical").map(drop), is_closed("torus").map(drop)]
    {
        assert!(unheard.is_err_and(|why| why.contains("add ")));
    }
}
