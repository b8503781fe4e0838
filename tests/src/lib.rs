//! What the acceptance tests share. They start the `postern` binary (`POSTERN_BIN`, or the one cargo built beside
//! them) against fake upstreams and talk to it over HTTP as clients do; nothing here links the gateway.
//!
//! The tests are in `acceptance/`, in files named after the route they call. Start at [`World`]: a gateway with two
//! providers and a key. `tests/sdk` and `tests/desktop` are other suites, in Python.

mod answer;
mod caller;
mod command;
mod raw;
mod receiver;
mod tasks;
mod world;

pub use answer::{Answer, Event, receive};
pub use caller::Caller;
pub use command::{Output, binary, postern};
pub use raw::{RawAnswer, raw};
pub use receiver::{Receiver, Told};
pub use tasks::start;
pub use world::{PROVIDER_KEY, Row, World, all_rows};
