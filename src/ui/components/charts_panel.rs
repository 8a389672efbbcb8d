//! How far the fit can be trusted.

use leptos::prelude::*;

use super::panel::Panel;

/// The third panel.
#[component]
pub fn ChartsPanel() -> impl IntoView {
    view! { <Panel id="trust" number=3 title="Trust"><p></p></Panel> }
}
