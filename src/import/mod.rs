//! Pasted text → table → roles → [`Dataset`](crate::dataset::Dataset).
