//! Which limits a request is held against: those of its key and of everybody whom it is counted for.

use std::sync::Arc;

use axum::http::HeaderMap;
use serde_json::Value;
use smallvec::SmallVec;

use crate::auth::{self, Caller, Identity};
use crate::clock;
use crate::config::Unpriced;
use crate::directory::{Customer, Directory, Limited};
use crate::engine::Engine;
use crate::error::Failure;
use crate::limits::{self, Estimate, Gate, Gates, Permit, Terms};
use crate::meter::Meter;
use crate::pipeline::Size;
use crate::snapshot::{AccessGroups, Deployment};

/// Headers in which end users are named.
const CUSTOMER_HEADERS: [&str; 2] = ["x-litellm-customer-id", "x-litellm-end-user-id"];

/// What admission wants to know of a request.
pub struct Asked<'a> {
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    /// Names of the model, the group's first.
    pub models: &'a [&'a str],
    /// The groups that it names to fall back on.
    pub others: &'a [&'a str],
    pub tags: &'a [String],
}

/// A request before its limits.
pub struct Admission<'a> {
    engine: &'a Engine,
    directory: Arc<Directory>,
    gates: Gates,
}

impl<'a> Admission<'a> {
    /// Finds the limits, and refuses who is blocked and what is incomplete. Notes end user and tags in the row.
    pub fn open(
        engine: &'a Engine,
        caller: &Caller,
        asked: &Asked<'_>,
        meter: &mut Meter,
    ) -> Result<Self, Failure> {
        let directory = engine.directory.load_full();
        let named = note_customer(&directory, asked.headers, meter);
        if let Some(row) = meter.row() {
            row.tags = asked.tags.to_vec();
        }
        if directory.rules.enforce_user && named.is_none() && !caller.is_administrator() {
            let message = "'user' param not passed in. 'enforce_user_param'=True";
            return Err(Failure::invalid("missing_user", message).with_param("user"));
        }
        if let Some(identity) = caller.identity() {
            enforce(identity, asked.body)?;
            if directory.rules.reject_tags {
                check_tags(identity, asked.tags)?;
            }
        }
        let customer = named.and_then(|named| directory.end_user(&named));
        if let Some(customer) = &customer {
            check_customer(customer)?;
        }
        check_models(engine, &directory, asked, customer.as_deref())?;
        let gates = gates(&directory, caller, asked.models, asked.tags, customer.as_deref());
        Ok(Self { engine, directory, gates })
    }

    /// Whether it matters what the request may cost.
    pub fn wants_cost(&self) -> bool {
        self.gates.iter().any(|gate| gate.budget && gate.scope.max_budget.is_some())
    }

    /// Where it is known from the beginning which provider is asked for which model, and no other is in its place: its limits,
    /// too.
    pub fn at(mut self, provider: &str, kind: &str, model: Option<&str>) -> Result<Self, Failure> {
        let directory = self.directory.clone();
        for limited in limits_of(&directory, provider, kind) {
            if let Some(model) = model {
                check_provider(limited, provider, model)?;
            }
            self.gates.extend(gates_of(limited, model));
        }
        Ok(self)
    }

    pub fn admit(self, estimate: Estimate) -> Result<Permit, Failure> {
        admit(self.engine, &self.directory, self.gates, estimate)
    }
}

fn admit(
    engine: &Engine,
    directory: &Directory,
    gates: Gates,
    estimate: Estimate,
) -> Result<Permit, Failure> {
    let rules = &directory.rules;
    let terms = Terms {
        refuse_unpriced: rules.unpriced == Unpriced::Refuse,
        over_budget_status: rules.over_budget_status,
    };
    limits::admit(gates, estimate, terms, clock::now_ms(), &engine.events)
}

/// The limits of a provider: by its name, and by its kind.
fn limits_of<'d>(
    directory: &'d Directory,
    provider: &str,
    kind: &str,
) -> impl Iterator<Item = &'d Limited> + use<'d> {
    let by_name = directory.providers.get(provider);
    let by_kind = directory.providers.get(kind).filter(|_| kind != provider);
    by_name.into_iter().chain(by_kind)
}

/// Those of a provider and, where it is known, of the model that it is asked for.
fn gates_of<'d>(limited: &'d Limited, model: Option<&str>) -> impl Iterator<Item = Gate> + use<'d> {
    let of_model = limited.of_model(model.as_slice());
    limited.scope.iter().chain(of_model).map(|scope| Gate { scope: scope.clone(), budget: true })
}

fn check_provider(limited: &Limited, provider: &str, model: &str) -> Result<(), Failure> {
    let whole = format!("{provider}/{model}");
    auth::check_limits("provider", limited, &[&whole, model], &AccessGroups::default())
}

/// A place within the limits of a deployment's provider, while that is asked; `None` where there are none.
pub fn reserve(engine: &Engine, deployment: &Deployment, size: Size) -> Result<Option<Permit>, Failure> {
    let directory = engine.directory.load();
    if directory.providers.is_empty() {
        return Ok(None);
    }
    let mut gates = Gates::new();
    for limited in limits_of(&directory, &deployment.provider, &deployment.spec.id) {
        check_provider(limited, &deployment.provider, &deployment.upstream_model)?;
        gates.extend(gates_of(limited, Some(&deployment.upstream_model)));
    }
    if gates.is_empty() {
        return Ok(None);
    }
    let estimate = Estimate { cost_nanos: size.highest_cost(deployment), tokens: size.tokens() };
    admit(engine, &directory, gates, estimate).map(Some)
}

/// The limits of a request, in the order in which they are looked at: LiteLLM's.
pub fn gates(
    directory: &Directory,
    caller: &Caller,
    models: &[&str],
    tags: &[String],
    customer: Option<&Customer>,
) -> Gates {
    let mut found = Found { gates: SmallVec::new(), models };
    if let Some(identity) = caller.identity() {
        found.add_owners(identity);
    }
    for tag in tags.iter().filter_map(|tag| directory.tag(tag)) {
        found.add(&tag.limited, true);
    }
    if let Some(identity) = caller.identity()
        && let Some(user) = &identity.user
    {
        // A team's keys spend the team's money: theirs is counted, and not in the way.
        found.add(&user.limited, identity.key.team_id.is_none());
    }
    if let Some(customer) = customer {
        found.add(&customer.limited, true);
    }
    found.gates.extend(directory.proxy.iter().map(|proxy| Gate { scope: proxy.clone(), budget: true }));
    found.gates
}

struct Found<'a> {
    gates: Gates,
    models: &'a [&'a str],
}

impl Found<'_> {
    fn add(&mut self, limited: &Limited, budget: bool) {
        self.gates.extend(limited.of(self.models).map(|scope| Gate { scope: scope.clone(), budget }));
    }

    fn add_owners(&mut self, identity: &Identity) {
        self.add(&identity.key.limited, true);
        let user = identity.key.user_id.as_deref();
        if let Some(team) = &identity.team {
            self.add(&team.limited, true);
            if let Some(member) = user.and_then(|user| team.members.get(user)) {
                self.add(&member.limited, true);
            }
        }
        if let Some(organization) = &identity.organization {
            self.add(&organization.limited, true);
            if let Some(member) = user.and_then(|user| organization.members.get(user)) {
                self.add(&member.limited, true);
            }
        }
    }
}

/// The end user of a request: as a header names them, else as the body does. Noted in the row.
fn note_customer(directory: &Directory, headers: &HeaderMap, meter: &mut Meter) -> Option<String> {
    let row = meter.row()?;
    if let Some(named) = named_customer(directory, headers) {
        row.end_user = Some(named);
    }
    row.end_user.clone().filter(|name| !name.is_empty())
}

/// The end user of a request, if anything is in force for them.
pub fn customer(engine: &Engine, headers: &HeaderMap, meter: &mut Meter) -> Option<Arc<Customer>> {
    let directory = engine.directory.load();
    let named = note_customer(&directory, headers, meter)?;
    directory.end_user(&named)
}

/// The same where nothing is written down: `named` is how the body names them.
pub fn customer_of(engine: &Engine, headers: &HeaderMap, named: Option<&str>) -> Option<Arc<Customer>> {
    let directory = engine.directory.load();
    let of_headers = named_customer(&directory, headers);
    directory.end_user(of_headers.as_deref().or(named).filter(|name| !name.is_empty())?)
}

pub fn check_customer(customer: &Customer) -> Result<(), Failure> {
    if !customer.blocked {
        return Ok(());
    }
    let message = format!("Authentication Error, End User={} is blocked.", customer.id);
    Err(Failure::forbidden("end_user_blocked", message).with_type("auth_error"))
}

fn named_customer(directory: &Directory, headers: &HeaderMap) -> Option<String> {
    let names = CUSTOMER_HEADERS.into_iter().chain(directory.rules.user_header.as_deref());
    names
        .filter_map(|name| headers.get(name)?.to_str().ok())
        .map(str::trim)
        .find(|name| !name.is_empty())
        .map(str::to_owned)
}

/// Refuses models that the limits of the end user, or of a tag, leave out.
fn check_models(
    engine: &Engine,
    directory: &Directory,
    asked: &Asked<'_>,
    customer: Option<&Customer>,
) -> Result<(), Failure> {
    let of_tags = asked.tags.iter().filter_map(|tag| Some(("tag", &directory.tag(tag)?.limited)));
    let of_customer = customer.map(|customer| ("end_user", &customer.limited));
    let limiting = |(_, limited): &(_, &Limited)| !limited.allowed.is_empty();
    for (whose, limited) in of_customer.into_iter().chain(of_tags).filter(limiting) {
        let access = &engine.snapshot.load().access;
        auth::check_limits(whose, limited, asked.models, access)?;
        for other in asked.others {
            auth::check_limits(whose, limited, &[other], access)?;
        }
    }
    Ok(())
}

/// Refuses tags that are not the key's or its team's: the request brought them.
fn check_tags(identity: &Identity, tags: &[String]) -> Result<(), Failure> {
    let of_key = identity.key.tags.iter().flatten();
    let of_team = identity.team.iter().flat_map(|team| &team.tags);
    let given: Vec<&str> = of_key.chain(of_team).map(|tag| &**tag).collect();
    match tags.iter().find(|tag| !given.contains(&tag.as_str())) {
        None => Ok(()),
        Some(tag) => {
            let message = format!(
                "requests may not bring tags of their own (reject_clientside_metadata_tags); this one has `{tag}`"
            );
            Err(Failure::invalid("tags_not_allowed", message).with_param("tags"))
        }
    }
}

/// Members that the key wants in every request: `user`, `metadata.generation_name`.
fn enforce(identity: &Identity, body: &[u8]) -> Result<(), Failure> {
    let Some(wanted) = &identity.key.enforced_params else { return Ok(()) };
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    for path in wanted {
        let found = path.split('.').try_fold(&body, |value, name| value.get(name));
        if found.is_none_or(Value::is_null) {
            let message =
                format!("BadRequest please pass param={path} in the request: this key wants it in each");
            return Err(Failure::invalid("missing_param", message).with_param(path));
        }
    }
    Ok(())
}
