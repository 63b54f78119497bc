//! What a file says of the reactions.

use super::Event;
use crate::formula::Quantity as Rate;
use crate::scaling::PER_TIME;
use crate::schema::{DENSITY, Fallback::*, Key, Kind::*, NONNEGATIVE, TIME, key};
use crate::signal::AROUND;

/// Kinds that make one event of a population.
const SINGLE: &[&str] = &["death", "division", "conversion", "infection", "production"];
/// Those with a rate of their own.
const WITH_RATE: &[&str] =
    &["death", "division", "conversion", "infection", "production", "source"];
const MAY_NOWAK: &[&str] = &["may-nowak"];

#[rustfmt::skip]
pub(crate) const KEYS: &[Key] = &[
    key("reactions.kind", Choice(&["death", "division", "conversion", "infection", "production", "source", "may-nowak"]), Required,
        "A cell of `of` dies; divides; becomes one of `to`; becomes one of `to` on meeting one of `by`, at the rate times the density of that; makes one of `makes`; cells of `makes` come from nowhere, at a rate per volume; or the six reactions of May and Nowak's virus model.")
        .sample("\"infection\""),
    key("reactions.rate", Quantity(NONNEGATIVE, AROUND), Required,
        "Events per unit of time, and per cell or (source) per volume; of an infection also per density of `by`.").of_each("reactions.kind", &[("source", DENSITY.over(TIME)), ("infection", PER_TIME.over(DENSITY))], PER_TIME)
        .sample("0.5").only("reactions.kind", WITH_RATE),
    key("reactions.of", Text, Required, "The population whose cells react.").sample("\"healthy\"").only("reactions.kind", SINGLE),
    key("reactions.to", Text, Required, "What its cells become, with the velocity that they have.").sample("\"infected\"")
        .only("reactions.kind", &["conversion", "infection"]),
    key("reactions.by", Text, Required, "What they meet; it is not used up.").sample("\"virus\"").only("reactions.kind", &["infection"]),
    key("reactions.makes", Text, Required, "What is made.").sample("\"virus\"").only("reactions.kind", &["production", "source"]),
    key("reactions.velocity", Choice(&["parent", "equilibrium", "uniform"]), Derived("\"parent\" for a production, \"uniform\" for a source"),
        "The velocity of what is made: that of its parent, drawn from F, or uniform on V.")
        .sample("\"equilibrium\"").only("reactions.kind", &["production", "source"]),
    key("reactions.reading", Choice(&["literal", "density"]), Value("\"literal\""),
        "Whether only those of equal velocity meet, at the rate times f_by/F_by (BC 45 to 47, where rates are over mu F(v) if F is not uniform), or the rate is times rho_by. Both have the same limit.")
        .sample("\"density\"").only("reactions.kind", &["infection", "may-nowak"]),
    key("reactions.healthy", Text, Required, "The population of healthy cells.").sample("\"healthy\"").only("reactions.kind", MAY_NOWAK),
    key("reactions.infected", Text, Required, "The population of infected cells.").sample("\"infected\"").only("reactions.kind", MAY_NOWAK),
    key("reactions.virus", Text, Required, "The population of virus particles.").sample("\"virus\"").only("reactions.kind", MAY_NOWAK),
    key("reactions.d1", Quantity(NONNEGATIVE, AROUND), Required, "Death rate of healthy cells.").of(PER_TIME).sample("0.5").only("reactions.kind", MAY_NOWAK),
    key("reactions.d2", Quantity(NONNEGATIVE, AROUND), Required, "Death rate of infected cells.").of(PER_TIME).sample("1.0").only("reactions.kind", MAY_NOWAK),
    key("reactions.d3", Quantity(NONNEGATIVE, AROUND), Required, "Decay rate of virus particles.").of(PER_TIME).sample("2.0").only("reactions.kind", MAY_NOWAK),
    key("reactions.beta", Quantity(NONNEGATIVE, AROUND), Required, "Infections per healthy cell, density of the virus and time.").of(PER_TIME.over(DENSITY)).sample("1.0").only("reactions.kind", MAY_NOWAK),
    key("reactions.k", Quantity(NONNEGATIVE, AROUND), Required, "Virus particles shed per infected cell and time.").of(PER_TIME).sample("3.0").only("reactions.kind", MAY_NOWAK),
    key("reactions.r", Quantity(NONNEGATIVE, AROUND), Required, "Healthy cells produced per volume and time.").of(DENSITY.over(TIME)).sample("1.5").only("reactions.kind", MAY_NOWAK),
];

/// A reaction: `[reactions.NAME]`.
#[derive(Clone, Debug)]
pub struct ReactionSpec {
    /// Its name.
    pub name: String,
    /// What happens.
    pub event: Event,
    /// Its rate in the densities of all populations, all signals, x, y, z and t.
    pub rate: Rate,
    /// Whether the rate is over μF(v).
    pub per_equilibrium: bool,
}
