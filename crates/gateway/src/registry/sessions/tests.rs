//! Sessions end by themselves, in a gateway of the test's own.

use postern_secrets::VaultKind;
use postern_store::table::keys::{self, KeyFilter};
use postern_store::table::users::UserRow;

use super::{open, prune};
use crate::clock;
use crate::config::Options;
use crate::directory::Change;
use crate::gateway::Gateway;
use crate::ids;

#[tokio::test]
async fn a_session_that_is_over_leaves_nothing() {
    let files = tempfile::tempdir().unwrap();
    let mut options = Options::new(files.path().to_owned());
    options.vault = Some(VaultKind::Memory);
    options.admin_key = Some("sk-admin-0123456789abcdef".into());
    let gateway = Gateway::open(options).await.unwrap();
    let engine = gateway.engine();
    let user = UserRow {
        user_id: "ann".into(),
        user_role: "internal_user".into(),
        models: "[]".into(),
        metadata: "{}".into(),
        extra: "{}".into(),
        ..UserRow::default()
    };
    engine.transact(move |connection| Ok(user.put(connection)?)).await.unwrap();
    engine.refresh(vec![Change::User("ann".into())], &[]).await.unwrap();
    let (over, running) =
        (open(engine, "ann".into()).await.unwrap(), open(engine, "ann".into()).await.unwrap());
    let mut row = over.row.clone();
    row.expires_at = Some(clock::now_ms() - 1);
    engine.transact(move |connection| Ok(row.put(connection)?)).await.unwrap();
    engine.refresh(vec![Change::Key(over.row.id)], &[]).await.unwrap();
    prune(engine).await.unwrap();
    let is_known = |token: &str| engine.directory.load().key(&ids::parse_hex(token).unwrap()).is_some();
    assert!(!is_known(&over.row.token) && is_known(&running.row.token));
    for (deleted, count) in [(false, 1), (true, 0)] {
        let filter = KeyFilter { sessions: true, deleted, ..KeyFilter::default() };
        let found = engine.read(move |connection| keys::count(connection, &filter)).await.unwrap();
        assert_eq!(found, count, "revoked: {deleted}");
    }
    prune(engine).await.unwrap();
}
