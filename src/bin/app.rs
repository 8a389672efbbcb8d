//! The page: mounts [`mixlaw::ui::App`].

fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(mixlaw::ui::App);
}
