//! A whole file. Each setting has its row in `tests/settings.rs`.

mod alerts;
mod costs;
mod settings;

use super::ConfigFile;
use super::problem::Problem;
use super::read::interpret;

fn refused(text: &str) -> String {
    interpret(text).expect_err("refused").to_string()
}

fn valid(text: &str) -> ConfigFile {
    interpret(text).unwrap_or_else(|problem| panic!("{problem}"))
}

#[test]
fn reads_models_settings_and_names_what_it_does_not_know() {
    let file = valid(
        "
model_list:
  - model_name: smart
    litellm_params:
      model: openai/gpt-4o
      api_key: os.environ/POSTERN_TEST_SURELY_UNSET
      api_base: http://127.0.0.1:9/v1
      input_cost_per_token: 0.000001
      mystery: 1
litellm_settings:
  num_retries: 3
  drop_everything: true
general_settings:
  master_key: sk-1234
router_settings:
  model_group_alias: {clever: smart}
surprise: yes
environment_variables: {A: b}
",
    );
    assert_eq!(file.models.len(), 1);
    assert_eq!(file.models[0].litellm_params.model, "openai/gpt-4o");
    assert!(file.models[0].litellm_params.api_key.is_none());
    assert_eq!(file.routing.num_retries, 3);
    assert_eq!(file.master_key.as_ref().map(postern_secrets::Secret::expose), Some("sk-1234"));
    assert_eq!(file.aliases["clever"], "smart");
    let mut warnings: Vec<_> = file.warnings.iter().map(ToString::to_string).collect();
    warnings.sort();
    assert_eq!(
        warnings,
        [
            "line 12, column 3: unknown key `litellm_settings.drop_everything`",
            "line 17, column 1: unknown key `surprise`",
            "line 18, column 1: environment_variables is not applied: set them in the environment itself",
            "line 6, column 7: model_list[0].litellm_params.api_key: the environment variable POSTERN_TEST_SURELY_UNSET is not set",
            "line 9, column 7: unknown key `model_list[0].litellm_params.mystery`",
        ]
    );
}

#[test]
fn an_empty_file_is_an_empty_configuration() {
    for text in ["", "# only a comment\n"] {
        let file = valid(text);
        assert!(file.models.is_empty() && file.says_nothing());
    }
    assert!(!valid("model_list: []").says_nothing());
    assert!(valid("model_list:\nrouter_settings:\nlitellm_settings: {num_retries:}\n").models.is_empty());
}

#[test]
fn every_refusal_says_where() {
    for (text, expected) in [
        ("a: [1, 2\nb: 3\n", "line 2, column "),
        ("a: 1\na: 2\n", "line 2, column 1: this is no YAML: "),
        ("- model_list\n", "the file must be a map of sections"),
        ("model_list: {}\n", "line 1, column 1: model_list must be a list"),
        ("\nrouter_settings: [1]\n", "line 2, column 1: router_settings must be a map"),
        (
            "model_list:\n  - litellm_params: {model: openai/x}\n",
            "line 2, column 5: model_list[0]: missing field `model_name`",
        ),
        (
            "model_list:\n  - model_name: a\n    litellm_params:\n      timeout: 1\n",
            "line 3, column 5: model_list[0].litellm_params: missing field `model`",
        ),
        (
            "model_list:\n  - model_name: a\n    litellm_params:\n      model: openai/x\n      rpm: many\n",
            "line 5, column 7: model_list[0].litellm_params.rpm: invalid type",
        ),
        (
            "model_list:\n  - model_name: a\n    litellm_params:\n      model: openai/x\n      timeout: 0\n",
            "line 5, column 7: model_list[0].litellm_params.timeout must be above 0 and at most 86400 seconds",
        ),
        (
            "model_list: [{model_name: a, litellm_params: {model: ''}}]",
            "line 1, column 47: model_list[0].litellm_params.model is empty",
        ),
        (
            "model_list: [{model_name: '', litellm_params: {model: openai/x}}]",
            "line 1, column 15: model_list[0].model_name must be a text of 1 to 256",
        ),
        (
            "model_list: [{model_name: a, model_info: {id: [1]}, litellm_params: {model: openai/x}}]",
            "line 1, column 43: model_list[0].model_info.id must be a text",
        ),
        (
            "model_list: [{model_name: a, model_info: {access_groups: staff}, litellm_params: {model: openai/x}}]",
            "line 1, column 43: model_list[0].model_info.access_groups must be a list",
        ),
        (
            "model_list:\n- {model_name: a, model_info: {id: x}, litellm_params: {model: openai/x}}\n- {model_name: b, model_info: {id: x}, litellm_params: {model: openai/x}}\n",
            "line 3, column 32: model_list[1].model_info.id: `x` is the id of model_list[0] already",
        ),
        (
            "model_list: [{model_name: a, litellm_params: {model: bedrock/x, aws_access_key_id: A}}]",
            "line 1, column 30: model_list[0].litellm_params: aws_access_key_id",
        ),
        // Through an alias of YAML: the place is that of the alias.
        (
            "router_settings:\n  default_litellm_params: &all\n    timeout: 5\nmodel_list:\n  - model_name: a\n    litellm_params: &own\n      model: openai/x\n  - {model_name: b, litellm_params: *own}\n  - {model_name: [], litellm_params: *own}\n",
            "line 9, column 6: model_list[2].model_name: invalid type",
        ),
    ] {
        let told = refused(text);
        assert!(told.starts_with(expected), "{text}\nis told as: {told}\nexpected:   {expected}");
    }
}

#[test]
fn nothing_secret_is_repeated() {
    for text in [
        "model_list: [{model_name: a, litellm_params: {model: openai/x, api_key: 4711}}]",
        "model_list: [{model_name: a, litellm_params: {model: openai/x, extra_headers: {authorization: 4711}}}]",
        "general_settings: {master_key: [4711]}",
        "general_settings: {master_key: sk-4711}\nmodel_list: [\n",
        "general_settings:\n  master_key: sk-4711\n  - no\n",
        "router_settings: {default_litellm_params: {api_key: 4711}}",
    ] {
        let told = refused(text);
        assert!(!told.contains("4711"), "{told}");
    }
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    let missing = super::read(std::path::Path::new("/nowhere/config.yaml")).expect_err("there is none");
    assert_eq!((missing.line, missing.column), (None, None));
    assert!(missing.message.contains("cannot be read"), "{missing}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.yaml");
    std::fs::write(&file, [0xff, 0xfe, 0x00]).unwrap();
    assert!(super::read(&file).expect_err("no text").message.contains("cannot be read"));
}

#[test]
fn defaults_are_under_what_a_deployment_says_itself() {
    let file = valid(
        "
router_settings:
  default_litellm_params: {timeout: 7, max_retries: 4, weight: 3, tags: [a], wonder: 1}
model_list:
  - {model_name: a, litellm_params: {model: openai/x}}
  - {model_name: b, litellm_params: {model: openai/x, timeout: 8, num_retries: 5, tags: null}}
",
    );
    let [a, b] = &file.models[..] else { panic!("two models") };
    let of = |model: &super::ConfigModel| {
        let params = &model.litellm_params;
        (params.timeout, params.num_retries, params.weight, params.tags.len())
    };
    assert_eq!(of(a), (Some(7.0), Some(4), Some(3), 1));
    assert_eq!(of(b), (Some(8.0), Some(5), Some(3), 1));
    let warned: Vec<_> = file.warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!(warned, ["unknown key `router_settings.default_litellm_params.wonder`"]);
    let stored = super::LitellmParams::over(&file.default_params, r#"{"model": "openai/y", "timeout": 1}"#);
    let stored = stored.expect("valid");
    assert_eq!((stored.model.as_str(), stored.timeout, stored.weight), ("openai/y", Some(1.0), Some(3)));
}

#[test]
fn two_readings_differ_by_name_and_nothing_else() {
    let before = valid(
        "{general_settings: {master_key: sk-1}, router_settings: {num_retries: 1, timeout: 5}, model_list: [{model_name: a, model_info: {id: one}, litellm_params: {model: openai/x, api_key: sk-2}}]}",
    );
    let after = valid(
        "{general_settings: {master_key: sk-3}, router_settings: {timeout: 5, cooldown_time: 1}, model_list: [{model_name: b, model_info: {id: two}, litellm_params: {model: openai/x}}, {model_name: a, model_info: {id: one}, litellm_params: {model: openai/x, api_key: sk-4}}]}",
    );
    let difference = before.difference(&after);
    assert_eq!(difference.added, ["model_list: b (two)", "router_settings.cooldown_time"]);
    assert_eq!(difference.changed, ["general_settings.master_key", "model_list: a (one)"]);
    assert_eq!(difference.removed, ["router_settings.num_retries"]);
    assert!(before.difference(&before).is_empty());
}

#[test]
fn a_problem_is_shown_with_its_place_where_it_has_one() {
    let placed = Problem { line: Some(3), column: Some(9), message: "wrong".into() };
    assert_eq!(placed.to_string(), "line 3, column 9: wrong");
    assert_eq!(Problem::of_the_file("gone").to_string(), "gone");
}
