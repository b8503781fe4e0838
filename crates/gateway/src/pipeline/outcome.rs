//! What a caller is told when no deployment answered: the provider's own words where only one was asked, and otherwise what
//! was tried. Never anything secret: of an upstream's error only its kind and status.

use std::time::Duration;

use postern_wire::ErrorKind;
use serde_json::{Value, json};

use super::route::{Route, not_there};
use crate::clock::Moment;
use crate::error::{Blame, ErrorClass, Failure};
use crate::routing::{NotNow, Over, Reason};
use crate::snapshot::{Deployment, Group};

/// A deployment that failed.
pub struct Tried {
    deployment: String,
    provider: String,
    model: String,
    status: u16,
    class: ErrorClass,
    retry_after: Option<Duration>,
}

impl Tried {
    pub fn of(deployment: &Deployment, failure: &Failure) -> Self {
        Self {
            deployment: deployment.id.clone(),
            provider: deployment.provider.clone(),
            model: deployment.upstream_model.clone(),
            status: failure.error.status,
            class: failure.class(),
            retry_after: failure.wait(),
        }
    }

    fn told(&self) -> Value {
        json!({
            "deployment": self.deployment, "provider": self.provider, "model": self.model,
            "status": self.status, "reason": word(self.class),
        })
    }
}

fn word(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::BadRequest => "bad_request",
        ErrorClass::Authentication => "credential_refused",
        ErrorClass::NotFound => "not_found",
        ErrorClass::Timeout => "timeout",
        ErrorClass::RateLimit => "rate_limit",
        ErrorClass::ContextWindow => "context_window",
        ErrorClass::ContentPolicy => "content_policy",
        ErrorClass::Internal => "failed",
    }
}

/// The failure that the caller sees.
pub fn explain(route: &Route, over: Over, last: Option<Failure>, tried: &[Tried]) -> Failure {
    match (over, last) {
        (Over::Unavailable(refusal), None) => unavailable(route, refusal),
        (Over::Late, None) => {
            let message =
                format!("no deployment of {} could answer within the request's timeout", route.group.name);
            let mut failure = Failure::unavailable("timeout", message);
            failure.error.status = 504;
            failure.error.kind = ErrorKind::Timeout;
            failure
        }
        (_, Some(last)) => failed(route, last, tried),
        (Over::Failed, None) => {
            Failure::unavailable("no_deployment", format!("no deployment serves {}", route.group.name))
        }
    }
}

/// One provider's words are passed on as they are; of several that all failed it is told that they did.
fn failed(route: &Route, last: Failure, tried: &[Tried]) -> Failure {
    let is_down = |tried: &Tried| matches!(tried.class, ErrorClass::Internal | ErrorClass::Timeout);
    let several = tried.iter().any(|one| one.deployment != tried[0].deployment);
    let all_away = tried.iter().all(|one| {
        !matches!(one.class, ErrorClass::BadRequest | ErrorClass::ContextWindow | ErrorClass::ContentPolicy)
    });
    if last.blame != Blame::Upstream || !several || !all_away || !tried.iter().any(is_down) {
        return last;
    }
    let listed: Vec<String> = tried
        .iter()
        .map(|one| format!("{}/{} ({}, {})", one.provider, one.model, one.status, word(one.class)))
        .collect();
    let message =
        format!("every deployment of {} that could be asked failed: {}", route.group.name, listed.join(", "));
    let told: Vec<Value> = tried.iter().map(Tried::told).collect();
    let mut failure =
        Failure::unavailable("service_unavailable", message).with_details(json!({"tried": told}));
    failure.blame = Blame::Upstream;
    let wait = soonest(&route.group).or_else(|| tried.iter().filter_map(|one| one.retry_after).min());
    failure.error.retry_after = Some(seconds(wait.unwrap_or(Duration::from_secs(1))));
    failure
}

fn soonest(group: &Group) -> Option<Duration> {
    let now = Moment::now();
    group.deployments.iter().filter_map(|known| known.condition.view(now).cooling_for).min()
}

/// At least one: a caller told to come back at once would only knock again.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0 || wait.is_zero())
}

fn unavailable(route: &Route, refusal: NotNow) -> Failure {
    let group = &route.group;
    let name = &group.name;
    match refusal.reason {
        Reason::Empty | Reason::Tried => {
            Failure::unavailable("no_deployment", format!("no deployment serves {name}"))
        }
        Reason::Tags => {
            let tags = route.wishes.tags.as_deref().unwrap_or_default().join(", ");
            let message = format!("no deployment of {name} is for requests with the tags [{tags}]");
            Failure::invalid("no_deployment_for_tags", message).with_param("tags")
        }
        Reason::Region => {
            let region = route.wishes.wanted.region.as_deref().unwrap_or_default();
            not_there(name, region)
        }
        Reason::Context => {
            let tokens = route.wishes.wanted.context.unwrap_or_default();
            let message =
                format!("the prompt has about {tokens} tokens, and no deployment of {name} takes so many");
            let mut failure = Failure::invalid("context_length_exceeded", message).with_param("messages");
            failure.error.kind = ErrorKind::ContextLength;
            failure
        }
        Reason::Full => {
            let wait = refusal.soonest.map_or(1, seconds);
            let message = format!(
                "every deployment of {name} has as many requests or tokens as it takes for now; try again in {wait} s"
            );
            Failure::rate_limited("deployments_full", message, wait)
                .with_details(json!({"tried": states(group)}))
        }
        Reason::Resting => {
            let wait = refusal.soonest.map_or(1, seconds);
            let message =
                format!("every deployment of {name} cools down after failures; try again in {wait} s");
            let mut failure = Failure::unavailable("service_unavailable", message)
                .with_details(json!({"tried": states(group)}));
            failure.error.retry_after = Some(wait);
            failure
        }
    }
}

fn states(group: &Group) -> Vec<Value> {
    let now = Moment::now();
    let told = group.deployments.iter().map(|known| {
        let view = known.condition.view(now);
        json!({
            "deployment": known.id, "provider": known.provider, "model": known.upstream_model,
            "state": view.availability.as_str(), "retry_in_seconds": view.cooling_for.map(seconds),
            "status": view.last_failure.map(|failure| failure.status),
        })
    });
    told.take(50).collect()
}
