//! What the user put in: the table, settings, the scenario, drafts and steps; without a browser.

pub mod added;
pub mod address;
pub mod draft;
pub mod files;
pub mod history;
pub mod limits;
pub mod rename;
pub mod runs;
pub mod scenario;
pub mod section;
pub mod settings;
pub mod theme;
pub mod undo;
