//! What a typed kernel is made of.

/// What T_ε(x, v, v′) may be made of, with the cell at x:
///
/// | name | |
/// |---|---|
/// | S, G | S(x), \|∇S(x)\| |
/// | A, B | v·∇S(x), v′·∇S(x) |
/// | R, Q | S(x+εv), S(x−εv′) |
/// | W | ε²∂tS(x) + ε v′·∇S(x): what the cell feels along its path |
/// | r, q, p | \|v\|, \|v′\|, v·v′ |
/// | F | F(v) |
/// | eps | ε |
pub const VARIABLES: &[&str] = &["S", "G", "A", "B", "R", "Q", "W", "r", "q", "p", "F", "eps"];
