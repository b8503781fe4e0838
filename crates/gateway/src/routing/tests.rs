//! The order of attempts, case by case.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::json;

use super::{Health, plan};
use crate::config::ConfigFile;
use crate::snapshot::{Deployment, Group, Sources, build};

/// A group of deployments named by their position, with these orders and weights.
fn group(deployments: &[(i32, u32)]) -> Arc<Group> {
    let models: Vec<_> = deployments
        .iter()
        .enumerate()
        .map(|(index, (order, weight))| {
            json!({"model_name": "group", "model_info": {"id": index.to_string()}, "litellm_params": {
                "model": "openai/x", "api_base": "http://127.0.0.1:1/v1", "order": order, "weight": weight,
            }})
        })
        .collect();
    let config =
        ConfigFile { models: serde_json::from_value(models.into()).unwrap(), ..ConfigFile::default() };
    build(Sources::empty(&config)).groups["group"].clone()
}

fn ids(plan: &[Arc<Deployment>]) -> String {
    plan.iter().map(|deployment| deployment.id.as_str()).collect()
}

/// `(order, weight)` of each deployment, the number of attempts, and the order in which they are tried.
type Case = (&'static [(i32, u32)], usize, &'static str);

#[test]
fn attempts_go_by_order_then_round_again() {
    let cases: &[Case] = &[
        (&[(0, 1)], 1, "0"),
        (&[(0, 1)], 3, "000"),
        (&[(2, 1), (1, 1)], 3, "101"),
        (&[(3, 1), (1, 1), (2, 1)], 2, "12"),
        (&[(3, 1), (1, 1), (2, 1)], 7, "1201201"),
        (&[(0, 1), (-1, 1)], 2, "10"),
    ];
    for (deployments, attempts, expected) in cases {
        let planned = plan(&group(deployments), &Health::default(), *attempts, || 0);
        assert_eq!(ids(&planned), *expected, "{deployments:?}");
    }
}

#[test]
fn a_group_of_none_plans_nothing() {
    let none = Group { name: "none".into(), deployments: Vec::new() };
    assert!(plan(&none, &Health::default(), 3, || 0).is_empty());
}

#[test]
fn peers_are_drawn_by_weight() {
    let group = group(&[(0, 1), (0, 3), (0, 6), (1, 1000)]);
    let mut first: HashMap<String, u32> = HashMap::new();
    for ticket in 0..10 {
        let planned = plan(&group, &Health::default(), 4, || ticket);
        *first.entry(planned[0].id.clone()).or_default() += 1;
        assert_eq!(planned[3].id, "3", "a later order is never drawn early");
        let mut all: Vec<_> = planned.iter().map(|deployment| deployment.id.as_str()).collect();
        all.sort_unstable();
        assert_eq!(all, ["0", "1", "2", "3"], "each once");
    }
    assert_eq!((first["0"], first["1"], first["2"]), (1, 3, 6));
}

#[test]
fn without_weight_a_deployment_is_tried_after_its_peers() {
    for ticket in 0..20 {
        assert_eq!(ids(&plan(&group(&[(0, 0), (0, 5)]), &Health::default(), 2, || ticket)), "10");
        assert_eq!(ids(&plan(&group(&[(0, 0), (0, 0)]), &Health::default(), 2, || ticket)), "01");
    }
    assert_eq!(
        ids(&plan(&group(&[(0, u32::MAX), (0, u32::MAX)]), &Health::default(), 2, || u64::MAX)).len(),
        2
    );
}

#[test]
fn what_cools_down_is_tried_last_and_still_tried() {
    let group = group(&[(0, 1), (1, 1), (2, 1)]);
    let health = Health::default();
    let order = |health: &Health| ids(&plan(&group, health, 3, || 0));
    health.cool_down("0", Some(60));
    assert_eq!(order(&health), "120");
    health.cool_down("1", None);
    assert_eq!(order(&health), "201");
    health.cool_down("2", Some(60));
    assert_eq!(order(&health), "012", "all of them: as if none");
    health.recovered("0");
    health.recovered("2");
    assert_eq!(order(&health), "021");
    assert!(health.is_cooling("1") && !health.is_cooling("0") && !health.is_cooling("unheard-of"));
    // An upstream that says "at once" is taken at its word.
    let eager = Health::default();
    eager.cool_down("0", Some(0));
    assert_eq!(order(&eager), "012");
}
