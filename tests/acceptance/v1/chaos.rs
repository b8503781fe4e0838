//! A model group of two deployments, one in order and one in each state of [`Chaos`]: callers notice nothing, unless the
//! failure comes after the first token of a stream. Then the answer ends in an error in the caller's format.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use postern_testkit::{Chaos, Dialect, FakeUpstream, Family, REPLY_TEXT};
use postern_tests::{Answer, Caller, Event, World, receive};
use serde_json::{Value, json};

/// Over all states, streamed and not, about.
const REQUESTS: usize = 1_000;
const AT_ONCE: usize = 16;
/// What any answer may take: more than the time-outs of all attempts, less than the slowest provider.
const PATIENCE: Duration = Duration::from_secs(10);
const DIALECTS: [Dialect; 2] = [Dialect::OpenAi, Dialect::Anthropic];

/// One state, streamed or not: a group per dialect, of which half of the deployments is in that state.
struct Scene {
    chaos: Chaos,
    stream: bool,
    groups: Vec<(String, FakeUpstream)>,
}

impl Scene {
    async fn set(world: &World, chaos: Chaos, stream: bool) -> Self {
        let mut groups = Vec::new();
        for dialect in DIALECTS {
            let provider = if dialect == Dialect::OpenAi { "openai" } else { "anthropic" };
            let name = format!("{provider}-{chaos:?}-{}", if stream { "streamed" } else { "whole" });
            let chaotic = FakeUpstream::chaos(dialect, chaos).await;
            for (model, url) in [("steady", world.upstream(dialect).url()), ("chaotic", chaotic.url())] {
                let parameters = json!({
                    "model": format!("{provider}/{model}"), "api_base": url, "api_key": "sk-upstream",
                    "timeout": 1.0, "stream_timeout": 0.5,
                });
                world.gateway.new_model(json!({"model_name": name, "litellm_params": parameters})).await;
            }
            groups.push((name, chaotic));
        }
        Self { chaos, stream, groups }
    }

    /// Asks in both formats, both groups by turns, many at once. What came, by request id, and what was wrong with it.
    async fn play(&self, world: &World) -> Vec<(Option<String>, Result<End, String>)> {
        let number = REQUESTS.div_ceil(2 * Chaos::ALL.len());
        let requests = (0..number).map(|number| {
            let caller = Caller::BOTH[number / 2 % 2];
            let group = &self.groups[number % 2].0;
            async move {
                let request = world.request(caller, &caller.body(group, self.stream));
                match tokio::time::timeout(PATIENCE, receive(request)).await {
                    Ok(answer) => (Some(answer.request_id().to_owned()), self.judge(caller, &answer)),
                    Err(_) => (None, Err(format!("{caller:?} got no end within {PATIENCE:?}"))),
                }
            }
        });
        stream::iter(requests).buffer_unordered(AT_ONCE).collect().await
    }

    fn judge(&self, caller: Caller, answer: &Answer) -> Result<End, String> {
        let told = || format!("{caller:?} got {}: {}", answer.status, shortened(&answer.text()));
        if answer.status != 200 {
            return Err(told());
        }
        if !answer.complete {
            return Err(format!("breaks off: {}", told()));
        }
        if !self.stream {
            let value = serde_json::from_slice(&answer.body).unwrap_or_default();
            return if caller.text_of(&value) == REPLY_TEXT { Ok(End::Whole) } else { Err(told()) };
        }
        if let Some(broken) = answer.events().iter().find(|event| !is_json(event)) {
            return Err(format!("not an event of any format: {}", shortened(&broken.data)));
        }
        let text = caller.streamed_text(answer);
        if caller.is_finished(answer) {
            return if text == REPLY_TEXT { Ok(End::Whole) } else { Err(format!("not whole: {}", told())) };
        }
        if !self.chaos.may_break_a_stream() {
            return Err(format!("could have been asked elsewhere: {}", told()));
        }
        if text.is_empty() {
            return Err(format!("nothing was said yet, another could have taken over: {}", told()));
        }
        if ends_in_error(caller, answer) {
            Ok(End::Error)
        } else {
            Err(format!("no proper error: {}", told()))
        }
    }
}

/// How an answer that is as it should be ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Whole,
    /// After some of it, with an error in the caller's format.
    Error,
}

fn is_json(event: &Event) -> bool {
    event.data == "[DONE]" || serde_json::from_str::<Value>(&event.data).is_ok()
}

fn ends_in_error(caller: Caller, answer: &Answer) -> bool {
    let Some(last) = answer.events().pop() else { return false };
    let error: Value = serde_json::from_str(&last.data).unwrap_or_default();
    let is_named =
        caller == Caller::Chat || (last.name.as_deref() == Some("error") && error["type"] == "error");
    let has_message = error["error"]["message"].as_str().is_some_and(|message| !message.is_empty());
    is_named && has_message && error["error"]["type"].is_string()
}

fn shortened(text: &str) -> String {
    let text: String = text.chars().rev().take(300).collect();
    text.chars().rev().collect()
}

/// The ledger once it has so many rows, or what it has after a while.
async fn all_of(world: &World, count: usize) -> Vec<Value> {
    let mut rows = world.rows().await;
    for _ in 0..100 {
        if rows.len() >= count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        rows = world.rows().await;
    }
    rows
}

/// All states of a family. Fails with everything that was wrong, not with the first of it.
async fn endure(family: Family) {
    let world = World::with("litellm_settings: {num_retries: 2}", |builder| builder).await;
    let (mut wrong, mut ends) = (BTreeMap::<String, Vec<String>>::new(), BTreeMap::new());
    let (mut sent, mut met) = (0, 0);
    let states: Vec<_> = Chaos::ALL.into_iter().filter(|chaos| chaos.family() == family).collect();
    for chaos in &states {
        for stream in [false, true] {
            let scene = Scene::set(&world, *chaos, stream).await;
            let what = format!("{chaos:?}, {}", if stream { "streamed" } else { "whole" });
            for (request_id, end) in scene.play(&world).await {
                if let Err(problem) = &end {
                    wrong.entry(what.clone()).or_default().push(problem.clone());
                }
                sent += 1;
                if let Some(id) = request_id {
                    let twice = ends.insert(id, (what.clone(), end.ok()));
                    assert!(twice.is_none(), "two answers with one id: {twice:?}");
                }
            }
            met += scene.groups.iter().map(|(_, chaotic)| chaotic.connections()).sum::<usize>();
        }
    }
    // An answer's row is written before its end; that of a caller that left is not.
    let rows = all_of(&world, sent).await;
    let ids: BTreeSet<_> = rows.iter().filter_map(|row| row["id"].as_str()).collect();
    assert_eq!((rows.len(), ids.len()), (sent, sent), "each request has one row");
    assert!(ends.keys().all(|id| ids.contains(id.as_str())), "an answer without a row");
    for row in &rows {
        let Some((what, end)) = row["id"].as_str().and_then(|id| ends.get(id)) else { continue };
        let outcome = match end {
            Some(End::Whole) => "ok",
            Some(End::Error) => "error",
            None => continue,
        };
        if row["outcome"] != outcome {
            wrong.entry(what.clone()).or_default().push(format!("{end:?}, but the ledger says: {row}"));
        }
    }
    let summary: Vec<_> = wrong
        .iter()
        .map(|(what, problems)| format!("{what}: {} times, such as: {}", problems.len(), problems[0]))
        .collect();
    assert!(wrong.is_empty(), "{family:?}: callers noticed\n{}", summary.join("\n"));
    assert!(met >= states.len(), "the chaotic deployments were hardly asked: {met} connections");
    world.assert_well().await;
}

#[tokio::test]
async fn connections_that_fail_are_not_noticed() {
    endure(Family::Connection).await;
}

#[tokio::test]
async fn failing_tls_is_not_noticed() {
    endure(Family::Tls).await;
}

#[tokio::test]
async fn silence_is_not_noticed() {
    endure(Family::Silence).await;
}

#[tokio::test]
async fn error_statuses_are_not_noticed() {
    endure(Family::Status).await;
}

#[tokio::test]
async fn errors_that_look_like_success_are_not_noticed() {
    endure(Family::FalseSuccess).await;
}

#[tokio::test]
async fn answers_that_break_are_asked_for_again_or_end_in_an_error() {
    endure(Family::MidAnswer).await;
}

#[tokio::test]
async fn providers_that_come_and_go_are_not_noticed() {
    endure(Family::Changing).await;
}
