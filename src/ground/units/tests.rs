use super::reading::decimal;
use super::*;
use num_traits::ToPrimitive;
use proptest::prelude::*;

/// How many of `unit` a text says.
fn in_units(text: &str, unit: &str) -> f64 {
    let (all, unit) = (read(text).unwrap(), read(&format!("1 {unit}")).unwrap());
    assert_eq!(all.of, unit.of, "{text}");
    (all.value / unit.value).to_f64().unwrap()
}

#[test]
fn a_number_is_the_double_that_is_nearest_to_what_it_says() {
    for (text, unit, due) in [
        ("22 um/s", "um/s", 22.0),
        ("22 um/s", "mm/min", 1.32),
        ("0.1 mm", "um", 100.0),
        ("1 nm", "m", 1e-9),
        ("2 h", "min", 120.0),
        ("1 d", "s", 86400.0),
        ("800 um^2/s", "mm^2/min", 0.048),
        ("1 s", "min", 1.0 / 60.0),
        ("7 /d", "1/s", 7.0 / 86400.0),
        ("0.3 mol/m^3", "uM", 300.0),
        ("1 mol/mL", "mM", 1e6),
        ("1e9 cells/mL", "cells/um^3", 1e-3),
        ("1 mL", "mm^3", 1000.0),
        ("1.7976931348623157e308 m", "m", f64::MAX),
        ("5e-324 m", "m", 5e-324),
    ] {
        assert_eq!(in_units(text, unit), due, "{text} in {unit}");
    }
}

#[test]
fn products_powers_and_quotients_are_read_in_every_spelling() {
    let speed = read("3 um/s").unwrap();
    for text in ["3um/s", "3 µm/s", "3 μm/s", "3 um s^-1", "3 um·s⁻¹", "3 um*s^-1", "+3.0 (um)/(s)"]
    {
        assert_eq!(read(text).unwrap(), speed, "{text}");
    }
    let response = read("2 um^2/(s uM)").unwrap();
    for text in ["2 um²/s/uM", "2 µm² s⁻¹ µM⁻¹", "2 um^2/(s·uM)", "2 (um^2/s)/uM", "2 um*um/s/uM"]
    {
        assert_eq!(read(text).unwrap(), response, "{text}");
    }
    for text in ["3 /s", "3/s", "3 1/s", "3 s^-1", "3 s⁻¹"] {
        assert_eq!(read(text).unwrap().of, Exponents([0, -1, 0, 0]), "{text}");
    }
}

#[test]
fn what_is_wrong_with_a_unit_is_said() {
    let said = |text: &str| read(text).unwrap_err().to_string();
    for (text, due) in [
        ("22 umm/s", "unknown unit 'umm'. Did you mean um?"),
        ("3 furlong", "The units are km, m, cm"),
        ("3 um^2/s uM", "a product follows a /. Write / before each unit that divides"),
        ("3 um^2.5", "'.' is unexpected"),
        ("3 um^x", "a power that is no integer"),
        ("3 um^99", "Give an integer up to 60"),
        ("3 um/", "its end is unexpected"),
        ("3 (um/s", "a ) is missing"),
        ("3 um)", "')' is unexpected"),
        ("um", "is no number with a unit"),
        ("1e999 um", "holds a number that is too long"),
        ("3 %", "'%' is unexpected"),
    ] {
        assert!(said(text).contains(due), "{text}: {}", said(text));
    }
}

#[test]
fn expressions_are_no_numbers_with_units() {
    for text in
        ["2*PI", "1/(2*PI)", "2", "1e-3", "-0.5", "1/3", "2^3", "x", "1 - S", "2*s", "(3/s)", ""]
    {
        assert!(!is_measured(text), "{text}");
    }
    for text in ["2 um", "2um", "-1e3um", "3/s", "3 /s", "3 furlong", "3 /min/uM", "1/(s uM)"] {
        assert!(is_measured(text), "{text}");
    }
}

#[test]
fn exponents_are_told_in_words() {
    let told = |text: &str| read(text).unwrap().of.to_string();
    assert_eq!(told("1 um/s^2"), "a length over time^2");
    assert_eq!(told("1 um^2/(s uM)"), "a length^2 over time and concentration");
    assert_eq!(told("1 /s"), "1 over time");
    assert_eq!(told("1 cells"), "a number of cells");
    assert_eq!(told("1 mol/L"), "a concentration");
    assert_eq!(NUMBER.to_string(), "a number without a unit");
}

proptest! {
    /// A double as it is displayed is that double again, and in a unit of its own size as well.
    #[test]
    fn every_double_comes_back(bits in any::<u64>(), unit in 0..UNITS.len()) {
        let x = f64::from_bits(bits);
        prop_assume!(x.is_finite());
        let name = UNITS[unit].names[0];
        for text in [format!("{x:e} {name}"), format!("{x:?}{name}")] {
            prop_assert_eq!(in_units(&text, name), x, "{}", text);
        }
    }

    /// Whatever factors there are, what is multiplied and divided again is gone.
    #[test]
    fn factors_cancel(which in prop::collection::vec((0..UNITS.len(), -3i32..4), 1..5)) {
        let mut text = String::from("7");
        for (unit, power) in &which {
            text += &format!(" {}^{power}", UNITS[*unit].names[0]);
        }
        for (unit, power) in &which {
            text += &format!("/{}^{power}", UNITS[*unit].names[0]);
        }
        let read = read(&text).unwrap();
        prop_assert_eq!(read.of, NUMBER);
        prop_assert_eq!(read.value, decimal("7").unwrap());
    }

    /// No text makes the reader fail in another way than by an error.
    #[test]
    fn any_text_is_read_or_refused(text in "[0-9 .e+-]{0,4}[a-zµ/()*·^² 0-9-]{0,12}") {
        let _ = (read(&text), is_measured(&text));
    }
}
