//! The numerics of the optimum. `interior` is an interior-point method with second derivatives: it converges in a few dozen
//! steps whatever the scale of the gradients, takes any linear constraint, and ends with multipliers, that is with a
//! certificate; `kinks` does what the worst of several targets, made of `pieces`, needs beside that. `feasible` says which
//! constraints conflict, `hull` how far a mixture is from those of the runs, and `region` searches what they all leave.

pub(super) mod feasible;
pub(super) mod hull;
pub(super) mod interior;
mod kinks;
pub(super) mod pieces;
pub(super) mod region;
