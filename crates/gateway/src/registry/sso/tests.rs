use postern_store::Store;
use postern_store::table::audit_log;
use serde_json::{Map, Value, json};

use super::super::limited::Now;
use super::*;
use crate::config::{ClaimNames, SsoServer};

fn settings() -> SsoSettings {
    SsoSettings {
        name: "The Office".into(),
        server: SsoServer::Issuer("https://office.example".into()),
        client_id: "postern".into(),
        client_secret: None,
        include_client_id: false,
        scopes: Vec::new(),
        claims: ClaimNames::default(),
        role_map: [].into(),
        default_role: None,
        allowed_email_domains: Vec::new(),
        trust_email: false,
        create_users: true,
        public_url: None,
    }
}

fn claims() -> Claims {
    Claims {
        subject: "ada-1815".into(),
        email: Some("ada@example.com".into()),
        email_verified: true,
        name: Some("Ada Lovelace".into()),
        roles: vec!["proxy_admin".into()],
    }
}

struct House {
    store: Store,
    defaults: Map<String, Value>,
    _files: tempfile::TempDir,
}

impl House {
    fn new(defaults: &Value) -> Self {
        let files = tempfile::tempdir().unwrap();
        let store = Store::open(&files.path().join("postern.db")).unwrap();
        Self { store, defaults: defaults.as_object().cloned().unwrap(), _files: files }
    }

    async fn arrive(&self, settings: SsoSettings, claims: Claims) -> Result<(UserRow, Vec<Change>), Failure> {
        let defaults = self.defaults.clone();
        self.store
            .transact(move |connection| {
                let at = "2026-03-04T05:06:07Z".parse().unwrap();
                let now = Now { at, zone: jiff::tz::TimeZone::UTC };
                let beginning = Beginning { now, defaults };
                Arriving { connection, settings: &settings, beginning: &beginning }.user(&claims)
            })
            .await
    }

    fn log(&self) -> Vec<(String, String)> {
        let rows = self.store.read(|connection| {
            audit_log::page(
                connection,
                &audit_log::AuditFilter { limit: 100, ..audit_log::AuditFilter::default() },
            )
        });
        rows.unwrap().into_iter().map(|row| (row.action, row.changed_by)).collect()
    }
}

#[tokio::test]
async fn a_new_user_has_what_all_new_users_have() {
    let house = House::new(&json!({
        "user_role": "internal_user_viewer", "max_budget": 1.5, "budget_duration": "1mo", "rpm_limit": 7,
        "models": ["small"], "auto_create_key": false,
    }));
    let (user, changes) = house.arrive(settings(), claims()).await.unwrap();
    assert_eq!(changes, [Change::User(user.user_id.clone())]);
    assert_eq!(user.user_role, "internal_user_viewer", "the claim has no say unless it is named");
    assert_eq!((user.limits.max_budget_nanos, user.limits.rpm_limit), (Some(1_500_000_000), Some(7)));
    let april: jiff::Timestamp = "2026-04-01T00:00:00Z".parse().unwrap();
    assert_eq!(user.limits.budget_reset_at, Some(april.as_millisecond()));
    assert_eq!(user.models, r#"["small"]"#);
    assert_eq!(house.log(), [("created".to_owned(), ACTOR.to_owned())]);
    let (again, changes) = house.arrive(settings(), claims()).await.unwrap();
    assert_eq!((again, changes), (user, Vec::new()));
    assert_eq!(house.log().len(), 1, "nothing changed, so nothing is noted");
}

#[tokio::test]
async fn the_section_s_role_counts_over_that_of_all_users_and_the_claim_over_both() {
    let house = House::new(&json!({"user_role": "internal_user_viewer"}));
    let mut with = settings();
    with.default_role = Some("internal_user".into());
    assert_eq!(house.arrive(with.clone(), claims()).await.unwrap().0.user_role, "internal_user");
    with.claims.role = Some("groups".into());
    assert_eq!(house.arrive(with.clone(), claims()).await.unwrap().0.user_role, "proxy_admin");
    let without = Claims { roles: Vec::new(), ..claims() };
    assert_eq!(house.arrive(with, without).await.unwrap().0.user_role, "internal_user");
    assert_eq!(house.log().len(), 3);
}

#[tokio::test]
async fn an_address_that_was_not_verified_is_not_kept() {
    let house = House::new(&json!({}));
    let mallory = Claims { subject: "mallory".into(), email_verified: false, ..claims() };
    let (mallory, _) = house.arrive(settings(), mallory).await.unwrap();
    assert_eq!(mallory.user_email, None);
    // So that its owner is not taken for them.
    let (ada, _) = house.arrive(settings(), claims()).await.unwrap();
    assert_ne!(ada.user_id, mallory.user_id);
    assert_eq!(ada.user_email.as_deref(), Some("ada@example.com"));
}

#[tokio::test]
async fn wrong_settings_of_new_users_make_nobody() {
    let house = House::new(&json!({"budget_duration": "sometimes"}));
    let failure = house.arrive(settings(), claims()).await.unwrap_err();
    assert_eq!(failure.error.param.as_deref(), Some("budget_duration"));
    assert!(house.log().is_empty());
}
