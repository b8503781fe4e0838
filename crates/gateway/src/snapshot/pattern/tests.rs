use super::Pattern;

#[test]
fn stars_stand_for_any_text() {
    for (pattern, name, captures) in [
        ("openai/*", "openai/gpt-4o", Some(vec!["gpt-4o"])),
        ("openai/*", "openai/", Some(vec![""])),
        ("openai/*", "anthropic/x", None),
        ("*", "anything/at:all", Some(vec!["anything/at:all"])),
        ("anthropic/claude-*", "anthropic/claude-x/y", Some(vec!["x/y"])),
        ("*-mini", "gpt-4o-mini", Some(vec!["gpt-4o"])),
        ("*-mini", "gpt-4o-mini-2", None),
        ("*/llama-*-chat", "groq/llama-3-8b-chat", Some(vec!["groq", "3-8b"])),
        ("a*a", "a", None),
        ("a*a", "aa", Some(vec![""])),
    ] {
        assert_eq!(Pattern::parse(pattern).unwrap().captures(name), captures, "{pattern} {name}");
    }
    assert_eq!(Pattern::parse("plain"), None);
}

#[test]
fn what_matched_fills_another_pattern() {
    for (pattern, captures, filled) in [
        ("openai/*", vec!["gpt-4o"], "openai/gpt-4o"),
        ("*/x-*", vec!["a", "b"], "a/x-b"),
        ("*", vec!["a", "b"], "a"),
        ("*/*", vec!["a"], "a/a"),
    ] {
        assert_eq!(Pattern::parse(pattern).unwrap().fill(&captures), filled);
    }
}
