use super::fields::changed_models;
use super::permissions;

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn a_list_of_models_never_comes_to_mean_all_by_what_is_taken_away() {
    for (known, models, adds, after) in [
        ("[]", vec!["a"], true, vec!["a"]),
        ("[]", vec![], true, vec![]),
        (r#"["a"]"#, vec!["b", "a", "b"], true, vec!["a", "b"]),
        (r#"["a", "b"]"#, vec!["a", "c"], false, vec!["b"]),
        (r#"["a"]"#, vec!["a"], false, vec!["no-default-models"]),
        (r#"["no-default-models"]"#, vec!["a"], false, vec!["no-default-models"]),
        (r#"["no-default-models"]"#, vec!["no-default-models"], false, vec!["no-default-models"]),
        (r#"["no-default-models"]"#, vec!["a"], true, vec!["a"]),
        ("[]", vec![], false, vec![]),
    ] {
        let changed = changed_models(known, list(&models), adds).unwrap();
        assert_eq!(changed, list(&after), "{known} {models:?} {adds}");
    }
    // Nothing can be taken from a team that may use all of them.
    assert_eq!(changed_models("[]", list(&["a"]), false).unwrap_err().error.status, 400);
}

#[test]
fn members_are_let_to_routes_that_there_are() {
    let known = permissions::known();
    for route in
        permissions::DEFAULT.into_iter().chain(["/key/generate", "/key/{key_id}/regenerate", "/key/block"])
    {
        assert!(known.contains(&route), "{route} is not among {known:?}");
        assert_eq!(permissions::list(&[route.to_owned()]).unwrap(), format!("[\"{route}\"]"));
    }
    // However its parameter is named, it is one route.
    let both = list(&["/key/{key}/regenerate", "/key/{key_id}/regenerate"]);
    assert_eq!(permissions::list(&both).unwrap(), r#"["/key/{key_id}/regenerate"]"#);
    for route in ["/team/delete", "/key/nothing", "*", ""] {
        let failure = permissions::list(&[route.to_owned()]).unwrap_err();
        assert_eq!(failure.error.param.as_deref(), Some("team_member_permissions"), "{route}");
    }
}
