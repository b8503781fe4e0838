//! The two formats a client may speak, and what an error must look like in each.

use serde_json::{Value, json};

use crate::Answer;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    Chat,
    Messages,
}

impl Caller {
    pub const BOTH: [Self; 2] = [Self::Chat, Self::Messages];

    pub fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Messages => "/v1/messages",
        }
    }

    pub fn format(self) -> &'static str {
        match self {
            Self::Chat => "openai_chat",
            Self::Messages => "anthropic_messages",
        }
    }

    pub fn body(self, model: &str, stream: bool) -> Value {
        let mut body = json!({"model": model, "messages": [{"role": "user", "content": "Hi"}]});
        if self == Self::Messages {
            body["max_tokens"] = json!(64);
        }
        if stream {
            body["stream"] = json!(true);
        }
        body
    }

    /// The text of a whole answer.
    pub fn text_of(self, answer: &Value) -> String {
        match self {
            Self::Chat => answer["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned(),
            Self::Messages => answer["content"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|block| block["text"].as_str())
                .collect(),
        }
    }

    /// The text of a streamed answer.
    pub fn streamed_text(self, answer: &Answer) -> String {
        let events = answer.events();
        let data = events.iter().filter(|event| event.data != "[DONE]").map(crate::Event::json);
        data.filter_map(|event| {
            let text = match self {
                Self::Chat => &event["choices"][0]["delta"]["content"],
                Self::Messages => &event["delta"]["text"],
            };
            text.as_str().map(str::to_owned)
        })
        .collect()
    }

    /// Whether a stream ended as its format says a finished one does.
    pub fn is_finished(self, answer: &Answer) -> bool {
        let events = answer.events();
        match self {
            Self::Chat => events.last().is_some_and(|event| event.data == "[DONE]"),
            Self::Messages => {
                events.last().is_some_and(|event| event.name.as_deref() == Some("message_stop"))
            }
        }
    }

    /// The error's message, after everything else that a caller of this format relies on was checked.
    #[track_caller]
    pub fn error(self, error: &Value) -> String {
        let inner = &error["error"];
        let message = inner["message"].as_str().unwrap_or_default().to_owned();
        assert!(!message.is_empty(), "no message in {error}");
        assert!(inner["type"].is_string(), "no type in {error}");
        if self == Self::Messages {
            assert_eq!(error["type"], "error", "not this format's envelope: {error}");
        }
        message
    }

    /// The same for an error that the gateway worded itself: with its own members beside the format's.
    #[track_caller]
    pub fn own_error(self, answer: &Answer) -> String {
        let error = answer.json();
        let message = self.error(&error);
        for member in ["param", "code", "details"] {
            assert!(error["error"].get(member).is_some(), "no error.{member} in {error}");
        }
        assert_eq!(error["request_id"], answer.request_id(), "{error}");
        let time = error["timestamp"].as_str().unwrap_or_default();
        assert!(time.len() == 24 && time.ends_with('Z'), "no timestamp in {error}");
        assert!(answer.header("content-type").starts_with("application/json"), "{:?}", answer.headers);
        message
    }
}
