//! One component a file.

mod canvas;
mod charts_panel;
mod data_panel;
mod file_picker;
mod fit_panel;
mod fit_settings;
mod issues;
mod link_card;
mod loss_table;
mod mapping;
mod mixture_panel;
mod mixture_table;
mod panel;
mod parameters;
mod results;
mod run_bar;
mod share_panel;
mod table_text;
mod target_choice;

pub use charts_panel::ChartsPanel;
pub use data_panel::DataPanel;
pub use file_picker::take_file;
pub use fit_panel::FitPanel;
pub use link_card::LinkCard;
pub use mixture_panel::MixturePanel;
pub use share_panel::SharePanel;
