//! The point of a convex hull that is nearest to another point.
//!
//! Wolfe's method (1976, "Finding the nearest point in a polytope"): of the vertices those are kept whose flat has its
//! point nearest to the other one inside their own hull; a vertex on the near side of the plane through that point joins
//! them, and those whose weight would become negative leave. Each such set is nearer than the one before, so there is an
//! end. Wolfe keeps the triangular factor of the vertices' products; here it is an orthonormal basis of their flat, which
//! is as quick for few dimensions, keeps all digits, and is what the second derivatives of the distance are made of.

/// A vertex nearer than the face by less than this, as a share of the lengths involved, is on the face.
const ROUNDING: f64 = 1e-13;
/// A direction that is this small a part of a vertex is in the flat already.
const DEPENDENT: f64 = 1e-9;
/// Vertices that join or leave, for each one that a face can have.
const MOST_CHANGES: usize = 50;

/// The convex hull of some points.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::mixture) struct Hull {
    dimensions: usize,
    /// Row by row.
    points: Vec<f64>,
    /// The length of the longest of them.
    longest: f64,
}

/// The nearest point.
pub(in crate::mixture) struct Nearest {
    /// From it to the point asked for; 0 inside the hull.
    pub offset: Vec<f64>,
    /// The length of that.
    pub distance: f64,
}

/// The face that the nearest point is on. It is kept from point to point: the next one's is often the same.
#[derive(Debug, Clone, Default)]
pub(in crate::mixture) struct Face {
    /// Positions of its vertices.
    vertices: Vec<usize>,
    /// What each of them counts in the nearest point.
    weights: Vec<f64>,
    /// An orthonormal basis of the directions within it.
    pub basis: Vec<Vec<f64>>,
    /// Of each vertex after the first, its offset from the first along the basis.
    along: Vec<Vec<f64>>,
}

impl Hull {
    /// The hull of points with so many coordinates each.
    pub fn new(dimensions: usize, points: &[Vec<f64>]) -> Self {
        let longest = points.iter().map(|point| dot(point, point)).fold(0.0, f64::max).sqrt();
        Self { dimensions, points: points.concat(), longest }
    }

    fn n(&self) -> usize {
        self.points.len().checked_div(self.dimensions).unwrap_or(0)
    }

    fn point(&self, at: usize) -> &[f64] {
        &self.points[at * self.dimensions..(at + 1) * self.dimensions]
    }

    /// max_i u·z_i.
    pub fn farthest_along(&self, direction: &[f64]) -> f64 {
        (0..self.n()).map(|at| dot(self.point(at), direction)).fold(f64::NEG_INFINITY, f64::max)
    }

    /// The point of the hull nearest to `to`, or of that of all vertices but one. It begins at `face`, which is best
    /// that of a point nearby or new, and leaves the nearest point's there.
    pub fn nearest(&self, to: &[f64], without: Option<usize>, face: &mut Face) -> Nearest {
        let others = || (0..self.n()).filter(|at| Some(*at) != without);
        if face.vertices.is_empty() {
            let squared = |at: usize| self.point(at).iter().zip(to).map(|(z, to)| (z - to) * (z - to)).sum::<f64>();
            let Some(first) = others().min_by(|&a, &b| squared(a).total_cmp(&squared(b))) else {
                return Nearest { offset: vec![0.0; self.dimensions], distance: 0.0 };
            };
            face.join(self, first);
            face.weights.push(1.0);
        }
        face.settle(self, to);
        let scale = self.longest + dot(to, to).sqrt();
        let mut offset = face.offset(self, to);
        for _ in 0..MOST_CHANGES * (self.dimensions + 1) {
            let length = dot(&offset, &offset).sqrt();
            if length <= ROUNDING * scale {
                offset.fill(0.0);
                break;
            }
            let here = dot(self.point(face.vertices[0]), &offset);
            let mut best: Option<(f64, usize)> = None;
            for at in others() {
                let value = dot(self.point(at), &offset);
                if best.is_none_or(|(most, _)| value > most) {
                    best = Some((value, at));
                }
            }
            let Some((most, joins)) = best else { break };
            if most - here <= ROUNDING * scale * length || !face.join(self, joins) {
                break;
            }
            face.weights.push(0.0);
            face.settle(self, to);
            let next = face.offset(self, to);
            // Only rounding can end farther away.
            if dot(&next, &next).sqrt() >= length {
                break;
            }
            offset = next;
        }
        let distance = dot(&offset, &offset).sqrt();
        Nearest { offset, distance }
    }
}

impl Face {
    /// Adds a vertex, without its weight, unless it is on the flat already.
    fn join(&mut self, hull: &Hull, at: usize) -> bool {
        let vertex = hull.point(at);
        if let Some(&first) = self.vertices.first() {
            let mut rest: Vec<f64> = vertex.iter().zip(hull.point(first)).map(|(z, first)| z - first).collect();
            let whole = dot(&rest, &rest).sqrt();
            let mut along = vec![0.0; self.basis.len()];
            // Twice is enough (Giraud et al. 2005, "Rounding error analysis of the classical Gram–Schmidt process").
            for _ in 0..2 {
                for (axis, along) in self.basis.iter().zip(&mut along) {
                    let part = dot(axis, &rest);
                    *along += part;
                    rest.iter_mut().zip(axis).for_each(|(rest, axis)| *rest -= part * axis);
                }
            }
            let length = dot(&rest, &rest).sqrt();
            if length <= DEPENDENT * whole {
                return false;
            }
            rest.iter_mut().for_each(|rest| *rest /= length);
            along.push(length);
            self.basis.push(rest);
            self.along.push(along);
        }
        self.vertices.push(at);
        true
    }

    /// From the first vertex to the point asked for.
    fn nearest_from_first(&self, hull: &Hull, to: &[f64]) -> Vec<f64> {
        to.iter().zip(hull.point(self.vertices[0])).map(|(to, first)| to - first).collect()
    }

    /// From the flat's nearest point to the one asked for.
    fn offset(&self, hull: &Hull, to: &[f64]) -> Vec<f64> {
        let mut offset = self.nearest_from_first(hull, to);
        for _ in 0..2 {
            for axis in &self.basis {
                let part = dot(axis, &offset);
                offset.iter_mut().zip(axis).for_each(|(offset, axis)| *offset -= part * axis);
            }
        }
        offset
    }

    /// The weights of the flat's nearest point.
    fn affine_weights(&self, hull: &Hull, to: &[f64]) -> Vec<f64> {
        let mut rest = self.nearest_from_first(hull, to);
        let mut parts: Vec<f64> = Vec::with_capacity(self.basis.len());
        for axis in &self.basis {
            let part = dot(axis, &rest);
            rest.iter_mut().zip(axis).for_each(|(rest, axis)| *rest -= part * axis);
            parts.push(part);
        }
        let n = parts.len();
        let mut weights = vec![0.0; n + 1];
        for j in (0..n).rev() {
            let beyond: f64 = (j + 1..n).map(|l| self.along[l][j] * weights[l + 1]).sum();
            weights[j + 1] = (parts[j] - beyond) / self.along[j][j];
        }
        weights[0] = 1.0 - weights[1..].iter().sum::<f64>();
        weights
    }

    /// Goes towards the flat's nearest point; vertices whose weight becomes 0 on the way leave, until it is inside.
    fn settle(&mut self, hull: &Hull, to: &[f64]) {
        loop {
            let weights = self.affine_weights(hull, to);
            if weights.iter().all(|&weight| weight >= 0.0) || self.vertices.len() == 1 {
                self.weights = weights;
                return;
            }
            let reach = |at: &usize| self.weights[*at] / (self.weights[*at] - weights[*at]);
            let negative = (0..weights.len()).filter(|&at| weights[at] < 0.0);
            let Some(leaves) = negative.min_by(|a, b| reach(a).total_cmp(&reach(b))) else { return };
            let share = reach(&leaves).clamp(0.0, 1.0);
            for (weight, toward) in self.weights.iter_mut().zip(&weights) {
                *weight = (*weight + share * (toward - *weight)).max(0.0);
            }
            self.leave(hull, leaves);
        }
    }

    fn leave(&mut self, hull: &Hull, position: usize) {
        let mut later = self.vertices.split_off(position);
        let mut later_weights = self.weights.split_off(position);
        later.remove(0);
        later_weights.remove(0);
        let kept = position.saturating_sub(1);
        self.basis.truncate(kept);
        self.along.truncate(kept);
        for (at, weight) in later.into_iter().zip(later_weights) {
            if self.join(hull, at) {
                self.weights.push(weight);
            }
        }
        let sum: f64 = self.weights.iter().sum();
        // A vertex that leaves may have been all there was, but for rounding.
        let even = 1.0 / self.weights.len() as f64;
        self.weights.iter_mut().for_each(|weight| *weight = if sum > 0.0 { *weight / sum } else { even });
    }
}

pub(in crate::mixture) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
