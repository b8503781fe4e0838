//! What providers get wrong: each fault by each of them, for callers of both formats, streamed and not, ends in an
//! error in the caller's format, one ledger row that says so, and a gateway that goes on.

use postern_testkit::{Dialect, refused_url};
use postern_tests::{Answer, Caller, World};
use serde_json::{Value, json};

const DIALECTS: [Dialect; 2] = [Dialect::OpenAi, Dialect::Anthropic];

/// How an answer must look.
#[derive(Clone, Copy, Debug)]
enum Expect {
    /// An error response of this status.
    Status(u16),
    /// 200, some of the answer, and then an error as the stream's last event.
    Within,
}
use Expect::{Status, Within};

fn is_same(caller: Caller, dialect: Dialect) -> bool {
    (caller == Caller::Chat) == (dialect == Dialect::OpenAi)
}

/// The checks that every fault shares. The row is given back for what is special.
async fn check(world: &World, what: &str, caller: Caller, answer: &Answer, expect: Expect) -> Value {
    assert!(answer.complete, "{what}: the response breaks off: {}", answer.text());
    let row = world.row(answer.request_id()).await;
    match expect {
        Status(status) => {
            assert_eq!(answer.status, status, "{what}: {}", answer.text());
            caller.error(&answer.json());
            assert_eq!(row["status"], status, "{what}: {row}");
            assert_eq!(row["cost_nanos"], 0, "{what}: nothing was used: {row}");
        }
        Within => {
            assert_eq!(answer.status, 200, "{what}: {}", answer.text());
            assert!(!caller.is_finished(answer), "{what} looks finished: {}", answer.text());
            let last = answer.last_event();
            caller.error(&last.json());
            if caller == Caller::Messages {
                assert_eq!(last.name.as_deref(), Some("error"), "{what}: {}", answer.text());
            }
            let status = row["status"].as_u64().unwrap_or(0);
            assert!(status >= 500, "{what}: {row}");
            // What was produced until then is on the bill.
            assert_ne!(row["usage_source"], "none", "{what}: {row}");
            assert!(row["output_tokens"].as_i64() > Some(0), "{what}: {row}");
        }
    }
    assert_eq!(row["outcome"], "error", "{what}: {row}");
    assert!(row["error_kind"].as_str().is_some_and(|kind| kind.starts_with("upstream")), "{what}: {row}");
    assert!(row["error_message"].is_string(), "{what}: {row}");
    assert_eq!(row["attempts"], 1, "{what}: {row}");
    row
}

async fn each(world: &World, model: &str, whole: Expect, streamed: Expect) {
    for dialect in DIALECTS {
        for caller in Caller::BOTH {
            for (stream, expect) in [(false, whole), (true, streamed)] {
                let what = format!("{model}, {caller:?} to {dialect:?}, stream {stream}");
                let answer = world.ask(caller, &World::model(dialect, model), stream).await;
                check(world, &what, caller, &answer, expect).await;
            }
        }
    }
}

#[tokio::test]
async fn error_statuses_arrive_as_they_are_and_in_the_providers_words() {
    let world = World::start().await;
    for status in [400, 401, 403, 404, 429, 500, 503, 529] {
        let model = format!("fake-{status}");
        each(&world, &model, Status(status), Status(status)).await;
        for dialect in DIALECTS {
            for caller in Caller::BOTH {
                let answer = world.ask(caller, &World::model(dialect, &model), false).await;
                if status == 429 {
                    assert_eq!(answer.header("retry-after"), "1", "{caller:?} {dialect:?}");
                }
                if is_same(caller, dialect) {
                    // Its own body, byte for byte: it carries the provider's own request id or no id at all.
                    let error = answer.json();
                    assert!(error.get("timestamp").is_none(), "{error}");
                } else {
                    caller.own_error(&answer);
                }
            }
        }
    }
    world.assert_well().await;
}

#[tokio::test]
async fn answers_that_are_none_become_bad_gateway() {
    let world = World::start().await;
    for model in ["fake-html", "fake-html-200", "fake-empty", "fake-cut-headers"] {
        each(&world, model, Status(502), Status(502)).await;
    }
    let html = world.ask(Caller::Chat, "oa/fake-html", false).await;
    let message = Caller::Chat.own_error(&html);
    assert!(message.contains("web page") && !message.contains('<'), "{message}");
    world.assert_well().await;
}

#[tokio::test]
async fn answers_that_break_off_never_look_finished() {
    let world = World::start().await;
    for model in [
        "fake-cut-body",
        "fake-cut",
        "fake-cut-event",
        "fake-truncated",
        "fake-broken-sse",
        "fake-invalid-utf8",
    ] {
        each(&world, model, Status(502), Within).await;
    }
    world.assert_well().await;
}

#[tokio::test]
async fn an_error_instead_of_a_stream_is_an_error_response() {
    let world = World::start().await;
    for caller in Caller::BOTH {
        // Without streaming the fake answers with status 500. In a stream only Anthropic's error has a status: 529.
        for (dialect, status) in [(Dialect::OpenAi, 502), (Dialect::Anthropic, 529)] {
            let what = format!("{caller:?} to {dialect:?}");
            let answer = world.ask(caller, &World::model(dialect, "fake-error-first"), true).await;
            check(&world, &what, caller, &answer, Status(status)).await;
            caller.own_error(&answer);
        }
    }
    world.assert_well().await;
}

#[tokio::test]
async fn an_error_within_a_stream_reaches_the_caller_once_and_in_its_format() {
    let world = World::start().await;
    for dialect in DIALECTS {
        for caller in Caller::BOTH {
            let what = format!("{caller:?} to {dialect:?}");
            let answer = world.ask(caller, &World::model(dialect, "fake-error-midstream"), true).await;
            check(&world, &what, caller, &answer, Within).await;
            let errors = answer
                .events()
                .iter()
                .filter(|event| event.data != "[DONE]" && event.json()["error"].is_object())
                .count();
            assert_eq!(errors, 1, "{what}: {}", answer.text());
        }
    }
    world.assert_well().await;
}

#[tokio::test]
async fn a_provider_that_never_answers_is_given_up_on() {
    let world = World::start().await;
    for (dialect, provider) in [(Dialect::OpenAi, "openai"), (Dialect::Anthropic, "anthropic")] {
        for model in ["fake-never", "fake-stall"] {
            let parameters = json!({
                "model": format!("{provider}/{model}"), "api_base": world.upstream(dialect).url(),
                "api_key": "sk-upstream", "timeout": 0.4, "stream_timeout": 0.4,
            });
            let name = format!("{provider}-{model}");
            world.gateway.new_model(json!({"model_name": name, "litellm_params": parameters})).await;
            for caller in Caller::BOTH {
                for stream in [false, true] {
                    let what = format!("{name}, {caller:?}, stream {stream}");
                    let answer = world.ask(caller, &name, stream).await;
                    let within = stream && model == "fake-stall";
                    let expect = if within { Within } else { Status(504) };
                    let row = check(&world, &what, caller, &answer, expect).await;
                    assert_eq!(row["status"], 504, "{what}: {row}");
                    assert_eq!(row["error_kind"], "upstream_timeout", "{what}: {row}");
                }
            }
        }
    }
    // The connections were given up, not only the answers.
    world.openai.wait_for_abandoned(8).await;
    world.anthropic.wait_for_abandoned(8).await;
    world.assert_well().await;
}

#[tokio::test]
async fn a_refused_connection_is_told_as_such() {
    let world = World::start().await;
    world.add_provider("openai", "gone-oa", &refused_url()).await;
    world.add_provider("anthropic", "gone-an", &refused_url()).await;
    for model in ["gone-oa/x", "gone-an/x"] {
        for caller in Caller::BOTH {
            for stream in [false, true] {
                let what = format!("{model}, {caller:?}, stream {stream}");
                let answer = world.ask(caller, model, stream).await;
                check(&world, &what, caller, &answer, Status(502)).await;
                assert!(caller.own_error(&answer).contains("cannot be reached"), "{}", answer.text());
            }
        }
    }
    world.assert_well().await;
}

#[tokio::test]
async fn after_all_that_a_proper_request_is_answered() {
    let world = World::start().await;
    for model in ["fake-cut", "fake-500", "fake-broken-sse"] {
        for dialect in DIALECTS {
            world.ask(Caller::Chat, &World::model(dialect, model), true).await;
        }
    }
    for dialect in DIALECTS {
        for caller in Caller::BOTH {
            for stream in [false, true] {
                let answer = world.ask(caller, &World::model(dialect, "x"), stream).await.expect(200);
                assert_eq!(world.row(answer.request_id()).await["outcome"], "ok");
            }
        }
    }
}
