//! How far a list of models reaches, how metadata and times are read, and what is left on record of changes.

use std::collections::{BTreeMap, BTreeSet};

use postern_secrets::VaultKind;
use postern_store::table::audit_log::{self, AuditFilter, AuditRow};
use serde_json::json;

use super::bounds::stranger;
use super::{
    Asking, KeyFields, NewKey, Regenerated, delete, generate, regenerate, rotation, set_blocked, update,
};
use crate::auth::Caller;
use crate::auth::permissions::Authority;
use crate::config::Options;
use crate::directory::Change;
use crate::events::Event;
use crate::gateway::Gateway;
use crate::registry::limited::{LimitFields, Said};
use crate::snapshot::{AccessGroups, AllowedModels};

fn access() -> AccessGroups {
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    let members = BTreeMap::from([
        ("staff".to_owned(), names(&["smart", "quick"])),
        ("guests".to_owned(), names(&["quick"])),
    ]);
    AccessGroups::new(members, names(&["smart", "quick", "openai/*"]))
}

#[test]
fn a_list_stays_within_the_one_above() {
    for (above, list, within) in [
        (vec![], vec!["anything", "*"], true),
        (vec!["*"], vec!["anything"], true),
        (vec!["all-team-models"], vec!["anything"], true),
        (vec!["smart"], vec!["smart"], true),
        (vec!["smart"], vec![], true),
        (vec!["smart"], vec!["all-team-models", "no-default-models"], true),
        (vec!["smart"], vec!["smart", "quick"], false),
        (vec!["smart"], vec!["*"], false),
        (vec!["smart"], vec!["all-proxy-models"], false),
        (vec!["smart"], vec!["sm*"], false),
        (vec!["openai/*"], vec!["openai/gpt-*", "openai/x"], true),
        (vec!["openai/*"], vec!["open*"], false),
        (vec!["openai/gpt-*"], vec!["openai/*"], false),
        (vec!["staff"], vec!["smart", "quick", "guests", "staff"], true),
        (vec!["guests"], vec!["staff"], false),
        (vec!["guests"], vec!["smart"], false),
        (vec!["smart", "quick"], vec!["staff"], true),
    ] {
        let allowed = AllowedModels::from_list(above.clone());
        let list: Vec<String> = list.into_iter().map(str::to_owned).collect();
        assert_eq!(stranger(&list, &allowed, &access()).is_none(), within, "{above:?} {list:?}");
    }
}

#[test]
fn moments_are_read_with_a_zone_and_without() {
    for (text, seconds) in [
        ("2026-01-31T10:00:00Z", Some(1_769_853_600)),
        ("2026-01-31T12:00:00+02:00", Some(1_769_853_600)),
        ("2026-01-31T10:00:00", Some(1_769_853_600)),
        ("2026-01-31 10:00:00.5", Some(1_769_853_600)),
        ("2026-01-31", Some(1_769_817_600)),
        ("tomorrow", None),
        ("", None),
        ("-1", None),
    ] {
        assert_eq!(super::fields::moment(text).map(|moment| moment / 1000), seconds, "{text}");
    }
}

#[test]
fn lists_in_metadata_are_lists_of_texts() {
    let read = |value| super::fields::texts("tags", json!({"tags": value}).as_object().expect("an object"));
    assert_eq!(read(json!(["a", "b"])).expect("a list"), ["a", "b"]);
    assert!(read(json!(null)).expect("none").is_empty());
    for wrong in [json!("a"), json!([1]), json!({"a": 1}), json!([""]), json!(["a\u{7}"])] {
        assert!(read(wrong.clone()).is_err(), "{wrong}");
    }
}

async fn gateway() -> (tempfile::TempDir, Gateway) {
    let files = tempfile::tempdir().unwrap();
    let mut options = Options::new(files.path().to_owned());
    options.vault = Some(VaultKind::Memory);
    options.admin_key = Some("sk-admin-0123456789abcdef".into());
    let gateway = Gateway::open(options).await.unwrap();
    (files, gateway)
}

fn administrator(gateway: &Gateway) -> Asking {
    let authority = Authority { caller: Caller::Administrator, rule: None, changed_by: None };
    Asking::new(gateway.engine(), &authority)
}

async fn record_of(gateway: &Gateway, id: uuid::Uuid) -> Vec<AuditRow> {
    let filter =
        AuditFilter { object_id: Some(id.to_string()), ascending: true, limit: 99, ..AuditFilter::default() };
    gateway.engine().read(move |connection| audit_log::page(connection, &filter)).await.unwrap()
}

#[tokio::test]
async fn every_change_is_on_record_without_a_secret() {
    let (_files, gateway) = gateway().await;
    let engine = gateway.engine();
    let asking = || administrator(&gateway);
    let (secret, row) = generate(engine, asking(), NewKey::default()).await.unwrap();
    let budget = |dollars| KeyFields {
        limits: LimitFields { max_budget: Said::Set(dollars), ..LimitFields::default() },
        ..KeyFields::default()
    };
    let key = || vec![row.token.clone()];
    for _ in 0..2 {
        update(engine, asking(), key(), budget(5.0)).await.unwrap();
    }
    update(engine, asking(), key(), budget(-5.0)).await.unwrap_err();
    set_blocked(engine, asking(), row.token.clone(), true).await.unwrap();
    set_blocked(engine, asking(), row.token.clone(), false).await.unwrap();
    let (new, turned) =
        regenerate(engine, asking(), row.token.clone(), Regenerated::default()).await.unwrap();
    delete(engine, asking(), vec![turned.token], Vec::new()).await.unwrap();
    let record = record_of(&gateway, row.id).await;
    let actions: Vec<&str> = record.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["created", "updated", "blocked", "unblocked", "rotated", "deleted"]);
    assert!(record.iter().all(|entry| entry.changed_by == "default_user_id"));
    assert!(record[0].before.is_none() && record[5].after.is_none());
    let after = record[1].after.as_deref().unwrap_or_default();
    assert!(after.contains("5000000000"), "{after}");
    for secret in [secret, new] {
        assert!(!format!("{record:?}").contains(secret.expose()));
    }
}

#[tokio::test]
async fn what_is_due_is_rotated_and_what_is_blocked_is_not() {
    let (_files, gateway) = gateway().await;
    let engine = gateway.engine();
    let new = || NewKey {
        fields: KeyFields {
            auto_rotate: Said::Set(true),
            rotation_interval: Said::Set("30d".into()),
            ..KeyFields::default()
        },
        ..NewKey::default()
    };
    // Before any is due: the gateway's own job may come first.
    let mut events = engine.events.subscribe();
    let mut ids = Vec::new();
    for (due, blocked) in [(true, false), (true, true), (false, false)] {
        let (_, mut row) = generate(engine, administrator(&gateway), new()).await.unwrap();
        ids.push(row.id);
        row.blocked = blocked;
        if due {
            row.rotate_at = Some(1);
        }
        let change = Change::Key(row.id);
        engine.transact(move |connection| Ok(row.put(connection)?)).await.unwrap();
        engine.refresh(vec![change], &[]).await.unwrap();
    }
    rotation::run(engine).await;
    let told = loop {
        if let Event::KeyRotated { key_id, .. } = events.recv().await.unwrap() {
            break key_id;
        }
    };
    assert_eq!(told, ids[0]);
    rotation::run(engine).await;
    for (id, count) in ids.iter().zip([1, 0, 0]) {
        let key = engine.directory.load().key_of(*id).expect("the key").clone();
        assert_eq!(usize::from(key.previous.is_some()), count);
        let rotated = record_of(&gateway, *id).await.into_iter().filter(|entry| entry.action == "rotated");
        let by: Vec<String> = rotated.map(|entry| entry.changed_by).collect();
        assert_eq!(by, vec!["postern"; count]);
    }
    while let Ok(event) = events.try_recv() {
        assert!(!matches!(event, Event::KeyRotated { .. }), "{event:?}");
    }
    // Revoked, it leaves nothing in the vault.
    let token = engine.directory.load().key_of(ids[0]).expect("the key").token();
    let waiting = format!("key/{}", ids[0]);
    let name = waiting.clone();
    assert!(engine.with_vault(move |vault| vault.get(&name)).await.unwrap().is_some());
    delete(engine, administrator(&gateway), vec![token], Vec::new()).await.unwrap();
    assert!(engine.with_vault(move |vault| vault.get(&waiting)).await.unwrap().is_none());
}
