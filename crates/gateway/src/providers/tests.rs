use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::catalogue::Catalogue;

#[test]
fn every_preset_is_sound() {
    assert!(specs().len() >= 60, "{}", specs().len());
    let mut names = BTreeSet::new();
    for spec in specs() {
        for name in std::iter::once(&spec.id).chain(&spec.aliases) {
            assert!(names.insert(name.as_str()), "{name} means two providers");
            assert_eq!(find(name).map(|found| &found.id), Some(&spec.id));
        }
        assert!(!spec.label.is_empty() && spec.description.ends_with('.'), "{}", spec.id);
        // Whatever a provider must be told, told.
        let settings: Settings =
            spec.settings.iter().map(|setting| (setting.name.clone(), value_of(setting))).collect();
        assert_eq!(settings::check(&spec.settings, &settings), None, "{}", spec.id);
        for setting in &spec.settings {
            if let Some(param) = &setting.param {
                assert!(crate::config::PROVIDER_PARAMS.contains(&param.as_str()), "{param}");
            }
        }
        if !spec.base_url.is_empty() {
            let base_url = settings::substitute(&spec.base_url, &settings);
            assert_eq!(check_base_url(&base_url).as_ref(), Ok(&base_url), "{}", spec.id);
            let loopback = spec.base_url.starts_with("http://127.0.0.1:");
            assert!(spec.base_url.starts_with("https://") || (spec.local && loopback), "{}", spec.id);
        }
        if !spec.built_in() {
            for endpoint in spec.endpoints() {
                let ends: &[&str] = match endpoint.format {
                    Format::OpenAiChat => &["/chat/completions", "/endpoints/m/invocations"],
                    Format::OpenAiResponses => &["/responses"],
                    Format::AnthropicMessages => &["/messages", "/models/m:rawPredict", "/model/m/invoke"],
                    Format::Gemini => &["/models/m:generateContent"],
                    Format::Ollama => &["/api/chat"],
                    Format::OllamaGenerate => &["/api/generate"],
                    Format::Cohere => &["/chat"],
                    Format::OpenAiCompletions => &["/completions"],
                    Format::BedrockConverse => &["/model/m/converse"],
                };
                let url = endpoint.url("https://host/v1", "m", false, &settings);
                let path = url.split('?').next().unwrap();
                assert!(ends.iter().any(|end| path.ends_with(end)), "{}: {url}", spec.id);
                for stream in [false, true] {
                    let url = endpoint.url("https://host/v1", "m", stream, &settings);
                    assert!(crate::snapshot::Address::parse(&url).is_some(), "{}: {url}", spec.id);
                    assert!(!url.contains('{'), "{}: {url}", spec.id);
                }
                for path in endpoint.body.iter().flat_map(|body| &body.drop) {
                    assert!(postern_wire::Surgery::default().drop(path), "{}: {path}", spec.id);
                }
            }
            assert!(!spec.served().is_empty(), "{}", spec.id);
        }
        assert_eq!(spec.group == ProviderGroup::Local, spec.local, "{}", spec.id);
        assert!(
            spec.group != ProviderGroup::Popular || (spec.key_url.is_some() && spec.needs_key),
            "{}",
            spec.id
        );
        for url in [&spec.key_url, &spec.docs_url].into_iter().flatten() {
            assert!(url.starts_with("https://"), "{url}");
        }
        for (name, value) in &spec.headers {
            assert!(
                axum::http::HeaderName::try_from(name).is_ok()
                    && axum::http::HeaderValue::try_from(value).is_ok()
            );
        }
        assert_eq!(spec.auth.header, spec.auth.header.to_ascii_lowercase(), "{}", spec.id);
    }
}

fn value_of(setting: &SettingSpec) -> String {
    if setting.url {
        return "https://told.example/token".into();
    }
    setting
        .default
        .clone()
        .or_else(|| setting.values.first().cloned())
        .unwrap_or_else(|| "told.example".into())
}

fn told(values: &[(&str, &str)]) -> Settings {
    values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Where a preset asks for a model, its first choice first.
fn asked(id: &str, base_url: Option<&str>, model: &str, stream: bool, settings: &Settings) -> Vec<String> {
    let spec = find(id).unwrap();
    let settings = settings::in_force(&spec.settings, settings);
    let base_url = spec.address(base_url.unwrap_or(&spec.base_url), &settings);
    let endpoints = spec.endpoints_for(model, &settings);
    endpoints.iter().map(|(_, endpoint)| endpoint.url(base_url, model, stream, &settings)).collect()
}

#[test]
fn what_is_told_decides_where_models_are() {
    let vertex = told(&[("project", "p-1"), ("location", "europe-west1")]);
    let regional = "https://europe-west1-aiplatform.googleapis.com/v1/projects/p-1/locations/europe-west1";
    assert_eq!(
        asked("vertex_ai", None, "gemini-2.5-pro", true, &vertex),
        [format!("{regional}/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse")]
    );
    assert_eq!(
        asked(
            "vertex",
            None,
            "claude-sonnet-4-5@20250929",
            false,
            &told(&[("project", "p-1"), ("location", "global")])
        ),
        [
            "https://aiplatform.googleapis.com/v1/projects/p-1/locations/global/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict"
        ]
    );
    assert_eq!(
        asked("vertex", None, "meta/llama-4", false, &vertex),
        [format!("{regional}/endpoints/openapi/chat/completions")]
    );
    let resource = "https://r.openai.azure.com";
    for base in [resource, "https://r.openai.azure.com/openai/v1", "https://r.openai.azure.com/openai"] {
        assert_eq!(
            asked("azure", Some(base), "mine", false, &Settings::new()),
            [format!("{resource}/openai/v1/chat/completions"), format!("{resource}/openai/v1/responses")]
        );
        assert_eq!(
            asked("azure", Some(base), "mine", false, &told(&[("api_version", "2024-10-21")])),
            [
                format!("{resource}/openai/deployments/mine/chat/completions?api-version=2024-10-21"),
                format!("{resource}/openai/responses?api-version=2024-10-21")
            ]
        );
    }
    // A caller's name of a model is never taken for a setting's.
    assert!(asked("vertex", None, "{project}", false, &vertex)[0].contains("%7Bproject%7D"));
}

#[test]
fn every_provider_of_the_catalogue_has_a_preset_or_is_listed_as_having_none() {
    let priced: BTreeSet<&str> = Catalogue::embedded().models().map(|model| model.provider).collect();
    let without: BTreeSet<&str> = without_preset().iter().map(String::as_str).collect();
    for provider in &priced {
        let spec = specs().iter().find(|spec| spec.id == *provider);
        assert!(spec.is_some() != without.contains(provider), "{provider}");
    }
    assert!(without.is_subset(&priced), "{:?}", without.difference(&priced).collect::<Vec<_>>());
}

#[test]
fn the_ones_that_differ() {
    let anthropic = find("anthropic").unwrap();
    assert_eq!((anthropic.format, anthropic.chat_path.as_str()), (Format::AnthropicMessages, "/messages"));
    assert_eq!((anthropic.auth.header.as_str(), anthropic.auth.prefix.as_str()), ("x-api-key", ""));
    assert_eq!(anthropic.headers["anthropic-version"], "2023-06-01");
    let openai = find("openai").unwrap();
    assert_eq!((openai.auth.header.as_str(), openai.auth.prefix.as_str()), ("authorization", "Bearer "));
    assert!(openai.quirks.stream_usage && !find("mistral").unwrap().quirks.stream_usage);
    assert_eq!(find("mistral").unwrap().quirks.rename["max_completion_tokens"], "max_tokens");
    assert_eq!(find("fireworks_ai").unwrap().id, "fireworks");
    let demo = find("demo").unwrap();
    assert!(demo.built_in() && demo.local && !demo.needs_key && demo.base_url.is_empty());
    assert_eq!(find("no such provider"), None);
}

#[test]
fn a_path_of_ones_own_takes_the_place_of_the_version_and_what_follows() {
    for (base, path, expected) in [
        ("https://h/v1", "v1/files", "https://h/v1/files"),
        ("https://h/v1", "files", "https://h/v1/files"),
        ("https://h/openai/v1", "v1/files", "https://h/openai/v1/files"),
        ("https://h/v1beta/openai", "v1beta/models", "https://h/v1beta/models"),
        ("https://h", "v2/rerank", "https://h/v2/rerank"),
        ("https://v1.h", "v2/x", "https://v1.h/v2/x"),
        ("https://h/v1/projects/p", "v1/projects/q/x", "https://h/v1/projects/q/x"),
        ("https://h/v1/projects/p", "publishers/x:y", "https://h/v1/projects/p/publishers/x:y"),
    ] {
        let url = find("openai").unwrap().own_url(base, path, None, &Settings::new());
        assert_eq!(url, expected, "{base} {path}");
    }
}

#[test]
fn lists_of_models() {
    let resolved = |id: &str| {
        let spec = find(id).unwrap();
        spec.models_url(&spec.base_url, &Settings::new())
            .map(|url| reqwest::Url::parse(&url).unwrap().to_string())
    };
    assert_eq!(resolved("openai").as_deref(), Some("https://api.openai.com/v1/models"));
    assert_eq!(resolved("cohere").as_deref(), Some("https://api.cohere.com/v1/models"));
    assert_eq!(resolved("github").as_deref(), Some("https://models.github.ai/catalog/models"));
    assert_eq!(resolved("perplexity"), None);
    assert_eq!(resolved("demo"), None);
    let ids = |id: &str, answer| find(id).unwrap().listed_models(&answer).map(|ids| ids.join(" "));
    assert_eq!(ids("openai", json!({"data": [{"id": "a"}, {"id": "b"}]})).as_deref(), Some("a b"));
    assert_eq!(ids("openai", json!({"data": []})).as_deref(), Some(""));
    assert_eq!(ids("openai", json!({"error": {}})), None);
    assert_eq!(ids("cohere", json!({"models": [{"name": "c"}]})).as_deref(), Some("c"));
    assert_eq!(ids("github", json!([{"id": "d/e"}])).as_deref(), Some("d/e"));
}

#[test]
fn a_preset_has_the_shape_of_the_api() {
    assert_eq!(
        serde_json::to_value(find("openrouter").unwrap().preset()).unwrap(),
        json!({
            "id": "openrouter", "label": "OpenRouter", "format": "openai_chat",
            "base_url": "https://openrouter.ai/api/v1", "needs_key": true, "local": false,
            "key_url": "https://openrouter.ai/settings/keys",
            "docs_url": "https://openrouter.ai/docs/api-reference/overview", "key_hint": "sk-or-...",
            "group": "popular", "description": "Hundreds of models of many makers behind one key.",
            "settings": [], "serves": ["chat", "responses", "messages", "completions", "embeddings"],
            "aliases": [], "key_env": ["OPENROUTER_API_KEY", "OR_API_KEY"],
        })
    );
}

#[test]
fn base_urls() {
    for (given, expected) in [
        ("https://api.example.com/v1", "https://api.example.com/v1"),
        ("  https://api.example.com/v1/ ", "https://api.example.com/v1"),
        ("HTTPS://API.Example.com/V1", "https://api.example.com/V1"),
        ("http://localhost:11434/v1//", "http://localhost:11434/v1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://[::1]/v1", "http://[::1]/v1"),
        ("https://api.example.com", "https://api.example.com"),
        ("https://api.example.com/v1/chat/completions", "https://api.example.com/v1"),
        ("https://api.example.com/v1/chat/completions/", "https://api.example.com/v1"),
        ("https://api.anthropic.com/v1/messages", "https://api.anthropic.com/v1"),
        ("https://api.anthropic.com/v1/messages/count_tokens", "https://api.anthropic.com/v1"),
        ("https://messages.example.com/v1", "https://messages.example.com/v1"),
    ] {
        assert_eq!(check_base_url(given).as_deref(), Ok(expected), "{given}");
    }
    for wrong in [
        "",
        " ",
        "api.example.com/v1",
        "ftp://api.example.com",
        "file:///etc/passwd",
        "javascript://x/%0aalert(1)",
        "https://",
        "https:///v1",
        "https://:80/v1",
        "https://user:secret@api.example.com/v1",
        "https://secret@api.example.com/v1",
        "https://api.example.com/v1?key=secret",
        "https://api.example.com/v1#top",
        "https://api.example.com/v 1",
        "https://api.example.com\\@evil.example/v1",
        "https://api.example.com/v1\r\nx-evil: 1",
        "https://api.example.com:0/v1",
        "https://api.example.com:99999/v1",
        "https://api.example.com:/v1",
        "https://[::1/v1",
    ] {
        assert!(check_base_url(wrong).is_err(), "{wrong:?}");
    }
}
