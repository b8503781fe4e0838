//! The only place of this crate that starts threads and tasks. Every fake runs on a thread of its own, so that a
//! test which blocks its runtime (waiting for a process to end, say) does not stop the fake as well.

use std::future::Future;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

/// A runtime on a thread of its own; dropping it ends its tasks and joins the thread.
#[derive(Debug)]
pub struct Background {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Runs `work` until it ends or the value is dropped.
    pub fn start<F, Fut>(name: &str, work: F) -> std::io::Result<Self>
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = ()>,
    {
        let (stop, stopped) = oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = work() => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Starts a task on the runtime of the calling fake; it ends with that runtime at the latest.
#[expect(
    clippy::disallowed_methods,
    reason = "the fakes' own runtime is dropped as a whole, which ends every task"
)]
pub fn start(work: impl Future<Output = ()> + Send + 'static) {
    drop(tokio::spawn(work));
}
