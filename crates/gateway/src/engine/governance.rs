//! Keys, people and budgets in force: the directory, how it follows the database, and how counters follow the ledger.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use axum::http::HeaderMap;
use postern_store::table::spent::{self, Question, Subject};
use postern_store::{Connection, SqlError};

use super::Engine;
use crate::auth::{self, Caller, InternalOrigin, Known};
use crate::clock;
use crate::counters::Scope;
use crate::directory::{self, Change};
use crate::error::Failure;
use crate::events::{Event, Topic};
use crate::limits;
use crate::registry::limited::Now;
use crate::snapshot::Snapshot;

impl Engine {
    /// Finds the caller of a route; `internal` is the mark of a request from inside the process.
    pub fn caller(
        &self,
        internal: Option<&InternalOrigin>,
        headers: &HeaderMap,
        path: &str,
    ) -> Result<Caller, Failure> {
        if internal.is_some() {
            return Ok(Caller::Internal);
        }
        let (directory, snapshot) = (self.directory.load(), self.snapshot.load());
        let known = Known { directory: &directory, access: &snapshot.access, now: clock::now_ms() };
        auth::authenticate(known, headers, path)
    }

    /// When and where limits are set.
    pub fn now(&self) -> Now {
        Now { at: clock::now(), zone: self.directory.load().rules.zone.clone() }
    }

    /// Runs a write that may refuse what it finds; with any failure nothing of it is done.
    pub async fn transact<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.store.transact(write).await
    }

    /// Reads again what changed and puts it in force, so that the next request sees it; tells watchers what is stale.
    pub async fn refresh(&self, changes: Vec<Change>, topics: &[Topic]) -> Result<(), Failure> {
        let _one_at_a_time = self.rebuilding.lock().await;
        let (before, snapshot) = (self.directory.load_full(), self.snapshot.load_full());
        let (after, spent) = self
            .read(move |connection| {
                let (after, scopes) = directory::read(connection, &before, &changes)?;
                let spent = unseeded(connection, &snapshot, scopes)?;
                Ok((after, spent))
            })
            .await?;
        let now = clock::now_ms();
        for (scope, spent) in &spent {
            scope.counter.seed(scope.period.started_at, *spent);
            limits::settled_silently(scope, now);
        }
        let mut late = self.seeded_lately.lock().unwrap_or_else(PoisonError::into_inner);
        late.extend(spent.into_iter().map(|(scope, _)| (now, scope)));
        drop(late);
        self.directory.store(Arc::new(after));
        if !topics.is_empty() {
            self.events.publish(Event::Stale(topics.to_vec()));
        }
        Ok(())
    }

    /// Asks the ledger again about budgets that came into force a moment ago: requests that were under way then were let in
    /// before there was anything to count them.
    pub async fn reconcile(&self) -> Result<(), Failure> {
        const LONG_ENOUGH: i64 = 15 * 60 * 1000;
        let now = clock::now_ms();
        let scopes: Vec<Arc<Scope>> = {
            let mut late = self.seeded_lately.lock().unwrap_or_else(PoisonError::into_inner);
            late.retain(|(seeded, _)| now - seeded < LONG_ENOUGH);
            late.iter().map(|(_, scope)| scope.clone()).collect()
        };
        if scopes.is_empty() {
            return Ok(());
        }
        let (asked, snapshot) = (scopes.clone(), self.snapshot.load_full());
        let spent = self.read(move |connection| sums(connection, &snapshot, &asked)).await?;
        for (scope, spent) in scopes.iter().zip(spent) {
            scope.counter.reconcile(scope.period.started_at, spent);
        }
        Ok(())
    }

    /// Asks the ledger again about every budget: what its rows cost was changed.
    pub async fn recount(&self) -> Result<(), Failure> {
        let directory = self.directory.load_full();
        let scopes: Vec<Arc<Scope>> =
            directory.scopes().filter(|scope| scope.has_budget()).cloned().collect();
        let (asked, snapshot) = (scopes.clone(), self.snapshot.load_full());
        let spent = self.read(move |connection| sums(connection, &snapshot, &asked)).await?;
        for (scope, spent) in scopes.iter().zip(spent) {
            scope.counter.recount(scope.period.started_at, spent);
        }
        // Requests that ended meanwhile may be in one and not in the other.
        let now = clock::now_ms();
        let mut late = self.seeded_lately.lock().unwrap_or_else(PoisonError::into_inner);
        late.extend(scopes.into_iter().map(|scope| (now, scope)));
        Ok(())
    }

    /// End users who were seen for the first time get an entry of their own. The ledger is asked about them, too.
    pub async fn adopt_strangers(&self) -> Result<(), Failure> {
        let names = self.directory.load().strangers();
        if names.is_empty() {
            return Ok(());
        }
        self.refresh(names.iter().cloned().map(Change::Customer).collect(), &[Topic::Customers]).await?;
        let (directory, now) = (self.directory.load(), clock::now_ms());
        let adopted = names.iter().filter_map(|name| directory.customer(name));
        let scopes = adopted.flat_map(|customer| customer.limited.all()).filter(|scope| scope.has_budget());
        let mut late = self.seeded_lately.lock().unwrap_or_else(PoisonError::into_inner);
        late.extend(scopes.map(|scope| (now, scope.clone())));
        Ok(())
    }

    /// Begins the running periods of the budgets that the configuration file names.
    pub async fn rule_again(&self) {
        let _one_at_a_time = self.rebuilding.lock().await;
        let before = self.directory.load();
        let after = before.ruled(before.rules.clone());
        self.directory.store(Arc::new(after));
    }

    /// What each of these has spent in the running period of its budget, nano-dollars.
    pub async fn spent(&self, questions: Vec<Question>) -> Result<Vec<i64>, Failure> {
        self.read(move |connection| spent::sums(connection, &questions)).await
    }
}

fn sums(connection: &Connection, snapshot: &Snapshot, scopes: &[Arc<Scope>]) -> Result<Vec<i64>, SqlError> {
    let subjects: Vec<Vec<Subject>> = scopes.iter().map(|scope| subjects(snapshot, &scope.subject)).collect();
    let asked = scopes.iter().zip(&subjects).flat_map(|(scope, subjects)| {
        subjects.iter().map(|subject| Question {
            subject: subject.clone(),
            model_group: group_of(scope),
            since: scope.period.started_at,
        })
    });
    let mut sums = spent::sums(connection, &asked.collect::<Vec<_>>())?.into_iter();
    let of = |subjects: &Vec<Subject>| sums.by_ref().take(subjects.len()).fold(0, i64::saturating_add);
    Ok(subjects.iter().map(of).collect())
}

/// The group of a limit by model. A provider's models are its own, whatever group they are asked for in.
fn group_of(scope: &Scope) -> Option<String> {
    let of_provider = matches!(scope.subject, Subject::ProviderModel { .. });
    scope.model.as_deref().filter(|_| !of_provider).map(str::to_owned)
}

/// As the ledger knows them. A provider's budget may be that of all providers of its kind, and the ledger has their names.
fn subjects(snapshot: &Snapshot, subject: &Subject) -> Vec<Subject> {
    match subject {
        Subject::Provider(budget) => {
            snapshot.names_of_providers(budget).into_iter().map(Subject::Provider).collect()
        }
        Subject::ProviderModel { provider: budget, model } => {
            let names = snapshot.names_of_providers(budget).into_iter();
            names.map(|provider| Subject::ProviderModel { provider, model: model.clone() }).collect()
        }
        subject => vec![subject.clone()],
    }
}

/// The scopes with a budget whose counters do not know yet what was spent, with what was.
fn unseeded(
    connection: &Connection,
    snapshot: &Snapshot,
    scopes: Vec<Arc<Scope>>,
) -> Result<Vec<(Arc<Scope>, i64)>, SqlError> {
    let mut new: HashMap<usize, Arc<Scope>> = HashMap::new();
    for scope in scopes {
        if scope.has_budget() && !scope.counter.is_seeded(scope.period.started_at) {
            new.insert(Arc::as_ptr(&scope.counter) as usize, scope);
        }
    }
    let new: Vec<Arc<Scope>> = new.into_values().collect();
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let spent = sums(connection, snapshot, &new)?;
    Ok(new.into_iter().zip(spent).collect())
}
