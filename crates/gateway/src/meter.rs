//! The bill of one request. Whatever becomes of it, the meter writes its one ledger row: when it is told the end, or when
//! it is dropped because the client went away.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use postern_store::Ack;
use postern_store::table::attempt_bills::BillRow;
use postern_store::table::requests::{Billing, Outcome, RequestRow, Tokens, UsageSource};
use postern_wire::{Format, Usage};
use serde_json::json;
use smallvec::SmallVec;

use crate::bodies::{self, Draft};
use crate::catalogue::BilledTokens;
use crate::clock;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Event;
use crate::limits::{Permit, Room};
use crate::snapshot::{Deployment, PricePlan, Provider};
use reported::Reported;

pub mod rating;
pub mod reported;

/// A rough characters-per-token figure, for what no provider reported.
const CHARACTERS_PER_TOKEN: u64 = 4;

/// One try at one deployment, as the request's detail shows it.
pub struct AttemptNote {
    pub deployment: Arc<Deployment>,
    pub status: Option<u16>,
    pub duration_us: i64,
    pub error: Option<String>,
}

pub struct Meter {
    engine: Arc<Engine>,
    row: Option<Box<RequestRow>>,
    permit: Option<Permit>,
    /// Places in the budgets of providers that are being asked.
    held_at: SmallVec<[(Arc<Deployment>, Permit); 1]>,
    deployment: Option<Arc<Deployment>>,
    started: Instant,
    attempts: Vec<AttemptNote>,
    loss: Vec<String>,
    sent: bool,
    unknown: bool,
    /// Who was sent the request in which format, the latest last.
    sent_as: Vec<(Arc<Deployment>, Format)>,
    outrun: Vec<Arc<Deployment>>,
    fallbacks: usize,
    rooms: SmallVec<[Room; 4]>,
    /// Bodies that are kept; `None` for keys that have none kept.
    draft: Option<Box<Draft>>,
}

/// How a request has been served until now.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Who answered, or was asked last.
    pub provider: Option<String>,
    pub attempts: u32,
    /// Model groups that failed before the one that answered.
    pub fallbacks: usize,
    pub latency_us: i64,
    /// The one that answered, or was asked last.
    pub deployment: Option<Arc<Deployment>>,
    /// What is left of the limits that it was held against.
    pub rooms: SmallVec<[Room; 4]>,
}

/// How a request ended.
pub struct End<'a> {
    pub status: u16,
    pub outcome: Outcome,
    pub failure: Option<&'a Failure>,
    pub usage: Option<Usage>,
    /// Characters of output seen, for an estimate where nothing was reported.
    pub output_chars: u64,
    pub response_bytes: u64,
    pub response_id: Option<String>,
}

impl Meter {
    pub fn start(engine: Arc<Engine>, row: Box<RequestRow>, started: Instant) -> Self {
        Self {
            engine,
            row: Some(row),
            permit: None,
            held_at: SmallVec::new(),
            deployment: None,
            started,
            attempts: Vec::new(),
            loss: Vec::new(),
            sent: false,
            unknown: false,
            sent_as: Vec::new(),
            outrun: Vec::new(),
            fallbacks: 0,
            rooms: SmallVec::new(),
            draft: None,
        }
    }

    /// Bodies of this request are kept.
    pub fn keep(&mut self, draft: Option<Box<Draft>>) {
        self.draft = draft;
    }

    /// The whole answer, as the caller gets it.
    pub fn answered(&mut self, body: &Bytes) {
        if let Some(draft) = &mut self.draft {
            draft.answered(body);
        }
    }

    /// A piece of a streamed one.
    pub fn streamed(&mut self, piece: &[u8]) {
        if let Some(draft) = &mut self.draft {
            draft.streamed(piece);
        }
    }

    pub fn row(&mut self) -> Option<&mut RequestRow> {
        self.row.as_deref_mut()
    }

    pub fn hold(&mut self, permit: Permit) {
        self.rooms.clone_from(&permit.rooms);
        self.permit = Some(permit);
    }

    /// A place in the budget of a provider, for as long as its deployment is asked.
    pub fn hold_at(&mut self, deployment: &Arc<Deployment>, permit: Permit) {
        self.held_at.push((deployment.clone(), permit));
    }

    /// The deployment failed, and is owed nothing.
    pub fn give_back(&mut self, deployment: &Arc<Deployment>) {
        self.held_at.retain(|(known, _)| !Arc::ptr_eq(known, deployment));
    }

    /// The request goes to this deployment; what it uses from now on is its price.
    pub fn sent_to(&mut self, deployment: &Arc<Deployment>, format: Format) {
        self.sent = true;
        self.sent_as.push((deployment.clone(), format));
        self.meant_for(deployment, format);
        if let Some(row) = &mut self.row {
            row.attempts += 1;
        }
    }

    /// It would go to this deployment, and is not sent.
    pub fn meant_for(&mut self, deployment: &Arc<Deployment>, format: Format) {
        self.deployment = Some(deployment.clone());
        if let Some(row) = &mut self.row {
            row.deployment_id = Some(deployment.id.clone());
            row.provider = Some(deployment.provider.clone());
            row.upstream_model = Some(deployment.upstream_model.clone());
            row.format_out = Some(format.as_str().to_owned());
            row.billing = deployment.billing;
        }
    }

    /// Of several deployments that were asked, this one answered.
    pub fn answered_by(&mut self, deployment: &Arc<Deployment>) {
        let is_other = self.deployment.as_ref().is_none_or(|known| !Arc::ptr_eq(known, deployment));
        if is_other && let Some(row) = &mut self.row {
            self.deployment = Some(deployment.clone());
            row.deployment_id = Some(deployment.id.clone());
            row.provider = Some(deployment.provider.clone());
            row.upstream_model = Some(deployment.upstream_model.clone());
            row.billing = deployment.billing;
            let mut sent = self.sent_as.iter().rev();
            let sent = sent.find(|(known, _)| Arc::ptr_eq(known, deployment));
            row.format_out = sent.map(|(_, format)| format.as_str().to_owned());
        }
    }

    /// A call that was under way beside another one is given up, for this reason. What it has read is paid for.
    pub fn outrun(&mut self, deployment: &Arc<Deployment>, started: Instant, reason: &str) {
        self.note_attempt(AttemptNote {
            deployment: deployment.clone(),
            status: None,
            duration_us: clock::micros_since(started),
            error: Some(reason.to_owned()),
        });
        // One that could not even be sent has read nothing.
        if self.sent_as.iter().any(|(known, _)| Arc::ptr_eq(known, deployment)) {
            self.outrun.push(deployment.clone());
        }
    }

    /// An answer is there, after this many other groups failed.
    pub fn won(&mut self, fallbacks: usize) {
        self.fallbacks = fallbacks;
    }

    pub fn told(&self) -> Told {
        Told {
            rooms: self.rooms.clone(),
            provider: self.row.as_ref().and_then(|row| row.provider.clone()),
            attempts: self.row.as_ref().map_or(0, |row| row.attempts),
            fallbacks: self.fallbacks,
            latency_us: clock::micros_since(self.started),
            deployment: self.deployment.clone(),
        }
    }

    /// The same for what is passed on as it is; `deployment` is the model's, if the request names one.
    pub fn passed_to(&mut self, provider: &Provider, deployment: Option<Arc<Deployment>>) {
        if let Some(row) = &mut self.row {
            row.attempts = 1;
            row.provider = Some(provider.row.name.clone());
            row.billing = provider.billing();
            row.deployment_id = deployment.as_ref().map(|deployment| deployment.id.clone());
            row.upstream_model = deployment.as_ref().map(|deployment| deployment.upstream_model.clone());
        }
        self.deployment = deployment;
    }

    /// Something was used, and nobody says how much: the row is unpriced rather than free.
    pub fn used_unknown(&mut self) {
        self.unknown = true;
    }

    /// What is passed on is text of a model after all: where nobody says how much was used, its length does.
    pub fn is_a_conversation(&mut self) {
        self.sent |= self.deployment.is_some();
    }

    pub fn note_attempt(&mut self, note: AttemptNote) {
        self.attempts.push(note);
    }

    /// What a translation could not carry, besides what was noted before.
    pub fn lost(&mut self, paths: &[String]) {
        for path in paths {
            if !self.loss.contains(path) {
                self.loss.push(path.clone());
            }
        }
    }

    pub fn first_byte(&mut self) {
        let elapsed = clock::micros_since(self.started);
        if let Some(row) = &mut self.row {
            row.first_byte_us.get_or_insert(elapsed);
        }
    }

    /// Writes the row; the acknowledgement resolves when it is committed. `None` if it was written before.
    pub fn finish(&mut self, end: End<'_>) -> Option<(Ack, Option<i64>)> {
        let mut row = self.row.take()?;
        row.latency_us = clock::micros_since(self.started);
        row.status = end.status;
        row.outcome = end.outcome;
        row.response_bytes = i64::try_from(end.response_bytes).unwrap_or(i64::MAX);
        row.response_id = end.response_id;
        if let Some(failure) = end.failure {
            row.error_kind = Some(failure.kind_name().to_owned());
            row.error_message = Some(failure.error.message.chars().take(2000).collect());
        }
        if !self.loss.is_empty() {
            row.dropped = serde_json::to_string(&self.loss).ok();
        }
        let billed = self.fill_usage(&mut row, end.usage, end.output_chars, end.outcome);
        self.fill_cost(&mut row, billed.as_ref());
        if self.attempts.len() > 1 || (end.failure.is_some() && !self.attempts.is_empty()) {
            row.attempt_log = Some(attempts_json(&self.attempts));
        }
        self.bill_the_outrun(&mut row);
        if let Some(reserved) = self.permit.as_ref().map(Permit::reserved_nanos).filter(|nanos| *nanos > 0)
            && (self.unknown || billed.is_some())
            && row.cost_nanos.is_none()
            && end.outcome != Outcome::Error
        {
            // A budget is in force, and nobody says what was used, or what something of it costs: it counts as it was estimated.
            row.cost_nanos = Some(reserved);
            if self.unknown {
                row.usage_source = UsageSource::Estimated;
            }
            row.price_source = Some(rating::RESERVATION.to_owned());
        }
        let (tokens, now) = ((row.tokens.input + row.tokens.output).max(0) as u64, clock::now_ms());
        if let Some(permit) = self.permit.take() {
            permit.settle(row.cost_nanos.unwrap_or(0), tokens, now);
        }
        for (deployment, permit) in self.held_at.drain(..) {
            // As in the ledger, all of it is the provider's who answered or was asked last.
            if self.deployment.as_ref().is_some_and(|known| Arc::ptr_eq(known, &deployment)) {
                permit.settle(row.cost_nanos.unwrap_or(0), tokens, now);
            }
        }
        let (cost, id) = (row.cost_nanos, row.id);
        let told = self.engine.events.watched().then(|| Arc::new((*row).clone()));
        let ack = self.engine.store.record(row);
        if let Some(draft) = self.draft.take() {
            bodies::keep(&self.engine, id, draft);
        }
        let Some(told) = told else { return Some((ack, cost)) };
        // Watchers hear of a row when it is committed; the request itself need not wait for that twice.
        let engine = self.engine.clone();
        let (done, committed) = Ack::pair();
        self.engine.tasks.spawn(async move {
            let ok = ack.committed().await;
            done.acknowledge(ok);
            if ok {
                engine.events.publish(Event::Request(told));
            }
        });
        Some((committed, cost))
    }

    /// Calls that were given up because another deployment was faster: their prompts were read.
    fn bill_the_outrun(&self, row: &mut RequestRow) {
        let input = (row.request_bytes.max(0) as u64).div_ceil(CHARACTERS_PER_TOKEN);
        for deployment in &self.outrun {
            let tokens = BilledTokens { input, ..BilledTokens::default() };
            let cost = match deployment.billing {
                Billing::Local | Billing::Subscription => Some(0),
                Billing::Api => deployment
                    .prices
                    .as_ref()
                    .and_then(|plan| plan.cost(&tokens, row.started_at))
                    .map(|cost| cost.nanos),
            };
            row.bills.push(BillRow {
                deployment_id: deployment.id.clone(),
                provider: deployment.provider.clone(),
                upstream_model: deployment.upstream_model.clone(),
                input_tokens: i64::try_from(input).unwrap_or(i64::MAX),
                output_tokens: 0,
                usage_source: UsageSource::Estimated,
                cost_nanos: cost,
            });
        }
        if row.bills.is_empty() {
            return;
        }
        let extra = row.bills.iter().try_fold(0_i64, |sum, bill| sum.checked_add(bill.cost_nanos?));
        row.cost_nanos = row.cost_nanos.zip(extra).and_then(|(own, extra)| own.checked_add(extra));
    }

    fn fill_usage(
        &self,
        row: &mut RequestRow,
        usage: Option<Usage>,
        output_chars: u64,
        outcome: Outcome,
    ) -> Option<BilledTokens> {
        let usage = match usage {
            Some(usage) => {
                row.usage_source = UsageSource::Reported;
                // A client that left early: the provider has reported the prompt, but not all it went on to write.
                if outcome == Outcome::Cancelled && usage.output <= 1 && output_chars > 0 {
                    row.usage_source = UsageSource::Estimated;
                    Usage { output: output_chars.div_ceil(CHARACTERS_PER_TOKEN), ..usage }
                } else {
                    usage
                }
            }
            None if self.sent && (output_chars > 0 || outcome != Outcome::Error) => {
                row.usage_source = UsageSource::Estimated;
                Usage {
                    input: (row.request_bytes.max(0) as u64).div_ceil(CHARACTERS_PER_TOKEN),
                    output: output_chars.div_ceil(CHARACTERS_PER_TOKEN),
                    ..Usage::default()
                }
            }
            None => return None,
        };
        let whole = |tokens: u64| i64::try_from(tokens).unwrap_or(i64::MAX);
        row.tokens = Tokens {
            input: whole(usage.input),
            output: whole(usage.output),
            cache_read: whole(usage.cache_read),
            cache_write: whole(usage.cache_write_5m + usage.cache_write_1h),
            cache_write_1h: whole(usage.cache_write_1h),
            reasoning: whole(usage.reasoning),
            audio: whole(usage.audio_input + usage.audio_output),
        };
        row.usage_raw = usage.raw.as_ref().map(|raw| raw.get().to_owned());
        Some(BilledTokens::from(&usage))
    }

    fn fill_cost(&self, row: &mut RequestRow, billed: Option<&BilledTokens>) {
        let Some(billed) = billed else {
            // Nothing was used, so nothing is owed.
            row.cost_nanos = (!self.unknown || row.billing != Billing::Api).then_some(0);
            return;
        };
        if row.billing == Billing::Local {
            row.cost_nanos = Some(0);
            row.price_source = Some("local".into());
            return;
        }
        let plan = self.deployment.as_ref().and_then(|deployment| deployment.prices.as_deref());
        let terms = self.deployment.as_ref().map(|deployment| deployment.terms).unwrap_or_default();
        match self.reported(row, plan) {
            Some(reported) => rating::rate_as_reported(row, billed, &reported, terms),
            None => rating::rate(row, billed, plan),
        }
    }

    /// What the provider says itself that it charges. A price that the user has set stands before it.
    fn reported(&self, row: &RequestRow, plan: Option<&PricePlan>) -> Option<Reported> {
        let how = self.deployment.as_ref()?.spec.reports_cost?;
        if plan.is_some_and(PricePlan::is_own) || row.usage_source != UsageSource::Reported {
            return None;
        }
        reported::read(how, row.usage_raw.as_deref()?)
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if self.row.is_some() {
            // The client went away before there was an end to tell. 499 is what nginx made usual for this.
            self.finish(End {
                status: 499,
                outcome: Outcome::Cancelled,
                failure: None,
                usage: None,
                output_chars: 0,
                response_bytes: 0,
                response_id: None,
            });
        }
    }
}

fn attempts_json(attempts: &[AttemptNote]) -> String {
    let notes: Vec<_> = attempts
        .iter()
        .map(|note| {
            json!({
                "provider": note.deployment.provider, "model": note.deployment.upstream_model, "status": note.status,
                "duration_us": note.duration_us, "error": note.error,
            })
        })
        .collect();
    serde_json::Value::from(notes).to_string()
}
