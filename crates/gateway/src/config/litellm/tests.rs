use super::interpret;

#[test]
fn reads_models_settings_and_names_what_it_does_not_know() {
    let file = interpret(
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
",
    )
    .expect("valid");
    assert_eq!(file.models.len(), 1);
    assert_eq!(file.models[0].litellm_params.model, "openai/gpt-4o");
    assert!(file.models[0].litellm_params.api_key.is_none());
    assert_eq!(file.routing.num_retries, 3);
    assert_eq!(file.master_key.as_ref().map(postern_secrets::Secret::expose), Some("sk-1234"));
    assert_eq!(file.aliases["clever"], "smart");
    let warnings = file.warnings.join("\n");
    for named in ["surprise", "litellm_settings.drop_everything", "mystery", "POSTERN_TEST_SURELY_UNSET"] {
        assert!(warnings.contains(named), "{named} is missing in: {warnings}");
    }
    assert_eq!(file.warnings.len(), 4);
}

#[test]
fn an_empty_file_is_an_empty_configuration() {
    assert!(interpret("").expect("valid").models.is_empty());
    assert!(interpret("# only a comment\n").expect("valid").models.is_empty());
}

#[test]
fn wrong_shapes_name_the_place() {
    let wrong = interpret("model_list:\n  - litellm_params: {model: openai/x}\n").expect_err("no name");
    assert!(wrong.contains("model_list[0]") && wrong.contains("model_name"), "{wrong}");
    let wrong = interpret("router_settings: {num_retries: many}").expect_err("not a number");
    assert!(wrong.contains("router_settings.num_retries"), "{wrong}");
    let wrong = interpret("model_list: [{model_name: a, litellm_params: {model: openai/x, timeout: -1}}]");
    assert!(wrong.expect_err("negative").contains("timeout"));
}
