//! Rating history anew by the prices that are in force: never unasked, and every changed row says by which prices.

use std::collections::HashMap;
use std::sync::Arc;

use postern_store::table::requests::{self, Billing, RequestRow};
use serde_json::json;
use uuid::Uuid;

use super::{Action, Actor, audit, name};
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;
use crate::meter::rating;
use crate::meter::reported::PROVIDER;
use crate::snapshot::{PricePlan, Snapshot};

/// What is to be rated.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// A provider's name, or the kind of several.
    pub provider: String,
    /// As the provider calls it.
    pub model: String,
    /// UTC milliseconds.
    pub from: i64,
    /// Those as well whose cost the provider reported itself.
    pub reported: bool,
    /// Only say what it would come to.
    pub dry_run: bool,
}

/// What it came to. Costs in nano-dollars; what a flat rate covers is not among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rerated {
    pub rows: u64,
    pub changed: u64,
    pub unpriced_before: u64,
    pub unpriced_after: u64,
    pub cost_before: i64,
    pub cost_after: i64,
}

/// Rows of one transaction.
const AT_ONCE: usize = 500;

pub async fn rerate(engine: &Engine, actor: Actor, wanted: Wanted) -> Result<Rerated, Failure> {
    // A price that is set while this runs would be in force for a part of the rows.
    let _one_at_a_time = engine.editing.lock().await;
    let snapshot = engine.snapshot.load_full();
    let providers: Vec<String> = snapshot.names_of_providers(&wanted.provider).into_iter().collect();
    let mut plans = Plans { snapshot: snapshot.clone(), known: HashMap::new() };
    let (mut told, mut after) = (Rerated::default(), None::<Uuid>);
    loop {
        let (names, model, from) = (providers.clone(), wanted.model.clone(), wanted.from);
        let rows = engine
            .read(move |connection| {
                let rows = requests::of_model(connection, &names, &model, from, after, AT_ONCE)?;
                let beside = rows
                    .iter()
                    .map(|row| requests::billed_beside(connection, row.id))
                    .collect::<Result<Vec<i64>, _>>()?;
                Ok(rows.into_iter().zip(beside).collect::<Vec<_>>())
            })
            .await?;
        let Some((last, _)) = rows.last() else { break };
        after = Some(last.id);
        let is_last = rows.len() < AT_ONCE;
        let mut changed = Vec::new();
        for (before, beside) in rows {
            let Some(now) = rated(&before, beside, wanted.reported, &mut plans) else { continue };
            told.rows += 1;
            told.unpriced_before += u64::from(is_unpriced(&before));
            told.unpriced_after += u64::from(is_unpriced(&now));
            told.cost_before = told.cost_before.saturating_add(before.cost_nanos.unwrap_or(0));
            told.cost_after = told.cost_after.saturating_add(now.cost_nanos.unwrap_or(0));
            if now != before {
                changed.push((before, now));
            }
        }
        told.changed += changed.len() as u64;
        if !wanted.dry_run && !changed.is_empty() {
            engine
                .transact(move |connection| Ok::<_, Failure>(requests::rerate(connection, &changed)?))
                .await?;
        }
        if is_last {
            break;
        }
    }
    if !wanted.dry_run && told.changed > 0 {
        let object = name(&wanted.provider, &wanted.model);
        let (before, now) = (told.cost_before, told.cost_after);
        let shown = |cost: i64, unpriced: u64| {
            let values = json!({"rows": told.changed, "cost_nanos": cost, "unpriced": unpriced});
            values.as_object().cloned().unwrap_or_default().into_iter().collect()
        };
        let (before, now) = (shown(before, told.unpriced_before), shown(now, told.unpriced_after));
        engine
            .transact(move |connection| {
                audit::record(
                    connection,
                    &actor,
                    Action::Updated,
                    ("price", &object),
                    Some(before),
                    Some(now),
                )
            })
            .await?;
        engine.recount().await?;
        engine.changed(&[Topic::Overview, Topic::Requests]).await?;
    }
    Ok(told)
}

/// Nobody knows its price: it has no cost, or counts as it was reserved.
fn is_unpriced(row: &RequestRow) -> bool {
    row.cost_nanos.is_none() || row.price_source.as_deref() == Some(rating::RESERVATION)
}

/// The row as it would be written today; `None` for what costs nothing whatever the prices (it used nothing, or ran here), and for
/// what the provider reported, which is right whatever they are.
fn rated(before: &RequestRow, beside: i64, reported: bool, plans: &mut Plans) -> Option<RequestRow> {
    let used = before.tokens.input + before.tokens.output > 0 || before.cost_lines.is_some();
    let is_reported = before.price_source.as_deref() == Some(PROVIDER);
    if !used || before.billing == Billing::Local || (is_reported && !reported) {
        return None;
    }
    let billed = rating::billed_of(before);
    let plan = plans.of(before);
    let mut now = before.clone();
    rating::rate(&mut now, &billed, plan.as_deref());
    if before.billing == Billing::Api {
        now.cost_nanos = now.cost_nanos.and_then(|own| own.checked_add(beside));
    }
    // What is still not known counts as it was reserved, for budgets hold by it.
    Some(if now.cost_nanos.is_none() && before.cost_nanos.is_some() && is_unpriced(before) {
        before.clone()
    } else {
        now
    })
}

/// Plans in force by deployment, provider and model: rows are many, and these are few.
struct Plans {
    snapshot: Arc<Snapshot>,
    known: HashMap<Place, Option<Arc<PricePlan>>>,
}

/// Deployment, provider and model.
type Place = [Option<String>; 3];

impl Plans {
    fn of(&mut self, row: &RequestRow) -> Option<Arc<PricePlan>> {
        let place = [&row.deployment_id, &row.provider, &row.upstream_model].map(Clone::clone);
        let snapshot = &self.snapshot;
        self.known.entry(place).or_insert_with(|| plan(snapshot, row)).clone()
    }
}

/// That of the deployment, while it serves the same model; else that of the provider.
fn plan(snapshot: &Snapshot, row: &RequestRow) -> Option<Arc<PricePlan>> {
    let (provider, model) = (row.provider.as_deref()?, row.upstream_model.as_deref()?);
    let deployed = row.deployment_id.as_deref().and_then(|id| snapshot.deployment(id));
    if let Some(deployment) =
        deployed.filter(|known| known.provider == provider && known.upstream_model == model)
    {
        return deployment.prices.clone();
    }
    let configured = snapshot.providers.iter().find(|known| known.row.name == provider)?;
    let group = snapshot.group_of(configured, model).ok()?;
    group.deployments.first()?.prices.clone()
}
