//! The page, section by section.

pub mod answer;
pub mod compare;
pub mod data;
pub mod evidence;
pub mod explore;
pub mod export;
