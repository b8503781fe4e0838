use std::collections::BTreeMap;

use serde_json::Map;

use super::{SETTINGS, values};
use crate::config::RoutingSettings;

#[test]
fn every_setting_has_a_value_a_description_and_a_line_in_the_documentation() {
    let values = values(&RoutingSettings::default(), &BTreeMap::default(), &Map::default());
    let documented = include_str!("../../../../../../docs/configuration.md");
    for setting in &SETTINGS {
        assert!(values.contains_key(setting.name), "{} has no value", setting.name);
        assert!(documented.contains(&format!("`{}`", setting.name)), "{} is not documented", setting.name);
    }
    assert_eq!(values.len(), SETTINGS.len());
}
