//! A response as a client received it, whole or not.

use bytes::{Bytes, BytesMut};
use reqwest::header::HeaderMap;
use serde_json::Value;

/// One response.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Whether the body ended as HTTP says it must.
    pub complete: bool,
}

/// One server-sent event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub name: Option<String>,
    pub data: String,
}

impl Event {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_else(|error| panic!("{error} in {}", self.data))
    }
}

/// Sends the request and reads what comes, to its end or to where it breaks off.
pub async fn receive(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    Answer::of(response).await
}

impl Answer {
    pub async fn of(mut response: reqwest::Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let mut body = BytesMut::new();
        let complete = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        Self { status, headers, body: body.freeze(), complete }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    /// A header's value, or an empty string.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn request_id(&self) -> &str {
        let id = self.header("x-request-id");
        assert_eq!(id.len(), 36, "no request id in {:?}", self.headers);
        id
    }

    /// Panics with the body unless the status is this one.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "often the check is all that is wanted")]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    pub fn events(&self) -> Vec<Event> {
        events(&self.text())
    }

    /// The last event that says anything: an error, or the format's own end.
    #[track_caller]
    pub fn last_event(&self) -> Event {
        self.events().pop().unwrap_or_else(|| panic!("no event in {}", self.text()))
    }
}

fn events(text: &str) -> Vec<Event> {
    // Google ends its lines as HTTP does.
    text.replace("\r\n", "\n")
        .split("\n\n")
        .filter_map(|block| {
            let field = |name: &str| {
                block.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
            };
            Some(Event { name: field("event:"), data: field("data:")? })
        })
        .collect()
}
