use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::catalogue::Catalogue;

#[test]
fn every_preset_is_sound() {
    assert!(specs().len() >= 40, "{}", specs().len());
    let mut names = BTreeSet::new();
    for spec in specs() {
        for name in std::iter::once(&spec.id).chain(&spec.aliases) {
            assert!(names.insert(name.as_str()), "{name} means two providers");
            assert_eq!(find(name).map(|found| &found.id), Some(&spec.id));
        }
        assert!(!spec.label.is_empty() && spec.description.ends_with('.'), "{}", spec.id);
        if !spec.base_url.is_empty() {
            assert_eq!(check_base_url(&spec.base_url).as_ref(), Ok(&spec.base_url), "{}", spec.id);
            let loopback = spec.base_url.starts_with("http://127.0.0.1:");
            assert!(spec.base_url.starts_with("https://") || (spec.local && loopback), "{}", spec.id);
        }
        if !spec.built_in() {
            for endpoint in spec.endpoints() {
                let end = match endpoint.format {
                    Format::OpenAiChat => "/chat/completions",
                    Format::OpenAiResponses => "/responses",
                    Format::AnthropicMessages => "/messages",
                    Format::Gemini => "/models/m:generateContent",
                    Format::BedrockConverse => "/model/m/converse",
                };
                let url = endpoint.url("https://host/v1", "m", false);
                assert!(url.ends_with(end), "{}: {url}", spec.id);
                assert!(crate::snapshot::Address::parse(&url).is_some(), "{}: {url}", spec.id);
            }
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
    assert_eq!(find("mistral").unwrap().quirks.max_tokens, MaxTokensField::MaxTokens);
    assert_eq!(find("fireworks_ai").unwrap().id, "fireworks");
    let demo = find("demo").unwrap();
    assert!(demo.built_in() && demo.local && !demo.needs_key && demo.base_url.is_empty());
    assert_eq!(find("no such provider"), None);
}

#[test]
fn lists_of_models() {
    let resolved = |id: &str| {
        let spec = find(id).unwrap();
        spec.models_url(&spec.base_url).map(|url| reqwest::Url::parse(&url).unwrap().to_string())
    };
    assert_eq!(resolved("openai").as_deref(), Some("https://api.openai.com/v1/models"));
    assert_eq!(resolved("cohere").as_deref(), Some("https://api.cohere.ai/v1/models"));
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
