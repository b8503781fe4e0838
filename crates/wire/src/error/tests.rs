//! Reading errors from providers and writing them for callers.

use serde_json::{Value, json};

use super::*;

const CHAT: Format = Format::OpenAiChat;
const MESSAGES: Format = Format::AnthropicMessages;

fn parsed(status: u16, body: &str) -> ApiError {
    parse_error(CHAT, status, body.as_bytes())
}

#[test]
fn words_and_phrases_decide_before_the_status() {
    for (status, body, kind) in [
        (
            400,
            r#"{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","code":"context_length_exceeded"}}"#,
            ErrorKind::ContextLength,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
            ErrorKind::ContextLength,
        ),
        (
            400,
            r#"{"error":{"message":"Your request was rejected as a result of our safety system.","type":"invalid_request_error","code":"content_policy_violation"}}"#,
            ErrorKind::ContentPolicy,
        ),
        (
            400,
            r#"{"error":{"message":"filtered","type":null,"code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
            ErrorKind::ContentPolicy,
        ),
        (
            429,
            r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#,
            ErrorKind::BudgetExceeded,
        ),
        (
            429,
            r#"{"error":{"message":"Rate limit reached","type":"tokens","code":"rate_limit_exceeded"}}"#,
            ErrorKind::RateLimit,
        ),
        (
            401,
            r#"{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}"#,
            ErrorKind::Authentication,
        ),
        (
            404,
            r#"{"error":{"message":"The model does not exist","type":"invalid_request_error","code":"model_not_found"}}"#,
            ErrorKind::NotFound,
        ),
        (
            529,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}"#,
            ErrorKind::Overloaded,
        ),
        (
            413,
            r#"{"type":"error","error":{"type":"request_too_large","message":"too large"}}"#,
            ErrorKind::TooLarge,
        ),
        (
            500,
            r#"{"error":{"message":"The server had an error","type":"server_error"}}"#,
            ErrorKind::Upstream,
        ),
        (403, r#"{"error":"forbidden"}"#, ErrorKind::Permission),
        (422, r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#, ErrorKind::InvalidRequest),
        (
            503,
            r#"[{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}]"#,
            ErrorKind::Overloaded,
        ),
        (504, "", ErrorKind::Timeout),
    ] {
        let error = parsed(status, body);
        assert_eq!((error.kind, error.status), (kind, status), "{body}");
        assert!(!error.message.is_empty());
    }
}

#[test]
fn keeps_code_parameter_hint_and_extras() {
    let error = parsed(
        429,
        r#"{"error":{"message":"Rate limit reached. Please try again in 1m2.5s. Visit","type":"requests","param":"n","code":429,"metadata":{"provider":"x"}}}"#,
    );
    assert_eq!((error.code, error.param.as_deref(), error.retry_after), (None, Some("n"), Some(63)));
    assert_eq!(error.details, Some(json!({"metadata": {"provider": "x"}})));
    assert_eq!(parsed(429, r#"{"error":{"message":"try again in 20ms."}}"#).retry_after, Some(1));
    assert_eq!(parsed(429, r#"{"error":{"message":"try again in a while"}}"#).retry_after, None);
}

#[test]
fn a_page_or_garbage_becomes_one_short_sentence() {
    let page = format!(
        "<!DOCTYPE html><html><head><title>502\n Bad Gateway</title></head>{}</html>",
        "x".repeat(90_000)
    );
    assert_eq!(
        parsed(502, &page).message,
        "The provider answered with status 502 and a web page: 502 Bad Gateway"
    );
    assert_eq!(parsed(502, "<p>hi").message, "The provider answered with status 502 and a web page.");
    assert_eq!(
        parse_error(CHAT, 500, b"\x00\x01\xff").message,
        "The provider answered with status 500 and a body that is not text."
    );
    assert_eq!(parsed(500, "upstream connect error").message, "upstream connect error");
    assert!(parsed(500, &"é".repeat(5_000)).message.chars().count() <= 301);
}

fn rendered(format: Format, error: &ApiError) -> Value {
    serde_json::from_slice(&render_error(format, error, "req-1", "2026-01-02T03:04:05Z")).unwrap()
}

#[test]
fn chat_errors_have_every_member_clients_read() {
    let error = ApiError::new(429, ErrorKind::RateLimit, "Slow \"down\"");
    assert_eq!(
        rendered(CHAT, &error),
        json!({
            "error": {"message": "Slow \"down\"", "type": "rate_limit_error", "param": null, "code": null},
            "timestamp": "2026-01-02T03:04:05Z",
            "request_id": "req-1",
        })
    );
    let error = ApiError {
        details: Some(json!({"limit": 5})),
        type_override: Some("budget_exceeded".into()),
        code: Some("429".into()),
        ..error
    };
    assert_eq!(rendered(CHAT, &error)["error"]["type"], "budget_exceeded");
    assert_eq!(rendered(CHAT, &error)["error"]["code"], "429");
    assert_eq!(rendered(CHAT, &error)["error"]["details"]["limit"], 5);
}

#[test]
fn messages_errors_are_a_superset_of_the_documented_shape() {
    let refused = BadRequest::wrong_type("messages", "an array");
    assert_eq!(
        rendered(MESSAGES, &refused.into()),
        json!({
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": "`messages` must be an array.",
                "param": "messages",
                "code": "invalid_type",
            },
            "timestamp": "2026-01-02T03:04:05Z",
            "request_id": "req-1",
        })
    );
    let kinds = [
        (ErrorKind::Overloaded, "overloaded_error"),
        (ErrorKind::Timeout, "timeout_error"),
        (ErrorKind::BudgetExceeded, "billing_error"),
        (ErrorKind::TooLarge, "request_too_large"),
        (ErrorKind::Internal, "api_error"),
    ];
    for (kind, word) in kinds {
        assert_eq!(rendered(MESSAGES, &ApiError::new(500, kind, "x"))["error"]["type"], word);
    }
}

#[test]
fn an_overflow_reads_as_each_client_recognises_it() {
    let error =
        ApiError::new(400, ErrorKind::ContextLength, "Your input exceeds the context window of this model.");
    assert_eq!(rendered(CHAT, &error)["error"]["code"], "context_length_exceeded");
    let message = rendered(MESSAGES, &error)["error"]["message"].clone();
    assert_eq!(message, "prompt is too long: Your input exceeds the context window of this model.");
}

#[test]
fn stream_errors_are_events_without_an_end_marker() {
    let error = ApiError::new(502, ErrorKind::Upstream, "gone\nsecond line");
    let chat = String::from_utf8(render_stream_error(CHAT, &error, "r", "t")).unwrap();
    assert!(chat.starts_with("data: {\"error\":") && chat.ends_with("}\n\n") && !chat.contains("[DONE]"));
    let messages = String::from_utf8(render_stream_error(MESSAGES, &error, "r", "t")).unwrap();
    assert!(messages.starts_with("event: error\ndata: {\"type\":\"error\","));
    assert_eq!(messages.matches('\n').count(), 3, "a line feed in the message must stay escaped");
}

#[test]
fn google_knows_its_own_statuses_only() {
    for (status, code, word) in
        [(529, 503, "UNAVAILABLE"), (503, 503, "UNAVAILABLE"), (429, 429, "RESOURCE_EXHAUSTED")]
    {
        let kind = classify::by_status(status);
        let body = render_error(Format::Gemini, &ApiError::new(status, kind, "x"), "r", "t");
        let error = &serde_json::from_slice::<Value>(&body).unwrap()["error"];
        assert_eq!((&error["code"], &error["status"]), (&Value::from(code), &Value::from(word)));
    }
}
