use std::collections::HashSet;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Chaos, Family};
use crate::{Behaviour, Dialect, FakeUpstream};

/// Less than the slow states take, more than the others do.
const PATIENCE: Duration = Duration::from_millis(800);

/// What a caller is left with.
#[derive(Debug, PartialEq)]
enum Got {
    NoConnection,
    /// Sent, and no headers came.
    NoHeaders,
    /// Headers, and the body did not end, or not properly.
    Part(StatusCode),
    Whole(StatusCode, String),
}

async fn call(upstream: &FakeUpstream, stream: bool) -> Got {
    let path = if upstream.dialect() == Dialect::OpenAi { "chat/completions" } else { "messages" };
    let body = json!({"model": "m", "max_tokens": 9, "stream": stream, "messages": [{"role": "user", "content": "Hi"}]});
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.post(format!("{}/{path}", upstream.url())).json(&body);
    let sent = request.header("anthropic-version", "2023-06-01").timeout(PATIENCE).send().await;
    match sent {
        Err(error) if error.is_connect() => Got::NoConnection,
        Err(_) => Got::NoHeaders,
        Ok(response) => {
            let status = response.status();
            match response.bytes().await {
                Ok(whole) => Got::Whole(status, String::from_utf8_lossy(&whole).into_owned()),
                Err(_) => Got::Part(status),
            }
        }
    }
}

/// Whether this is an answer that a caller can use.
fn is_good(got: &Got, dialect: Dialect, stream: bool) -> bool {
    let Got::Whole(StatusCode::OK, text) = got else { return false };
    match (dialect, stream) {
        (Dialect::OpenAi, true) => text.ends_with("data: [DONE]\n\n"),
        (_, true) => text.contains("event: message_stop"),
        (_, false) => serde_json::from_str::<Value>(text).is_ok_and(|answer| answer["usage"].is_object()),
    }
}

#[test]
fn all_are_there_once() {
    assert_eq!(Chaos::ALL.iter().collect::<HashSet<_>>().len(), Chaos::ALL.len());
    for (number, chaos) in Chaos::ALL.into_iter().enumerate() {
        assert_eq!(chaos as usize, number, "{chaos:?} is not where it is declared");
    }
}

#[tokio::test]
async fn each_state_fails_as_its_family_says() {
    for dialect in [Dialect::OpenAi, Dialect::Anthropic] {
        let each =
            Chaos::ALL.into_iter().filter(|chaos| chaos.family() != Family::Changing).map(async |chaos| {
                let upstream = FakeUpstream::chaos(dialect, chaos).await;
                for stream in [false, true] {
                    let got = call(&upstream, stream).await;
                    let what = format!("{chaos:?}, {dialect:?}, stream {stream}: {got:?}");
                    assert!(!is_good(&got, dialect, stream), "{what}");
                    let right = match chaos.family() {
                        Family::Tls => got == Got::NoConnection,
                        Family::Connection if chaos == Chaos::Refused => got == Got::NoConnection,
                        Family::Connection => got == Got::NoHeaders,
                        Family::Silence => matches!(got, Got::NoHeaders | Got::Part(StatusCode::OK)),
                        Family::Status => matches!(got, Got::Whole(status, _) if !status.is_success()),
                        Family::FalseSuccess if chaos == Chaos::ErrorFirstEvent && !stream => {
                            matches!(got, Got::Whole(StatusCode::INTERNAL_SERVER_ERROR, _))
                        }
                        Family::FalseSuccess => matches!(got, Got::Whole(StatusCode::OK, _)),
                        Family::MidAnswer if chaos == Chaos::ErrorMidStream && !stream => {
                            matches!(got, Got::Whole(StatusCode::INTERNAL_SERVER_ERROR, _))
                        }
                        Family::MidAnswer => {
                            matches!(got, Got::Part(StatusCode::OK) | Got::Whole(StatusCode::OK, _))
                        }
                        Family::Changing => unreachable!("left out above"),
                    };
                    assert!(right, "{what}");
                }
            });
        futures_util::future::join_all(each).await;
    }
}

#[tokio::test]
async fn changing_states_answer_some_calls() {
    for chaos in [Chaos::Flapping, Chaos::Mixed, Chaos::Limited] {
        for dialect in [Dialect::OpenAi, Dialect::Anthropic] {
            let upstream = FakeUpstream::chaos(dialect, chaos).await;
            let mut good = Vec::new();
            for number in 0..12 {
                let stream = number % 2 == 0;
                good.push(is_good(&call(&upstream, stream).await, dialect, stream));
            }
            assert!(good.contains(&true) && good.contains(&false), "{chaos:?}, {dialect:?}: {good:?}");
            if chaos == Chaos::Flapping {
                let expected: Vec<_> = (0..12).map(|number| number % 4 >= 2).collect();
                assert_eq!(good, expected);
            }
        }
    }
}

#[tokio::test]
async fn what_was_refused_can_recover() {
    let upstream = FakeUpstream::chaos(Dialect::OpenAi, Chaos::Refused).await;
    assert_eq!(call(&upstream, false).await, Got::NoConnection);
    upstream.resume_listening().await;
    assert!(is_good(&call(&upstream, true).await, Dialect::OpenAi, true));
    assert_eq!(upstream.calls(), 1);
}

#[test]
fn named_models_are_the_same_states() {
    let Some(Behaviour::Changing(named)) = Behaviour::for_model("fake-mixed") else {
        panic!("it counts calls")
    };
    let Behaviour::Changing(own) = Chaos::Mixed.behaviour() else { panic!("it counts calls") };
    for _ in 0..50 {
        assert_eq!(format!("{:?}", named.next()), format!("{:?}", own.next()));
    }
}
