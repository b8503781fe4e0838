//! The one place that spawns, as everywhere in this house.

use std::future::Future;

use tokio::task::JoinHandle;

/// Runs beside the test; aborting the handle is how a client leaves.
#[expect(clippy::disallowed_methods, reason = "this module is where tests spawn")]
pub fn start<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    tokio::spawn(task)
}
