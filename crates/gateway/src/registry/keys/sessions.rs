//! Sign-ins to the console that are over: their keys are taken away.

use postern_store::table::keys;
use uuid::Uuid;

use crate::clock;
use crate::directory::Change;
use crate::engine::Engine;
use crate::error::Failure;
use crate::registry::audit::Actor;

/// Ends the sessions that have expired.
pub async fn prune(engine: &Engine) -> Result<(), Failure> {
    let now = clock::now_ms();
    let over: Vec<Uuid> = {
        let directory = engine.directory.load();
        let sessions = directory.keys().filter(|key| key.is_session);
        sessions.filter(|key| key.expires_at.is_some_and(|at| at <= now)).map(|key| key.id).collect()
    };
    if over.is_empty() {
        return Ok(());
    }
    let changes = over.iter().copied().map(Change::Key).collect();
    engine
        .transact(move |connection| {
            let by = Actor::gateway().name;
            over.iter().try_for_each(|id| Ok(keys::end_session(connection, *id, &by, now)?))
        })
        .await?;
    engine.refresh(changes, &[]).await
}
