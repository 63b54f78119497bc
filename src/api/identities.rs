//! What is proved beside what was measured, for people.

use crate::observe::BOUND;

/// A line for each identity or bound among the observables of the given times.
pub fn lines<'a>(
    names: &[String],
    records: impl Iterator<Item = (f64, &'a [f64])> + Clone,
) -> String {
    let place = |name: &str| names.iter().position(|n| n == name);
    let mut text = String::new();
    if let (Some((time, last)), Some(measured), Some(predicted)) =
        (records.clone().last(), place("second_moment"), place("second_moment_predicted"))
    {
        text += &format!(
            "virial identity: second moment {:.6} at t = {time}, predicted {:.6}\n",
            last[measured], last[predicted]
        );
    }
    let bounded = names
        .iter()
        .enumerate()
        .filter_map(|(i, name)| Some((place(name)?, place(&format!("{name}{BOUND}"))?, &names[i])));
    let ratios = bounded.flat_map(|(measured, bound, name)| {
        let ratio =
            move |(time, values): (f64, &[f64])| (values[measured] / values[bound], name, time);
        records.clone().map(ratio)
    });
    // At t = 0 both are 0.
    let largest = ratios.filter(|r| !r.0.is_nan()).max_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((ratio, name, time)) = largest {
        text += &format!(
            "a priori bounds of S (HKS Lemma 2.3): at most {ratio:.6} of a bound is reached, by {name} \
             at t = {time}\n"
        );
    }
    text
}
