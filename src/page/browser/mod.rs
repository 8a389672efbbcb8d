//! The browser: its storage and clipboard, the pool of workers, and the executor.

pub mod dom;
pub mod executor;
pub mod messages;
#[cfg(target_arch = "wasm32")]
mod pool;
#[cfg(not(target_arch = "wasm32"))]
pub mod stand_in;
pub mod workers;
