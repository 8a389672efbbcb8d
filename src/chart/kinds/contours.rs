//! Areas between two levels of something that is known at the corners of cells.

/// A place with the value there.
pub(super) type Corner = ((f64, f64), f64);

/// The part of a convex polygon where a linear function of the value at its corners is not negative.
pub(super) fn clipped(polygon: &[Corner], inside: impl Fn(f64) -> f64) -> Vec<Corner> {
    let mut kept = Vec::new();
    for (at, &(from, from_value)) in polygon.iter().enumerate() {
        let (to, to_value) = polygon[(at + 1) % polygon.len()];
        let (here, there) = (inside(from_value), inside(to_value));
        if here >= 0.0 {
            kept.push((from, from_value));
        }
        if (here < 0.0 && there > 0.0) || (here > 0.0 && there < 0.0) {
            let part = here / (here - there);
            let between = |a: f64, b: f64| a + part * (b - a);
            kept.push(((between(from.0, to.0), between(from.1, to.1)), between(from_value, to_value)));
        }
    }
    kept
}

/// Cuts a cell into its parts below each of the ascending ends, each given with the position of its level; what lies
/// above the last end is in no level.
pub(super) fn cut(cell: &[Corner], ends: impl Iterator<Item = f64>, mut add: impl FnMut(usize, &[Corner])) {
    let mut left = cell.to_vec();
    for (level, end) in ends.enumerate() {
        let within = clipped(&left, |value| end - value);
        left = clipped(&left, |value| value - end);
        if within.len() > 2 {
            add(level, &within);
        }
    }
}
