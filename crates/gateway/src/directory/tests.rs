//! The directory follows the rows, and counters outlive what they count.

use std::sync::Arc;

use postern_store::Store;
use postern_store::table::LimitColumns;
use postern_store::table::budgets::BudgetRow;
use postern_store::table::customers;
use postern_store::table::keys::KeyRow;
use postern_store::table::members::{OrganizationMemberRow, TeamMemberRow};
use postern_store::table::organizations::OrganizationRow;
use postern_store::table::spent::Subject;
use postern_store::table::teams::TeamRow;
use postern_store::table::users::UserRow;
use uuid::Uuid;

use super::{Change, Directory, Role, read};
use crate::config::Governance;
use crate::counters::{Level, Scope};
use crate::ids;

fn budget(dollars: i64) -> LimitColumns {
    LimitColumns { max_budget_nanos: Some(dollars), budget_started_at: 5, ..LimitColumns::default() }
}

fn key(number: u128) -> KeyRow {
    KeyRow {
        id: Uuid::from_u128(number),
        token: ids::hex(&ids::hash_key(&format!("sk-{number}"))),
        key_name: "sk-...0000".into(),
        user_id: Some("ann".into()),
        team_id: Some("blue".into()),
        models: r#"["smart"]"#.into(),
        metadata: r#"{"enforced_params": ["user"]}"#.into(),
        limits: budget(7),
        aliases: r#"{"quick": "smart"}"#.into(),
        allowed_routes: r#"["/v1/*"]"#.into(),
        tags: r#"["x"]"#.into(),
        extra: "{}".into(),
        ..KeyRow::default()
    }
}

fn team() -> TeamRow {
    TeamRow {
        team_id: "blue".into(),
        organization_id: Some("acme".into()),
        models: "[]".into(),
        model_aliases: "{}".into(),
        metadata: r#"{"tags": ["of-team"]}"#.into(),
        member_permissions: r#"["/key/info"]"#.into(),
        member_defaults: r#"{"rpm_limit": 3}"#.into(),
        callbacks: "[]".into(),
        extra: "{}".into(),
        ..TeamRow::default()
    }
}

fn user() -> UserRow {
    UserRow {
        user_id: "ann".into(),
        user_role: "internal_user".into(),
        models: "[]".into(),
        metadata: "{}".into(),
        extra: "{}".into(),
        ..UserRow::default()
    }
}

async fn store() -> (tempfile::TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("test.db")).unwrap();
    store
        .write(|connection| {
            key(1).put(connection)?;
            team().put(connection)?;
            user().put(connection)?;
            OrganizationRow {
                organization_id: "acme".into(),
                organization_alias: "Acme".into(),
                models: "[]".into(),
                metadata: "{}".into(),
                extra: "{}".into(),
                limits: LimitColumns { budget_id: Some("gold".into()), ..LimitColumns::default() },
                ..OrganizationRow::default()
            }
            .put(connection)?;
            BudgetRow {
                budget_id: "gold".into(),
                max_budget_nanos: Some(99),
                model_limits: r#"{"smart": {"rpm_limit": 4}}"#.into(),
                ..BudgetRow::default()
            }
            .put(connection)?;
            TeamMemberRow {
                team_id: "blue".into(),
                user_id: "ann".into(),
                role: "admin".into(),
                ..TeamMemberRow::default()
            }
            .put(connection)?;
            OrganizationMemberRow {
                organization_id: "acme".into(),
                user_id: "ann".into(),
                role: "org_admin".into(),
                ..OrganizationMemberRow::default()
            }
            .put(connection)
        })
        .await
        .unwrap();
    (directory, store)
}

fn reread(store: &Store, before: &Directory, changes: &[Change]) -> Directory {
    store.read(|connection| read(connection, before, changes)).unwrap().0
}

#[tokio::test]
async fn everything_is_found_where_it_belongs() {
    let (_directory, store) = store().await;
    let directory = reread(&store, &Directory::default(), &[Change::Everything]);
    let found = directory.key(&ids::hash_key("sk-1")).expect("the key");
    assert_eq!((&*found.label, found.user_id.as_deref()), ("sk-...0000", Some("ann")));
    assert_eq!(found.limited.scope.as_ref().and_then(|scope| scope.max_budget), Some(7));
    assert_eq!(found.enforced_params.as_deref().map(<[_]>::len), Some(1));
    assert_eq!(
        found.aliases.as_ref().and_then(|aliases| aliases.get("quick")).map(|name| &**name),
        Some("smart")
    );
    let team = directory.team("blue").expect("the team");
    assert_eq!(team.organization_id.as_deref(), Some("acme"));
    let ann = &team.members["ann"];
    assert!(ann.is_admin);
    let member = ann.limited.scope.as_ref().expect("the team's word");
    assert_eq!((member.level, member.requests_per_minute), (Level::TeamMember, Some(3)));
    assert_eq!(member.subject, Subject::TeamMember { team_id: "blue".into(), user_id: "ann".into() });
    let user = directory.user("ann").expect("the user");
    assert_eq!(user.role, Role::InternalUser);
    assert!(user.teams.contains("blue") && user.organizations.contains("acme"));
    let organization = directory.organization("acme").expect("the organization");
    assert_eq!(
        organization.limited.scope.as_ref().and_then(|scope| scope.max_budget),
        Some(99),
        "its budget's"
    );
    let names: Vec<_> = organization.limited.of(&["smart"]).map(|scope| scope.word()).collect();
    assert_eq!(names, ["organization", "model_per_organization"]);
    assert_eq!(organization.limited.of(&["other"]).count(), 1);
    assert!(organization.members["ann"].is_admin);
    assert_eq!(directory.scopes().count(), 4);
}

#[tokio::test]
async fn a_change_is_read_alone_and_keeps_its_counter() {
    let (_directory, store) = store().await;
    let before = reread(&store, &Directory::default(), &[Change::Everything]);
    let counter = |directory: &Directory| {
        directory
            .key_of(Uuid::from_u128(1))
            .expect("the key")
            .limited
            .scope
            .as_ref()
            .expect("limits")
            .counter
            .clone()
    };
    counter(&before).seed(5, 3);
    let rotated = KeyRow {
        token: ids::hex(&ids::hash_key("sk-new")),
        previous_token: Some(key(1).token),
        previous_until: Some(9),
        limits: budget(8),
        ..key(1)
    };
    store.write(move |connection| rotated.put(connection)).await.unwrap();
    let after = reread(&store, &before, &[Change::Key(Uuid::from_u128(1))]);
    assert_eq!(counter(&after).lock().spent, 3);
    assert!(after.key(&ids::hash_key("sk-new")).is_some());
    assert!(after.key(&ids::hash_key("sk-1")).is_some_and(|key| key.previous.is_some()), "while it is taken");
    assert_eq!((after.key_count(), after.keys().count()), (1, 1));
    assert!(before.key(&ids::hash_key("sk-new")).is_none(), "who holds the old one sees the old one");
    let ended = KeyRow { token: ids::hex(&ids::hash_key("sk-new")), ..key(1) };
    store.write(move |connection| ended.put(connection)).await.unwrap();
    let after = reread(&store, &after, &[Change::Key(Uuid::from_u128(1))]);
    assert!(after.key(&ids::hash_key("sk-1")).is_none());
    let token = ids::hex(&ids::hash_key("sk-new"));
    store
        .write(move |connection| postern_store::table::keys::revoke(connection, &token, "test", 1))
        .await
        .unwrap();
    for change in [Change::Key(Uuid::from_u128(1)), Change::Everything] {
        let gone = reread(&store, &after, &[change]);
        assert_eq!((gone.key_count(), gone.keys().count()), (0, 0));
    }
}

#[tokio::test]
async fn a_budget_changes_whatever_refers_to_it() {
    let (_directory, store) = store().await;
    let before = reread(&store, &Directory::default(), &[Change::Everything]);
    store
        .write(|connection| {
            let row = BudgetRow {
                budget_id: "gold".into(),
                max_budget_nanos: Some(5),
                model_limits: "{}".into(),
                ..BudgetRow::default()
            };
            row.put(connection)
        })
        .await
        .unwrap();
    let after = reread(&store, &before, &[Change::Budget("gold".into())]);
    let scope = after.organization("acme").unwrap().limited.scope.clone().unwrap();
    assert_eq!(scope.max_budget, Some(5));
    assert_eq!(after.organization("acme").unwrap().limited.of(&["smart"]).count(), 1);
}

#[tokio::test]
async fn what_changed_twice_is_read_once() {
    let (_directory, store) = store().await;
    let mut directory = reread(&store, &Directory::default(), &[Change::Everything]);
    for change in [Change::Team("blue".into()), Change::Organization("acme".into())] {
        directory = reread(&store, &directory, &[change.clone(), Change::User("ann".into()), change]);
    }
    assert!(directory.team("blue").unwrap().members.contains_key("ann"));
    assert!(directory.organization("acme").unwrap().members.contains_key("ann"));
}

fn for_everybody(budget: Option<i64>, id: Option<&str>) -> Arc<Governance> {
    Arc::new(Governance {
        end_user_budget_nanos: budget,
        end_user_budget_id: id.map(str::to_owned),
        ..Governance::default()
    })
}

fn scope_of(directory: &Directory, id: &str) -> Arc<Scope> {
    directory.end_user(id).expect("somebody with limits").limited.scope.clone().expect("a budget")
}

#[tokio::test]
async fn who_was_never_seen_has_what_everybody_has_and_keeps_the_counter() {
    let (_directory, store) = store().await;
    let nothing = reread(&store, &Directory::default(), &[Change::Everything]);
    assert!(nothing.end_user("eve").is_none(), "nothing is in force for them");
    let ruled = nothing.ruled(for_everybody(None, Some("gold")));
    let directory = reread(&store, &ruled, &[Change::Everything]);
    let eve = directory.end_user("eve").unwrap();
    let scope = scope_of(&directory, "eve");
    assert_eq!((scope.level, scope.max_budget), (Level::Customer, Some(99)));
    assert_eq!(scope.subject, Subject::EndUser("eve".into()));
    assert!(scope.counter.is_seeded(scope.period.started_at));
    let models: Vec<_> = eve.limited.of(&["smart"]).map(|scope| scope.word()).collect();
    assert_eq!(models, ["end_user", "model_per_end_user"]);
    scope.counter.lock().spent = 7;
    assert_eq!(scope_of(&directory, "eve").counter.lock().spent, 7);
    assert_eq!(scope_of(&directory, "bob").counter.lock().spent, 0, "each for themselves");
    // Another budget for everybody, and a row of their own, leave it.
    let other = reread(&store, &directory.ruled(for_everybody(Some(50), None)), &[Change::Everything]);
    let scope = scope_of(&other, "eve");
    assert_eq!((scope.max_budget, scope.counter.lock().spent), (Some(50), 7));
    assert_eq!(other.strangers().len(), 2);
    store.write(|connection| customers::note(connection, "eve", 3)).await.unwrap();
    let adopted = reread(&store, &other, &[Change::Customer("eve".into()), Change::Customer("bob".into())]);
    assert_eq!(scope_of(&adopted, "eve").counter.lock().spent, 7);
    assert_eq!(adopted.strangers(), ["bob"], "who has no row waits");
    let limits = |connection: &postern_store::Connection| {
        let mut row = customers::find(connection, "eve")?.unwrap();
        row.limits = budget(3);
        row.put(connection)
    };
    store.write(limits).await.unwrap();
    let limited = reread(&store, &adopted, &[Change::Customer("eve".into())]);
    assert_eq!(scope_of(&limited, "eve").max_budget, Some(3), "their own comes first");
}

#[tokio::test]
async fn there_is_an_end_to_how_many_strangers_are_told_apart() {
    let directory = Directory::default().ruled(for_everybody(Some(50), None));
    let (_directory, store) = store().await;
    let directory = reread(&store, &directory, &[Change::Everything]);
    for number in 0..100_000 {
        directory.end_user(&number.to_string());
    }
    let (one, other) = (scope_of(&directory, "one more"), scope_of(&directory, &"x".repeat(5000)));
    assert!(Arc::ptr_eq(&one.counter, &other.counter), "the rest share one budget");
    assert!(!Arc::ptr_eq(&one.counter, &scope_of(&directory, "7").counter));
    assert_eq!(directory.strangers().len(), 100_000);
}
