//! The browser: its storage and clipboard, the pool of workers, and the executor.

pub mod dom;
pub mod executor;
pub mod messages;
pub mod workers;
