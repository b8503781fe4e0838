//! Signs of life: providers whose deployments cool down for long are asked for their list of models, which costs nothing, and
//! let in again when they answer; with `background_health_checks`, all of them are asked once in a while, and what fails
//! counts against their deployments as a request's failure does.
//!
//! A list of models says nothing of a quota or of one model, so what cools down for such a reason waits its time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, Method, header};
use bytes::Bytes;

use crate::clock::Moment;
use crate::condition::Availability;
use crate::engine::Engine;
use crate::error::{Blame, ErrorClass, Failure};
use crate::pipeline::trouble;
use crate::providers::auth::Proof;
use crate::snapshot::{Address, Credential, Deployment, Held, Provider, fixed_headers};

const PATIENCE: Duration = Duration::from_secs(5);
/// How often one that cools down is asked.
const INTERVAL: Duration = Duration::from_secs(5);
/// How often it is looked whether health checks were switched on.
const LOOK: Duration = Duration::from_mins(1);

/// Asks while anything cools down, and sleeps while nothing does.
pub async fn revive(engine: Arc<Engine>) {
    loop {
        engine.conditions.opened().await;
        loop {
            tokio::time::sleep(INTERVAL).await;
            let now = Moment::now();
            let resting: Vec<_> = of_all(&engine)
                .into_iter()
                .filter(|(_, deployments)| deployments.iter().any(|known| may_be_revived(known, now)))
                .collect();
            let any_rests = engine.conditions.any_open(now);
            for ((provider, held), deployments) in resting {
                if ask(&engine, &provider, &provider.held[held]).await.is_ok() {
                    for deployment in deployments.iter().filter(|known| may_be_revived(known, now)) {
                        deployment.condition.looks_well(Moment::now());
                    }
                }
            }
            if !any_rests {
                break;
            }
        }
    }
}

/// Asks every provider at the interval that is configured, where that is wanted.
pub async fn check(engine: Arc<Engine>) {
    loop {
        let (wanted, interval) = {
            let snapshot = engine.snapshot.load();
            (snapshot.routing.health_checks, snapshot.routing.health_check_interval)
        };
        if !wanted {
            tokio::time::sleep(LOOK).await;
            continue;
        }
        for ((provider, held), deployments) in of_all(&engine) {
            let answered = ask(&engine, &provider, &provider.held[held]).await;
            for deployment in deployments {
                let condition = &deployment.condition;
                match &answered {
                    Ok(()) => {
                        if may_be_revived(&deployment, Moment::now()) {
                            condition.looks_well(Moment::now());
                        }
                        condition.probe_answered();
                    }
                    Err(failure) if failure.blame == Blame::Upstream => {
                        condition.probe_failed(Moment::now(), &trouble(failure), &deployment.cooldown);
                    }
                    Err(_) => {}
                }
            }
        }
        tokio::time::sleep(interval).await;
    }
}

/// It fails or cannot be reached, which a list of models shows to be over.
fn may_be_revived(deployment: &Deployment, now: Moment) -> bool {
    matches!(deployment.condition.availability(now), Availability::Cooling(_))
        && matches!(
            deployment.condition.last_class(),
            Some(ErrorClass::Internal | ErrorClass::Timeout | ErrorClass::Authentication)
        )
}

/// Deployments by the configured provider and the place of the credential that they use.
type Asked = ((Arc<Provider>, usize), Vec<Arc<Deployment>>);

fn of_all(engine: &Engine) -> Vec<Asked> {
    let snapshot = engine.snapshot.load();
    let mut found: BTreeMap<(usize, usize), Vec<Arc<Deployment>>> = BTreeMap::new();
    for deployment in snapshot.all_deployments() {
        let place = snapshot.providers.iter().position(|known| Some(known.row.id) == deployment.provider_id);
        let Some(place) = place.filter(|place| snapshot.providers[*place].row.enabled) else { continue };
        // A stand-in says by its id which credential it has.
        let number = deployment.id.rsplit_once('#').and_then(|(_, number)| number.parse::<usize>().ok());
        let number = number.filter(|_| deployment.stands_in_for.is_some()).unwrap_or(1);
        if let Some(held) = snapshot.providers[place].held.iter().position(|held| held.number == number) {
            found.entry((place, held)).or_default().push(deployment);
        }
    }
    found
        .into_iter()
        .map(|((place, held), deployments)| ((snapshot.providers[place].clone(), held), deployments))
        .collect()
}

/// Asks for the list of models. What has none, or cannot be asked without a request that costs, is not asked.
async fn ask(engine: &Engine, provider: &Provider, held: &Held) -> Result<(), Failure> {
    let nothing = || Err(Failure::unavailable("not_asked", "it has nothing to be asked for free"));
    if !matches!(held.credential, Credential::Loaded | Credential::NotNeeded) {
        return nothing();
    }
    let url = provider.spec.models_url(&provider.row.base_url, &provider.settings);
    let Some(address) = url.and_then(|url| Address::parse(&url)) else { return nothing() };
    let mut headers: HeaderMap = fixed_headers(&provider.spec.headers).collect();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let signing = match held.proofs.first() {
        Some(Some(Proof::Header(name, value))) => {
            headers.insert(name.clone(), value.clone());
            None
        }
        Some(Some(Proof::Signed(signing))) => Some(signing.as_ref()),
        _ => None,
    };
    let name = &provider.row.name;
    let sent = engine.clients.send(Method::GET, &address, headers, Bytes::new(), signing, name);
    let reply = tokio::time::timeout(PATIENCE, sent).await.map_err(|_| {
        let message = format!("{name} did not list its models within {} s", PATIENCE.as_secs());
        Failure::upstream(504, "upstream_timeout", message)
    })??;
    match reply.status {
        // No list is no sign of illness.
        200..=299 | 404 | 405 => Ok(()),
        status => {
            let message = format!("{name} answered {status} when asked for its models");
            Err(Failure::upstream(status, "upstream_unhealthy", message))
        }
    }
}
