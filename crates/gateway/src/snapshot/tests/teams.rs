//! Names that only one team's keys may ask for.

use serde_json::json;

use super::{ModelRow, Namespace, Snapshot, Unresolved, provider};
use crate::config::ConfigFile;
use crate::snapshot::{Sources, build};

fn row(id: &str, group: &str, info: &serde_json::Value) -> ModelRow {
    ModelRow {
        id: id.into(),
        model_name: group.into(),
        params: json!({"model": format!("oa/{id}")}).to_string(),
        info: info.to_string(),
        ..ModelRow::default()
    }
}

fn snapshot() -> Snapshot {
    let red = json!({"team_id": "red", "access_groups": ["inner"]});
    let models = vec![
        row("common", "shared", &json!({"access_groups": ["outer"]})),
        row("of-red", "shared", &red),
        row("ours", "ours", &red),
        row("of-blue", "theirs", &json!({"team_id": "blue"})),
        ModelRow { params: json!({"model": "oa/*"}).to_string(), ..row("many", "many/*", &red) },
    ];
    let providers = vec![provider(1, "oa", "openai")];
    build(Sources { providers, models, ..Sources::empty(&ConfigFile::default()) })
}

#[test]
fn a_name_means_the_teams_own_model_first() {
    let snapshot = snapshot();
    let red = Namespace::Team("red");
    for (whose, name, expected) in [
        (red, "shared", Ok("of-red")),
        (red, "ours", Ok("ours")),
        (red, "of-red", Ok("of-red")),
        (red, "many/x", Ok("x")),
        (red, "common", Ok("common")),
        (red, "theirs", Err(Unresolved::OfATeam)),
        (red, "of-blue", Err(Unresolved::OfATeam)),
        (red, "nothing", Err(Unresolved::Unknown)),
        (Namespace::Team("blue"), "shared", Ok("common")),
        (Namespace::Team("green"), "ours", Err(Unresolved::OfATeam)),
        (Namespace::Common, "shared", Ok("common")),
        (Namespace::Common, "ours", Err(Unresolved::OfATeam)),
        // A pattern says nothing of what others may have under the names that fit it.
        (Namespace::Common, "many/x", Err(Unresolved::Unknown)),
        (Namespace::All, "shared", Ok("common")),
        (Namespace::All, "ours", Ok("ours")),
        (Namespace::All, "of-blue", Ok("of-blue")),
        (Namespace::All, "theirs", Err(Unresolved::OfATeam)),
        (Namespace::All, "many/many/x", Ok("x")),
    ] {
        let found = snapshot.resolve_for(whose, name).map(|found| found.group);
        let upstream = found.as_ref().map(|group| group.deployments[0].upstream_model.as_str());
        assert_eq!(upstream.map_err(Clone::clone), expected, "{name} for {whose:?}");
    }
}

#[test]
fn entries_of_a_teams_keys_may_name_what_is_the_teams() {
    let snapshot = snapshot();
    for (team, entry, expected) in [
        ("red", "ours", true),
        ("red", "shared", true),
        ("red", "of-red", true),
        ("red", "inner", true),
        ("red", "many/*", true),
        ("red", "theirs", false),
        ("red", "outer", false),
        ("red", "common", false),
        ("green", "ours", false),
    ] {
        assert_eq!(snapshot.is_of_team(team, entry), expected, "{entry} of {team}");
    }
}

#[test]
fn lists_have_the_teams_own_and_not_what_it_hides() {
    let snapshot = snapshot();
    let names = |whose| {
        let groups = snapshot.groups_for(whose).map(|known| (known.name.clone(), known.team.is_some()));
        groups.collect::<Vec<_>>()
    };
    let group = |name: &str, own: bool| (name.to_owned(), own);
    assert_eq!(
        names(Namespace::Team("red")),
        [group("ours", true), group("shared", true), group("demo", false)]
    );
    assert_eq!(names(Namespace::Common), [group("demo", false), group("shared", false)]);
    assert_eq!(snapshot.wildcard_groups_for(Namespace::Team("red")).count(), 1);
    assert_eq!(snapshot.wildcard_groups_for(Namespace::Common).count(), 0);
    // What a team's models have in common gives nobody else's models to anybody.
    assert_eq!(snapshot.access.names().collect::<Vec<_>>(), ["outer"]);
    assert_eq!(snapshot.groups_of_teams().count(), 4);
    assert_eq!(snapshot.all_deployments().iter().filter(|known| known.id == "of-red").count(), 1);
}
