//! Users, teams, organizations and what limits them: each comes back as it went in, is replaced by its key, and goes.

use super::super::LimitColumns;
use super::super::budgets::{self, BudgetRow};
use super::super::customers::{self, CustomerRow};
use super::super::invitations::{self, InvitationRow};
use super::super::keys::{self, KeyRow};
use super::super::members::{self, OrganizationMemberRow, TeamMemberRow};
use super::super::organizations::{self, OrganizationRow};
use super::super::tags::{self, TagRow};
use super::super::teams::{self, TeamRow};
use super::super::users::{self, UserRow};
use super::{assert_every_column_is_told_apart, database, full_key, limits, some};
use crate::is_constraint;

/// Limits that name this budget, and nothing else.
fn of_budget(budget_id: &str) -> LimitColumns {
    LimitColumns { budget_id: some(budget_id), ..LimitColumns::default() }
}

fn budget() -> BudgetRow {
    BudgetRow {
        budget_id: "budget".into(),
        max_budget_nanos: Some(11),
        soft_budget_nanos: Some(12),
        budget_duration: some("duration"),
        budget_reset_at: Some(13),
        rpm_limit: Some(14),
        tpm_limit: Some(15),
        max_parallel_requests: Some(16),
        model_limits: r#"{"model":1}"#.into(),
        allowed_models: r#"["allowed"]"#.into(),
        is_own: true,
        created_by: "creator".into(),
        created_at: 17,
        updated_by: "changer".into(),
        updated_at: 18,
    }
}

fn user(user_id: &str) -> UserRow {
    UserRow {
        user_id: user_id.into(),
        user_alias: some("alias"),
        user_email: Some(format!("{user_id}@example.com")),
        user_role: "internal_user".into(),
        sso_user_id: Some(format!("sso-{user_id}")),
        password_hash: some("$argon2id$"),
        models: r#"["models"]"#.into(),
        metadata: r#"{"metadata":1}"#.into(),
        extra: r#"{"extra":1}"#.into(),
        blocked: true,
        limits: limits(),
        created_by: "creator".into(),
        created_at: 11,
        updated_by: "changer".into(),
        updated_at: 12,
    }
}

fn organization() -> OrganizationRow {
    OrganizationRow {
        organization_id: "organization".into(),
        organization_alias: "alias".into(),
        models: r#"["models"]"#.into(),
        metadata: r#"{"metadata":1}"#.into(),
        extra: r#"{"extra":1}"#.into(),
        blocked: true,
        limits: limits(),
        created_by: "creator".into(),
        created_at: 11,
        updated_by: "changer".into(),
        updated_at: 12,
    }
}

fn team(team_id: &str) -> TeamRow {
    TeamRow {
        team_id: team_id.into(),
        team_alias: some("alias"),
        organization_id: some("organization"),
        models: r#"["models"]"#.into(),
        model_aliases: r#"{"aliases":1}"#.into(),
        metadata: r#"{"metadata":1}"#.into(),
        member_permissions: r#"["permissions"]"#.into(),
        member_defaults: r#"{"defaults":1}"#.into(),
        callbacks: r#"["callbacks"]"#.into(),
        logging_off: true,
        extra: r#"{"extra":1}"#.into(),
        blocked: false,
        limits: limits(),
        created_by: "creator".into(),
        created_at: 11,
        updated_by: "changer".into(),
        updated_at: 12,
    }
}

fn team_member(team_id: &str, user_id: &str, created_at: i64) -> TeamMemberRow {
    TeamMemberRow {
        team_id: team_id.into(),
        user_id: user_id.into(),
        role: "admin".into(),
        limits: limits(),
        created_at,
        updated_at: 12,
    }
}

fn organization_member(organization_id: &str, user_id: &str, created_at: i64) -> OrganizationMemberRow {
    OrganizationMemberRow {
        organization_id: organization_id.into(),
        user_id: user_id.into(),
        role: "org_admin".into(),
        limits: limits(),
        created_at,
        updated_at: 12,
    }
}

fn customer() -> CustomerRow {
    CustomerRow {
        user_id: "customer".into(),
        alias: some("alias"),
        blocked: true,
        allowed_model_region: some("eu"),
        default_model: some("model"),
        limits: limits(),
        created_at: 11,
        updated_at: 12,
    }
}

fn tag() -> TagRow {
    TagRow {
        name: "tag".into(),
        description: some("description"),
        models: r#"["models"]"#.into(),
        model_info: r#"{"info":1}"#.into(),
        limits: limits(),
        created_by: "creator".into(),
        created_at: 11,
        updated_at: 12,
    }
}

fn invitation(id: &str, user_id: &str, created_at: i64) -> InvitationRow {
    InvitationRow {
        id: id.into(),
        user_id: user_id.into(),
        is_accepted: true,
        accepted_at: Some(11),
        expires_at: 12,
        created_by: "creator".into(),
        created_at,
        updated_by: "changer".into(),
        updated_at: 14,
    }
}

#[test]
fn every_table_comes_back_as_it_went_in() {
    let (_directory, connection) = database();

    budget().put(&connection).unwrap();
    assert_every_column_is_told_apart(&connection, "budgets", &["is_own"]);
    assert_eq!(budgets::find(&connection, "budget").unwrap(), Some(budget()));
    let changed = BudgetRow { is_own: false, max_budget_nanos: None, created_at: 1, ..budget() };
    changed.put(&connection).unwrap();
    assert_eq!(budgets::all(&connection).unwrap(), [changed]);
    assert!(budgets::remove(&connection, "budget").unwrap());
    assert!(!budgets::remove(&connection, "budget").unwrap());

    user("user").put(&connection).unwrap();
    assert_every_column_is_told_apart(&connection, "users", &["blocked"]);
    assert_eq!(users::find(&connection, "user").unwrap(), Some(user("user")));
    let changed =
        UserRow { blocked: false, password_hash: None, limits: LimitColumns::default(), ..user("user") };
    changed.put(&connection).unwrap();
    assert_eq!(users::all(&connection).unwrap(), [changed]);
    assert!(users::remove(&connection, "user").unwrap());
    assert!(!users::remove(&connection, "user").unwrap());

    organization().put(&connection).unwrap();
    assert_every_column_is_told_apart(&connection, "organizations", &["blocked"]);
    assert_eq!(organizations::find(&connection, "organization").unwrap(), Some(organization()));
    let changed = OrganizationRow { blocked: false, limits: of_budget("other"), ..organization() };
    changed.put(&connection).unwrap();
    assert_eq!(organizations::all(&connection).unwrap(), [changed]);
    assert!(organizations::remove(&connection, "organization").unwrap());
    assert!(!organizations::remove(&connection, "organization").unwrap());

    team("team").put(&connection).unwrap();
    assert_every_column_is_told_apart(&connection, "teams", &["logging_off", "blocked"]);
    assert_eq!(teams::find(&connection, "team").unwrap(), Some(team("team")));
    let changed = TeamRow { logging_off: false, blocked: true, organization_id: None, ..team("team") };
    changed.put(&connection).unwrap();
    assert_eq!(teams::all(&connection).unwrap(), [changed]);
    assert!(teams::remove(&connection, "team").unwrap());
    assert!(!teams::remove(&connection, "team").unwrap());

    customer().put(&connection).unwrap();
    assert_every_column_is_told_apart(&connection, "customers", &["blocked"]);
    assert_eq!(customers::find(&connection, "customer").unwrap(), Some(customer()));
    let changed = CustomerRow { blocked: false, alias: None, ..customer() };
    changed.put(&connection).unwrap();
    assert_eq!(customers::all(&connection).unwrap(), [changed]);
    assert!(customers::remove(&connection, "customer").unwrap());
    assert!(!customers::remove(&connection, "customer").unwrap());

    tag().put(&connection).unwrap();
    assert_every_column_is_told_apart(&connection, "tags", &[]);
    assert_eq!(tags::find(&connection, "tag").unwrap(), Some(tag()));
    let changed = TagRow { description: None, ..tag() };
    changed.put(&connection).unwrap();
    assert_eq!(tags::all(&connection).unwrap(), [changed]);
    assert!(tags::remove(&connection, "tag").unwrap());
    assert!(!tags::remove(&connection, "tag").unwrap());
}

#[test]
fn members_are_found_from_both_sides() {
    let (_directory, connection) = database();
    team_member("red", "zoe", 1).put(&connection).unwrap();
    assert_every_column_is_told_apart(&connection, "team_members", &[]);
    organization_member("acme", "zoe", 1).put(&connection).unwrap();
    assert_every_column_is_told_apart(&connection, "organization_members", &[]);
    for (group, user, at) in [("red", "ann", 2), ("blue", "ann", 1), ("blue", "zoe", 3)] {
        team_member(group, user, at).put(&connection).unwrap();
        organization_member(group, user, at).put(&connection).unwrap();
    }
    let changed = TeamMemberRow { role: "user".into(), ..team_member("red", "zoe", 1) };
    changed.put(&connection).unwrap();
    assert_eq!(members::find_in_team(&connection, "red", "zoe").unwrap(), Some(changed.clone()));
    assert_eq!(members::find_in_team(&connection, "zoe", "red").unwrap(), None);
    assert_eq!(members::of_team(&connection, "red").unwrap(), [changed, team_member("red", "ann", 2)]);
    let teams: Vec<_> =
        members::teams_of(&connection, "ann").unwrap().into_iter().map(|row| row.team_id).collect();
    assert_eq!(teams, ["blue", "red"], "in the order in which they came");
    assert_eq!(members::all_of_teams(&connection).unwrap().len(), 4);

    let found = members::find_in_organization(&connection, "acme", "zoe").unwrap();
    assert_eq!(found, Some(organization_member("acme", "zoe", 1)));
    let people: Vec<_> =
        members::of_organization(&connection, "blue").unwrap().into_iter().map(|row| row.user_id).collect();
    assert_eq!(people, ["ann", "zoe"]);
    let organizations: Vec<_> = members::organizations_of(&connection, "zoe")
        .unwrap()
        .into_iter()
        .map(|row| row.organization_id)
        .collect();
    assert_eq!(organizations, ["acme", "blue"]);
    assert_eq!(members::all_of_organizations(&connection).unwrap().len(), 4);
}

#[test]
fn members_leave_one_by_one_and_all_together() {
    let (_directory, connection) = database();
    let left = || {
        let teams = members::all_of_teams(&connection).unwrap();
        let organizations = members::all_of_organizations(&connection).unwrap();
        let teams = teams.into_iter().map(|row| format!("{}/{}", row.team_id, row.user_id));
        let organizations =
            organizations.into_iter().map(|row| format!("{}:{}", row.organization_id, row.user_id));
        teams.chain(organizations).collect::<Vec<_>>()
    };
    for (group, user) in [("a", "1"), ("a", "2"), ("b", "1"), ("b", "2"), ("c", "1"), ("c", "3")] {
        team_member(group, user, 1).put(&connection).unwrap();
        organization_member(group, user, 1).put(&connection).unwrap();
    }
    assert!(members::remove_from_team(&connection, "a", "1").unwrap());
    assert!(!members::remove_from_team(&connection, "a", "1").unwrap());
    assert!(members::remove_from_organization(&connection, "b", "2").unwrap());
    assert!(!members::remove_from_organization(&connection, "b", "2").unwrap());
    members::empty_team(&connection, "b").unwrap();
    members::empty_organization(&connection, "a").unwrap();
    assert_eq!(left(), ["a/2", "c/1", "c/3", "b:1", "c:1", "c:3"]);
    members::remove_everywhere(&connection, "1").unwrap();
    assert_eq!(left(), ["a/2", "c/3", "c:3"]);
}

#[test]
fn an_email_belongs_to_one_user_whatever_the_case_of_its_letters() {
    let (_directory, connection) = database();
    user("ann").put(&connection).unwrap();
    for clash in [
        UserRow { user_email: some("ANN@example.COM"), ..user("other") },
        UserRow { sso_user_id: some("sso-ann"), ..user("other") },
    ] {
        assert!(is_constraint(&clash.put(&connection).unwrap_err()), "{clash:?}");
    }
    assert_eq!(users::all(&connection).unwrap(), [user("ann")], "a refused user left something behind");
    // Those who have neither do not stand in each other's way.
    for id in ["1", "2"] {
        let bare = UserRow { user_email: None, sso_user_id: None, ..user(id) };
        bare.put(&connection).unwrap();
    }
    assert_eq!(users::find_by_email(&connection, "aNN@Example.com").unwrap(), Some(user("ann")));
    assert_eq!(users::find_by_sso(&connection, "sso-ann").unwrap(), Some(user("ann")));
    assert_eq!(users::find_by_sso(&connection, "SSO-ANN").unwrap(), None, "that name is exact");
    assert_eq!(users::find_by_email(&connection, "' OR 1=1 --").unwrap(), None);
    // Their own row may keep or change both.
    let moved = UserRow { user_email: some("new@example.com"), ..user("ann") };
    moved.put(&connection).unwrap();
    assert_eq!(users::find_by_email(&connection, "ann@example.com").unwrap(), None);
}

#[test]
fn lists_are_oldest_first() {
    let (_directory, connection) = database();
    for (name, created_at) in [("b", 2), ("c", 1), ("a", 2)] {
        TeamRow { created_at, organization_id: some(name), ..team(name) }.put(&connection).unwrap();
        UserRow { created_at, ..user(name) }.put(&connection).unwrap();
        BudgetRow { created_at, budget_id: name.into(), ..budget() }.put(&connection).unwrap();
        OrganizationRow { created_at, organization_id: name.into(), ..organization() }
            .put(&connection)
            .unwrap();
        CustomerRow { created_at, user_id: name.into(), ..customer() }.put(&connection).unwrap();
        TagRow { created_at, name: name.into(), ..tag() }.put(&connection).unwrap();
    }
    let order = ["c", "a", "b"];
    assert!(teams::all(&connection).unwrap().iter().map(|row| &row.team_id).eq(order));
    assert!(users::all(&connection).unwrap().iter().map(|row| &row.user_id).eq(order));
    assert!(budgets::all(&connection).unwrap().iter().map(|row| &row.budget_id).eq(order));
    assert!(organizations::all(&connection).unwrap().iter().map(|row| &row.organization_id).eq(order));
    assert!(customers::all(&connection).unwrap().iter().map(|row| &row.user_id).eq(order));
    assert!(tags::all(&connection).unwrap().iter().map(|row| &row.name).eq(order));
    assert!(teams::of_organization(&connection, "a").unwrap().iter().map(|row| &row.team_id).eq(["a"]));
    assert!(teams::of_organization(&connection, "none").unwrap().is_empty());
}

#[test]
fn invitations_go_with_their_user() {
    let (_directory, connection) = database();
    invitation("one", "ann", 13).put(&connection).unwrap();
    assert_every_column_is_told_apart(&connection, "invitations", &["is_accepted"]);
    let open = InvitationRow { is_accepted: false, accepted_at: None, ..invitation("two", "ann", 20) };
    open.put(&connection).unwrap();
    invitation("three", "zoe", 30).put(&connection).unwrap();
    assert_eq!(invitations::find(&connection, "two").unwrap(), Some(open.clone()));
    assert_eq!(invitations::of_user(&connection, "ann").unwrap(), [open, invitation("one", "ann", 13)]);
    assert!(invitations::remove(&connection, "two").unwrap());
    assert!(!invitations::remove(&connection, "two").unwrap());
    invitations::remove_of_user(&connection, "ann").unwrap();
    assert_eq!(invitations::find(&connection, "one").unwrap(), None);
    assert!(invitations::find(&connection, "three").unwrap().is_some());
}

#[test]
fn a_budget_knows_who_refers_to_it() {
    let (_directory, connection) = database();
    assert_eq!(budgets::uses(&connection, "shared").unwrap(), []);
    let limits = || of_budget("shared");
    for number in 1..=3 {
        KeyRow { limits: limits(), ..full_key(number) }.put(&connection).unwrap();
    }
    assert!(keys::revoke(&connection, &full_key(3).token, "tester", 9).unwrap());
    UserRow { limits: limits(), ..user("ann") }.put(&connection).unwrap();
    TeamRow { limits: limits(), ..team("red") }.put(&connection).unwrap();
    TeamMemberRow { limits: limits(), ..team_member("red", "ann", 1) }.put(&connection).unwrap();
    OrganizationRow { limits: limits(), ..organization() }.put(&connection).unwrap();
    OrganizationMemberRow { limits: limits(), ..organization_member("acme", "ann", 1) }
        .put(&connection)
        .unwrap();
    CustomerRow { limits: limits(), ..customer() }.put(&connection).unwrap();
    TagRow { limits: limits(), ..tag() }.put(&connection).unwrap();
    let expected = [
        ("keys", 2),
        ("users", 1),
        ("teams", 1),
        ("team members", 1),
        ("organizations", 1),
        ("organization members", 1),
        ("customers", 1),
        ("tags", 1),
    ];
    assert_eq!(budgets::uses(&connection, "shared").unwrap(), expected, "a revoked key uses nothing");
    assert_eq!(budgets::uses(&connection, "other").unwrap(), []);
}
