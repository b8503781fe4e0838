use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::*;

/// Reads a catalogue with every row of it.
fn parse(text: &str) -> Result<Catalogue, LoadError> {
    let catalogue = Catalogue::index(Box::leak(text.into()))?;
    for entry in &catalogue.entries {
        entry.decode()?;
    }
    Ok(catalogue)
}

#[test]
fn the_embedded_catalogue_is_whole() {
    let catalogue = parse(EMBEDDED).unwrap();
    assert!(catalogue.size() >= 2_500, "{} models", catalogue.size());
    assert!(catalogue.version().starts_with(&catalogue.generated().replace('-', ".")));
    let sources: BTreeSet<&str> = catalogue.sources().map(|(name, _)| name).collect();
    for model in catalogue.models() {
        assert!(sources.contains(model.source), "{model:?}");
        assert!(!model.id.is_empty() && !model.provider.is_empty() && !model.mode.is_empty(), "{model:?}");
        assert!(model.deprecates.as_ref().is_none_or(|date| date.len() == 10), "{model:?}");
    }
    let well_known =
        [("openai", "gpt-4o"), ("anthropic", "claude-sonnet-4-5-20250929"), ("gemini", "gemini-2.5-flash")];
    for (provider, id) in well_known {
        let model = catalogue.find(provider, id).unwrap();
        assert!(model.prices.priced() && model.capabilities.has("tools") && model.context > Some(100_000));
    }
}

#[test]
fn prices_are_sane() {
    // A hundred dollars a thousand tokens is beyond anything sold.
    const MOST: i64 = 10_000_000_000;
    for model in Catalogue::embedded().models() {
        let tables = std::iter::once(model.prices.base())
            .chain(model.prices.tiers().iter().map(|tier| &tier.prices))
            .chain(model.prices.off_peak().map(|off_peak| &off_peak.prices));
        for (key, price) in tables.flat_map(PriceTable::iter) {
            assert!(price >= 0 && (!key.unit.is_token() || price <= MOST), "{} {key} {price}", model.id);
        }
        let windows = model.prices.off_peak().map_or(&[][..], |off_peak| &off_peak.windows);
        for window in windows {
            assert!((1..=7).contains(&window.weekday) && window.from_minute < window.to_minute);
            assert!(window.to_minute <= 1440);
        }
    }
}

#[test]
fn a_zero_price_is_only_listed_for_what_is_known_to_be_free() {
    let free: BTreeSet<&str> = Catalogue::embedded()
        .models()
        .filter(|model| model.prices.get(Unit::Input) == Some(0) && model.prices.get(Unit::Output) == Some(0))
        .filter(|model| !model.id.ends_with("free"))
        .map(|model| model.provider)
        .collect();
    assert_eq!(free, ["codestral", "gemini", "lemonade", "mistral", "ollama", "openai"].into());
    let zero_parts =
        Catalogue::embedded().models().flat_map(|model| model.prices.base().iter().collect::<Vec<_>>());
    for (key, price) in zero_parts.filter(|(key, _)| !matches!(key.unit, Unit::Input | Unit::Output)) {
        assert!(price > 0, "{key}");
    }
}

#[test]
fn finding_goes_from_the_exact_to_the_undated_and_stops_there() {
    let json = r#"{"format":1,"version":"v","generated":"2026-01-01","sources":{"s":"1"},"models":[
        {"provider":"b","id":"big","mode":"chat","prices":{"input":7},"source":"s"},
        {"provider":"a","id":"big","mode":"chat","prices":{"input":1},"aliases":["large","big-2024-01-01"],"source":"s"},
        {"provider":"a","id":"big-2024-05-05","mode":"chat","prices":{"input":2},"source":"s"},
        {"provider":"a","id":"x@20250101","mode":"chat","prices":{},"source":"s"}]}"#;
    let catalogue = parse(json).unwrap();
    let input =
        |provider: &str, id: &str| catalogue.find(provider, id).map(|model| model.prices.get(Unit::Input));
    for (provider, id, expected) in [
        ("a", "big", Some(Some(1))),
        ("b", "big", Some(Some(7))),
        ("a", "large", Some(Some(1))),
        ("b", "large", None),
        ("a", "big-2024-05-05", Some(Some(2))),
        ("a", "big-2024-06-06", Some(Some(1))),
        ("a", "big-20240606", Some(Some(1))),
        ("a", "big@20240606", Some(Some(1))),
        ("a", "large-20240606", Some(Some(1))),
        ("a", "models/big", Some(Some(1))),
        ("a", "a/big-2024-06-06", Some(Some(1))),
        ("a", "b/big", None),
        ("a", "bi", None),
        ("a", "big-0606", None),
        ("a", "big-12345678", None),
        ("a", "-2024-06-06", None),
        ("a", "größe-2024-06", None),
        ("a", "ä20240606", None),
        ("a", "", None),
        ("a", "x", None),
        ("c", "big", None),
    ] {
        assert_eq!(input(provider, id), expected, "{provider} {id}");
    }
    assert_eq!(catalogue.providers_of("big").collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn ids_that_people_send() {
    for (provider, sent, listed) in [
        ("anthropic", "claude-sonnet-4-5", "claude-sonnet-4-5"),
        ("anthropic", "claude-sonnet-4-6-20991231", "claude-sonnet-4-6"),
        ("openai", "gpt-4o-2024-08-06", "gpt-4o-2024-08-06"),
        ("openai", "openai/gpt-5", "gpt-5"),
        ("gemini", "models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("fireworks", "glm-5p3", "accounts/fireworks/models/glm-5p3"),
        ("xai", "grok-4-latest", "grok-4-0709"),
        ("minimax", "minimax-m3.1-flash", "MiniMax-M3.1-Flash"),
        ("openrouter", "anthropic/claude-opus-4.5", "anthropic/claude-opus-4.5"),
        ("huggingface", "deepseek-ai/DeepSeek-V3-0324:novita", "deepseek-ai/DeepSeek-V3-0324:novita"),
        (
            "bedrock",
            "us.anthropic.claude-haiku-4-5-20251001-v1:0",
            "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        ),
    ] {
        let found = Catalogue::embedded().find(provider, sent);
        assert_eq!(found.as_ref().map(|model| model.id), Some(listed), "{provider} {sent}");
        assert!(found.is_some_and(|model| model.prices.priced()), "{provider} {sent}");
    }
    // A variant that costs something is never found for one that does not, nor the other way round.
    assert!(Catalogue::embedded().find("openrouter", "anthropic/claude-opus-4.5:free").is_none());
}

#[test]
fn a_catalogue_with_anything_unknown_is_refused() {
    let with = |row: &str| {
        parse(&format!(r#"{{"format":1,"version":"v","generated":"d","sources":{{}},"models":[{row}]}}"#))
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    let row = |more: &str| format!(r#"{{"provider":"a","id":"m","mode":"chat","source":"s",{more}}}"#);
    assert_eq!(with(&row(r#""prices":{"input":1}"#)), Ok(()));
    assert!(with(&row(r#""prices":{"inptu":1}"#)).unwrap_err().contains("unknown price inptu"));
    assert!(with(&row(r#""prices":{"input":-1}"#)).unwrap_err().contains("negative price"));
    assert!(
        with(&row(r#""prices":{},"caps":"tools flying""#)).unwrap_err().contains("unknown capability flying")
    );
    assert!(with(&row(r#""prices":{},"colour":"red""#)).unwrap_err().contains("colour"));
    let twice = format!("{0},{0}", row(r#""prices":{}"#));
    assert!(with(&twice).unwrap_err().contains("listed twice"));
    assert!(parse(r#"{"format":2,"version":"v","generated":"d","sources":{},"models":[]}"#).is_err());
}

#[test]
fn names_of_prices_and_capabilities_read_back() {
    for unit in Unit::ALL {
        for service in Service::ALL {
            let key = PriceKey::new(*unit, *service);
            assert_eq!(PriceKey::from_name(&key.to_string()), Some(key));
        }
    }
    assert_eq!(PriceKey::from_name("_batch"), None);
    assert!(CAPABILITIES.is_sorted() && MODES.is_sorted());
}

#[test]
fn the_second_source_agrees() {
    let crosscheck: Value = serde_json::from_str(include_str!("../../data/crosscheck.json")).unwrap();
    let catalogue = Catalogue::embedded();
    let rows = |part: &str| crosscheck[part].as_array().unwrap().clone();
    let ours = |row: &Value| {
        let prices =
            catalogue.find(row[0].as_str().unwrap(), row[1].as_str().unwrap()).unwrap().prices.clone();
        (prices.get(Unit::Input).unwrap(), prices.get(Unit::Output).unwrap())
    };
    let theirs = |row: &Value| (row[2].as_i64().unwrap(), row[3].as_i64().unwrap());
    let (agree, differ) = (rows("agree"), rows("differ"));
    assert!(agree.len() >= 200, "{}", agree.len());
    assert!(agree.iter().all(|row| ours(row) == theirs(row)));
    // The known differences are of kinds that were looked at; among the great direct providers there are next to none.
    let direct = ["openai", "anthropic", "gemini", "groq", "xai", "cerebras", "cohere", "moonshot"];
    let of_direct =
        |rows: &[Value]| rows.iter().filter(|row| direct.contains(&row[0].as_str().unwrap())).count();
    assert!(of_direct(&agree) >= 100, "{}", of_direct(&agree));
    assert!(of_direct(&differ) <= 5, "{}", of_direct(&differ));
}

/// What two other programs compute, which share nothing with this one but where some prices are from.
#[test]
fn two_other_programs_compute_the_same() {
    let oracle: Value = serde_json::from_str(include_str!("../../data/oracle.json")).unwrap();
    let count = |shape: &Value, name: &str| shape[name].as_u64().unwrap_or(0);
    let shapes: Vec<BilledTokens> = oracle["shapes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|shape| BilledTokens {
            input: count(shape, "input"),
            output: count(shape, "output"),
            cache_read: count(shape, "cache_read"),
            cache_write_5m: count(shape, "cache_write"),
            reasoning: count(shape, "reasoning"),
            ..BilledTokens::default()
        })
        .collect();
    let catalogue = Catalogue::embedded();
    let (mut agree, mut differ) = (BTreeMap::new(), BTreeMap::<(String, String), Vec<String>>::new());
    for row in oracle["rows"].as_array().unwrap() {
        let [source, provider, model] = [0, 1, 2].map(|at| row[at].as_str().unwrap().to_owned());
        let prices = catalogue.find(&provider, &model).unwrap().prices;
        let theirs = row[3].as_array().unwrap().iter().map(|nanos| nanos.as_i64().unwrap());
        // They count in floating point: a nano-dollar, or one in ten million.
        let is_same = |ours: i64, theirs: i64| (ours - theirs).abs() <= 1.max(theirs / 10_000_000);
        let same = shapes
            .iter()
            .zip(theirs)
            .all(|(tokens, theirs)| prices.cost(tokens).is_some_and(|cost| is_same(cost.nanos, theirs)));
        if same {
            *agree.entry(source).or_insert(0) += 1;
        } else {
            differ.entry((source, provider)).or_default().push(model);
        }
    }
    assert!(agree["litellm"] >= 2400, "{agree:?}: {differ:?}");
    assert!(agree["genai_prices"] >= 380, "{agree:?}: {differ:?}");
    // Where they differ it was looked at: prices off the peak (DeepSeek) that they take at the hour at which they were asked, a search
    // in each request that they cannot be told of (Perplexity), cache prices that one source has and the other has not.
    let mut unknown = Vec::new();
    for ((source, provider), models) in &differ {
        let known = match source.as_str() {
            "litellm" => LITELLM_DIFFERS.contains(&provider.as_str()),
            _ => GENAI_DIFFERS.contains(&provider.as_str()),
        };
        if !known {
            unknown.push(format!("{source} {provider}: {models:?}"));
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}

/// Cache writes, and reads of some, that LiteLLM takes for free where no price is listed and the gateway bills as input (`coralbricks`,
/// `tencent`, `tensormesh`, `vercel_ai_gateway`, `zai`); hours off the peak (`deepseek`); a price per request (`perplexity`); names that it
/// takes for another's (`gemini`); its own rounding of long prices (`morph`).
const LITELLM_DIFFERS: [&str; 9] = [
    "coralbricks",
    "deepseek",
    "gemini",
    "morph",
    "perplexity",
    "tencent",
    "tensormesh",
    "vercel_ai_gateway",
    "zai",
];
/// Prices of caches and of long contexts of single models that one list has and the other has not, and a search in each request.
const GENAI_DIFFERS: [&str; 10] = [
    "anthropic",
    "bedrock",
    "deepseek",
    "fireworks",
    "groq",
    "mistral",
    "novita",
    "openai",
    "perplexity",
    "together",
];

#[test]
fn the_view_has_the_shape_of_the_api() {
    let catalogue = Catalogue::embedded();
    let model = catalogue.find("gemini", "gemini-2.5-pro").unwrap();
    let view = serde_json::to_value(catalogue.view(&model, None, true)).unwrap();
    assert_eq!(view["prices"]["input"], model.prices.get(Unit::Input).unwrap());
    assert_eq!(view["tiers"][0]["above_tokens"], 200_000);
    assert_eq!(view["available"], true);
    assert_eq!(view["overridden"], false);
    assert_eq!(view["source"], "litellm");
    assert!(view["deprecates"].is_null() || view["deprecates"].is_string());
    let own = PriceOverride { input: Some(5), ..PriceOverride::default() }.over(Some(&model.prices));
    let view = serde_json::to_value(catalogue.view(&model, Some(&own), false)).unwrap();
    assert_eq!((&view["prices"]["input"], &view["overridden"]), (&Value::from(5), &Value::from(true)));
    assert_eq!(view["prices"].get("input_batch"), None);
}

/// Run by hand, optimised: `cargo test --release -p postern-gateway -- --ignored --nocapture decoding`.
#[test]
#[ignore = "prints a measurement"]
fn decoding_cost() {
    let memory = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap_or_default().to_owned();
        line.split_ascii_whitespace().nth(1).and_then(|kib| kib.parse::<i64>().ok()).unwrap_or_default()
    };
    let before = memory();
    let start = std::time::Instant::now();
    let catalogue = Catalogue::embedded();
    println!("{:?}, {} KiB, {} models", start.elapsed(), memory() - before, catalogue.size());
}
