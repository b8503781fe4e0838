//! From rows to entries. An entry that is made anew keeps the counters of the one before it.

use std::collections::{BTreeMap, BTreeSet, HashMap as Map, HashSet};
use std::sync::Arc;

use postern_store::table::LimitColumns;
use postern_store::table::budgets::BudgetRow;
use postern_store::table::customers::CustomerRow;
use postern_store::table::keys::KeyRow;
use postern_store::table::members::{OrganizationMemberRow, TeamMemberRow};
use postern_store::table::organizations::OrganizationRow;
use postern_store::table::spent::Subject;
use postern_store::table::tags::TagRow;
use postern_store::table::teams::TeamRow;
use postern_store::table::users::UserRow;
use serde::{Deserialize, Serialize};
use serde_json::{Map as Object, Value};
use uuid::Uuid;

use super::{
    Customer, Directory, Keeping, Limited, Member, Organization, Previous, Role, Tag, Team, User, VirtualKey,
    strangers,
};
use crate::config::{Governance, ProviderLimits, ProviderModelLimits};
use crate::counters::{Counter, Level, Period, Scope};
use crate::ids::{self, KeyHash};
use crate::redaction::Redaction;
use crate::snapshot::AllowedModels;

/// Rows as they were read, each with whom it is about; `None` where there is none any more.
#[derive(Default)]
pub struct Rows {
    pub keys: Vec<(Uuid, Option<KeyRow>)>,
    pub users: Vec<(String, Option<UserRow>)>,
    pub teams: Vec<(String, Option<TeamRow>)>,
    pub organizations: Vec<(String, Option<OrganizationRow>)>,
    pub customers: Vec<(String, Option<CustomerRow>)>,
    pub tags: Vec<(String, Option<TagRow>)>,
    /// Of the teams and the users that are read.
    pub team_members: Vec<TeamMemberRow>,
    pub organization_members: Vec<OrganizationMemberRow>,
    /// Those that rows refer to.
    pub budgets: Map<String, BudgetRow>,
}

/// Limits of one model, as `model_limits` has them. Money in nano-dollars, times in UTC milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelLimit {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_budget_nanos: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_duration: Option<String>,
    pub started_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpm_limit: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tpm_limit: Option<i64>,
}

fn limit(value: Option<i64>) -> Option<u64> {
    value.map(|value| u64::try_from(value).unwrap_or(0))
}

/// What limits belong to: the level, the name, and how the ledger finds it.
pub(super) struct Of<'a>(pub Level, pub &'a Arc<str>, pub Subject);

/// Rows' limits made into scopes.
pub(super) struct Scopes<'a> {
    pub budgets: &'a Map<String, BudgetRow>,
}

impl Scopes<'_> {
    pub fn limited(&self, of: Of<'_>, columns: &LimitColumns, before: Option<&Limited>) -> Limited {
        self.with_extra(of, columns, before, None)
    }

    fn with_extra(
        &self,
        of: Of<'_>,
        own: &LimitColumns,
        before: Option<&Limited>,
        extra: Option<(i64, i64)>,
    ) -> Limited {
        let (level, id) = (of.0, of.1);
        let budget = own.budget_id.as_ref().and_then(|budget| self.budgets.get(budget));
        let or = |own: Option<i64>, of: fn(&BudgetRow) -> Option<i64>| own.or_else(|| of(budget?));
        let max_budget = or(own.max_budget_nanos, |budget| budget.max_budget_nanos);
        let soft_budget = or(own.soft_budget_nanos, |budget| budget.soft_budget_nanos);
        let rpm = or(own.rpm_limit, |budget| budget.rpm_limit);
        let tpm = or(own.tpm_limit, |budget| budget.tpm_limit);
        let parallel = or(own.max_parallel_requests, |budget| budget.max_parallel_requests);
        let limited = [max_budget, soft_budget, rpm, tpm, parallel].iter().any(Option::is_some);
        let counter = before.and_then(|before| before.scope.as_ref()).map(|scope| scope.counter.clone());
        let scope = limited.then(|| {
            Arc::new(Scope {
                level,
                id: id.clone(),
                subject: of.2.clone(),
                model: None,
                max_budget,
                soft_budget,
                extra,
                period: Period { started_at: own.budget_started_at, reset_at: own.budget_reset_at },
                offset: own.spend_offset_nanos,
                requests_per_minute: limit(rpm),
                tokens_per_minute: limit(tpm),
                parallel: limit(parallel),
                counter: counter.unwrap_or_default(),
            })
        });
        let mut by_model: BTreeMap<Box<str>, Arc<Scope>> = BTreeMap::new();
        let shared = budget.map(|budget| budget.model_limits.as_str());
        for text in shared.into_iter().chain([own.model_limits.as_str()]).filter(|text| *text != "{}") {
            let limits: BTreeMap<String, ModelLimit> = serde_json::from_str(text).unwrap_or_else(|error| {
                tracing::error!(%error, level = level.word(), id = &**id, "limits by model cannot be read");
                BTreeMap::new()
            });
            for (model, limit) in limits {
                let scope = model_scope(&of, &model, &limit, before);
                by_model.insert(model.into(), Arc::new(scope));
            }
        }
        let shared = budget.map(|budget| budget.allowed_models.as_str());
        let lists = [Some(own.allowed_models.as_str()), shared];
        let allowed = lists.into_iter().flatten().map(|list| AllowedModels::from_list(texts(list)));
        let allowed = allowed.filter(|list| *list != AllowedModels::All).collect();
        Limited { scope, models: (!by_model.is_empty()).then(|| Box::new(by_model)), allowed }
    }
}

fn model_scope(of: &Of<'_>, model: &str, said: &ModelLimit, before: Option<&Limited>) -> Scope {
    let known = before.and_then(|before| before.models.as_ref()?.get(model));
    Scope {
        level: of.0,
        id: of.1.clone(),
        subject: of.2.clone(),
        model: Some(model.into()),
        max_budget: said.max_budget_nanos,
        soft_budget: None,
        extra: None,
        period: Period { started_at: said.started_at, reset_at: said.reset_at },
        offset: 0,
        requests_per_minute: limit(said.rpm_limit),
        tokens_per_minute: limit(said.tpm_limit),
        parallel: None,
        counter: known.map_or_else(|| Arc::new(Counter::default()), |known| known.counter.clone()),
    }
}

fn texts(json: &str) -> Vec<Box<str>> {
    if json == "[]" {
        return Vec::new();
    }
    serde_json::from_str(json).unwrap_or_default()
}

fn some_texts(json: &str) -> Option<Box<[Box<str>]>> {
    Some(texts(json)).filter(|list| !list.is_empty()).map(Vec::into_boxed_slice)
}

fn aliases(json: &str) -> BTreeMap<Box<str>, Box<str>> {
    if json == "{}" {
        return BTreeMap::new();
    }
    serde_json::from_str(json).unwrap_or_default()
}

fn object(json: &str) -> Object<String, Value> {
    if json == "{}" {
        return Object::new();
    }
    serde_json::from_str(json).unwrap_or_default()
}

fn listed(object: &Object<String, Value>, name: &str) -> Option<Box<[Box<str>]>> {
    let list = object.get(name)?.as_array()?;
    let list: Vec<Box<str>> = list.iter().filter_map(|entry| entry.as_str().map(Box::from)).collect();
    (!list.is_empty()).then(|| list.into_boxed_slice())
}

fn keeping(days: Option<i64>, names: &str, patterns: &str) -> Option<Arc<Keeping>> {
    let days = u16::try_from(days?).ok().filter(|days| *days > 0)?;
    Some(Arc::new(Keeping { days, redaction: Redaction::new(&texts(names), texts(patterns)) }))
}

impl Directory {
    fn put_key(&mut self, scopes: &Scopes<'_>, id: Uuid, row: Option<KeyRow>) {
        let before = self.key_of(id).cloned();
        if let Some(before) = &before {
            self.keys.remove(&before.hash);
            if let Some(previous) = before.previous {
                self.keys.remove(&previous.hash);
            }
            self.by_id.remove(&id);
        }
        let Some(row) = row else { return };
        let Some(hash) = ids::parse_hex(&row.token) else { return };
        let shared = |id: Option<String>, known: Option<Arc<str>>| -> Option<Arc<str>> {
            id.map(|id| known.unwrap_or_else(|| id.into()))
        };
        let known_user = row.user_id.as_deref().and_then(|id| Some(self.user(id)?.id.clone()));
        let known_team = row.team_id.as_deref().and_then(|id| Some(self.team(id)?.id.clone()));
        let known_organization =
            row.organization_id.as_deref().and_then(|id| Some(self.organization(id)?.id.clone()));
        let extra = row.temp_budget_nanos.zip(row.temp_budget_until);
        let name: Arc<str> = row.token.as_str().into();
        let of = Of(Level::Key, &name, Subject::Key(row.id));
        let limited = scopes.with_extra(of, &row.limits, before.as_ref().map(|key| &key.limited), extra);
        let aliases = aliases(&row.aliases);
        let previous = row.previous_token.as_deref().and_then(ids::parse_hex).zip(row.previous_until);
        let previous = previous.map(|(hash, until)| Previous { hash, until });
        let metadata = object(&row.metadata);
        let key = Arc::new(VirtualKey {
            id: row.id,
            hash,
            label: row.key_alias.as_deref().unwrap_or(&row.key_name).into(),
            name: row.key_name.into(),
            user_id: shared(row.user_id, known_user),
            team_id: shared(row.team_id, known_team),
            organization_id: shared(row.organization_id, known_organization),
            blocked: row.blocked,
            is_session: row.is_session,
            expires_at: row.expires_at,
            models: AllowedModels::from_list(texts(&row.models)),
            limited,
            aliases: (!aliases.is_empty()).then(|| Box::new(aliases)),
            allowed_routes: some_texts(&row.allowed_routes),
            tags: some_texts(&row.tags),
            enforced_params: listed(&metadata, "enforced_params"),
            keeping: keeping(row.keep_bodies_days, &row.redact, &row.redact_patterns),
            previous,
            rotate_at: row.rotate_at.filter(|_| row.auto_rotate),
        });
        if let Some(previous) = previous {
            self.keys.insert(previous.hash, key.clone());
        }
        self.keys.insert(hash, key);
        self.by_id.insert(id, hash);
    }

    fn put_user(&mut self, scopes: &Scopes<'_>, id: String, row: Option<UserRow>, members: &Members) {
        let before = self.users.remove(id.as_str());
        let Some(row) = row else { return };
        let id: Arc<str> = before.as_ref().map_or_else(|| id.into(), |before| before.id.clone());
        let user = User {
            role: Role::parse(&row.user_role).unwrap_or(Role::InternalUserViewer),
            email: row.user_email.map(Into::into),
            blocked: row.blocked,
            models: AllowedModels::from_list(texts(&row.models)),
            limited: scopes.limited(
                Of(Level::User, &id, Subject::User(id.to_string())),
                &row.limits,
                before.as_ref().map(|user| &user.limited),
            ),
            teams: members.teams_of.get(&*id).cloned().unwrap_or_default(),
            organizations: members.organizations_of.get(&*id).cloned().unwrap_or_default(),
            id: id.clone(),
        };
        self.users.insert(id, Arc::new(user));
    }

    fn put_team(&mut self, scopes: &Scopes<'_>, id: String, row: Option<TeamRow>, members: &mut Members) {
        let before = self.teams.remove(id.as_str());
        let Some(row) = row else { return };
        let id: Arc<str> = before.as_ref().map_or_else(|| id.into(), |before| before.id.clone());
        let defaults: LimitColumns = member_defaults(&row.member_defaults);
        let mut people = BTreeMap::new();
        for member in members.of_team.remove(&*id).unwrap_or_default() {
            let known = before.as_ref().and_then(|team| team.members.get(member.user_id.as_str()));
            let limits = or_default(member.limits, &defaults);
            let name: Arc<str> = format!("{} in team {id}", member.user_id).into();
            let subject = Subject::TeamMember { team_id: id.to_string(), user_id: member.user_id.clone() };
            let of = Of(Level::TeamMember, &name, subject);
            let limited = scopes.limited(of, &limits, known.map(|member| &member.limited));
            let is_admin = member.role == "admin";
            people.insert(member.user_id.into(), Member { is_admin, views_only: false, limited });
        }
        let metadata = object(&row.metadata);
        let team = Team {
            alias: row.team_alias.map(Into::into),
            organization_id: row.organization_id.map(Into::into),
            blocked: row.blocked,
            models: AllowedModels::from_list(texts(&row.models)),
            limited: scopes.limited(
                Of(Level::Team, &id, Subject::Team(id.to_string())),
                &row.limits,
                before.as_ref().map(|team| &team.limited),
            ),
            aliases: aliases(&row.model_aliases),
            tags: listed(&metadata, "tags").unwrap_or_default(),
            member_permissions: texts(&row.member_permissions).into_iter().map(route).collect(),
            members: people,
            id: id.clone(),
        };
        self.teams.insert(id, Arc::new(team));
    }

    fn put_organization(
        &mut self,
        scopes: &Scopes<'_>,
        id: String,
        row: Option<OrganizationRow>,
        members: &mut Members,
    ) {
        let before = self.organizations.remove(id.as_str());
        let Some(row) = row else { return };
        let id: Arc<str> = before.as_ref().map_or_else(|| id.into(), |before| before.id.clone());
        let mut people = BTreeMap::new();
        for member in members.of_organization.remove(&*id).unwrap_or_default() {
            let known = before.as_ref().and_then(|known| known.members.get(member.user_id.as_str()));
            let known = known.map(|member| &member.limited);
            let name: Arc<str> = format!("{} in organization {id}", member.user_id).into();
            let user_id = member.user_id.clone();
            let subject = Subject::OrganizationMember { organization_id: id.to_string(), user_id };
            let limited =
                scopes.limited(Of(Level::OrganizationMember, &name, subject), &member.limits, known);
            let views_only = member.role == "internal_user_viewer";
            let is_admin = member.role == "org_admin";
            people.insert(member.user_id.into(), Member { is_admin, views_only, limited });
        }
        let before = before.as_ref().map(|organization| &organization.limited);
        let organization = Organization {
            alias: row.organization_alias.into(),
            blocked: row.blocked,
            models: AllowedModels::from_list(texts(&row.models)),
            limited: scopes.limited(
                Of(Level::Organization, &id, Subject::Organization(id.to_string())),
                &row.limits,
                before,
            ),
            members: people,
            id: id.clone(),
        };
        self.organizations.insert(id, Arc::new(organization));
    }

    fn put_customer(&mut self, scopes: &Scopes<'_>, id: String, row: Option<CustomerRow>) {
        let before = self.customers.remove(id.as_str()).or_else(|| self.strangers.get(&id));
        let Some(row) = row else { return };
        let id: Arc<str> = id.into();
        let known = before.as_ref().map(|customer| &customer.limited);
        let limited =
            if let Some(common) = self.end_users.as_ref().filter(|_| strangers::says_nothing(&row.limits)) {
                common.limited(&id, &row.limits, &self.rules, known)
            } else {
                let of = Of(Level::Customer, &id, Subject::EndUser(id.to_string()));
                scopes.limited(of, &row.limits, known)
            };
        let (region, default_model) = (row.allowed_model_region, row.default_model);
        if !row.blocked && limited.is_none() && region.is_none() && default_model.is_none() {
            return;
        }
        let customer = Customer {
            id: id.clone(),
            blocked: row.blocked,
            region: region.map(Into::into),
            default_model: default_model.map(Into::into),
            limited,
        };
        self.customers.insert(id, Arc::new(customer));
    }

    fn put_tag(&mut self, scopes: &Scopes<'_>, name: String, row: Option<TagRow>) {
        let before = self.tags.remove(name.as_str());
        let Some(row) = row else { return };
        let name: Arc<str> = name.into();
        let of = Of(Level::Tag, &name, Subject::Tag(name.to_string()));
        let limited = scopes.limited(of, &row.limits, before.as_ref().map(|tag| &tag.limited));
        if !limited.is_none() {
            self.tags.insert(name.clone(), Arc::new(Tag { name, limited }));
        }
    }

    fn put_rules(&mut self) {
        let scope = |level, id: &str, subject, limits: &ProviderLimits, before: Option<Arc<Scope>>| {
            let duration = Some(limits.budget_duration.as_str()).filter(|duration| !duration.is_empty());
            let period = self.rules.period(duration);
            let counter = before.map(|before| before.counter.clone()).unwrap_or_default();
            Arc::new(Scope {
                level,
                id: id.into(),
                subject,
                model: None,
                max_budget: limits.max_budget_nanos,
                soft_budget: limits.soft_budget_nanos,
                extra: None,
                period,
                offset: 0,
                requests_per_minute: limits.rpm_limit,
                tokens_per_minute: limits.tpm_limit,
                parallel: limits.max_parallel_requests,
                counter,
            })
        };
        let proxy = self.rules.max_budget_nanos.map(|most| {
            let limits = ProviderLimits {
                max_budget_nanos: Some(most),
                budget_duration: self.rules.budget_duration.clone().unwrap_or_default(),
                ..ProviderLimits::default()
            };
            scope(Level::Proxy, "proxy", Subject::Everything, &limits, self.proxy.clone())
        });
        let providers = self.rules.provider_limits.iter().map(|(name, limits)| {
            let before = self.providers.get(name);
            let subject = Subject::Provider(name.clone());
            let known = before.and_then(|before| before.scope.clone());
            let scope = Some(scope(Level::Provider, name, subject, limits, known));
            let id: Arc<str> = name.as_str().into();
            let models = limits.models.iter().map(|(model, limits)| {
                let subject = Subject::ProviderModel { provider: name.clone(), model: model.clone() };
                let said = self.provider_model(limits);
                let scope = model_scope(&Of(Level::Provider, &id, subject), model, &said, before);
                (model.as_str().into(), Arc::new(scope))
            });
            let models: BTreeMap<Box<str>, Arc<Scope>> = models.collect();
            let models = Some(models).filter(|models| !models.is_empty()).map(Box::new);
            let allowed = AllowedModels::from_list(limits.allowed_models.clone());
            let allowed = Some(allowed).filter(|list| *list != AllowedModels::All).into_iter().collect();
            (name.clone(), Limited { scope, models, allowed })
        });
        let providers = providers.collect();
        (self.proxy, self.providers) = (proxy, providers);
    }

    fn provider_model(&self, limits: &ProviderModelLimits) -> ModelLimit {
        let period = self.rules.period(limits.budget_duration.as_deref());
        let count = |limit: Option<u64>| limit.and_then(|limit| i64::try_from(limit).ok());
        ModelLimit {
            max_budget_nanos: limits.max_budget_nanos,
            budget_duration: limits.budget_duration.clone(),
            started_at: period.started_at,
            reset_at: period.reset_at,
            rpm_limit: count(limits.rpm_limit),
            tpm_limit: count(limits.tpm_limit),
        }
    }
}

/// Who is in which team and organization.
#[derive(Default)]
struct Members {
    of_team: Map<String, Vec<TeamMemberRow>>,
    of_organization: Map<String, Vec<OrganizationMemberRow>>,
    teams_of: Map<String, BTreeSet<Arc<str>>>,
    organizations_of: Map<String, BTreeSet<Arc<str>>>,
}

impl Members {
    fn of(teams: Vec<TeamMemberRow>, organizations: Vec<OrganizationMemberRow>) -> Self {
        let mut members = Self::default();
        for row in teams {
            members.teams_of.entry(row.user_id.clone()).or_default().insert(row.team_id.as_str().into());
            members.of_team.entry(row.team_id.clone()).or_default().push(row);
        }
        for row in organizations {
            let id = row.organization_id.as_str().into();
            members.organizations_of.entry(row.user_id.clone()).or_default().insert(id);
            members.of_organization.entry(row.organization_id.clone()).or_default().push(row);
        }
        members
    }
}

/// What a team says of members who have no limits of their own: `max_budget_nanos`, `rpm_limit`, `tpm_limit`. Of its
/// `budget_duration` come the periods in the members' own rows.
fn member_defaults(json: &str) -> LimitColumns {
    let said = object(json);
    let number = |name: &str| said.get(name).and_then(Value::as_i64);
    LimitColumns {
        max_budget_nanos: number("max_budget_nanos"),
        rpm_limit: number("rpm_limit"),
        tpm_limit: number("tpm_limit"),
        ..LimitColumns::default()
    }
}

/// A member permission as the table of permissions spells the route; rows have LiteLLM's name for its parameter.
fn route(permission: Box<str>) -> Box<str> {
    if &*permission == "/key/{key_id}/regenerate" { "/key/{key}/regenerate".into() } else { permission }
}

fn or_default(own: LimitColumns, defaults: &LimitColumns) -> LimitColumns {
    if own.budget_id.is_some() {
        return own;
    }
    LimitColumns {
        max_budget_nanos: own.max_budget_nanos.or(defaults.max_budget_nanos),
        rpm_limit: own.rpm_limit.or(defaults.rpm_limit),
        tpm_limit: own.tpm_limit.or(defaults.tpm_limit),
        ..own
    }
}

impl Directory {
    /// Puts rows in; keys last, because they name the rest.
    pub(super) fn put(&mut self, rows: Rows) {
        let scopes = Scopes { budgets: &rows.budgets };
        let mut members = Members::of(rows.team_members, rows.organization_members);
        for (id, row) in rows.organizations {
            self.put_organization(&scopes, id, row, &mut members);
        }
        for (id, row) in rows.teams {
            self.put_team(&scopes, id, row, &mut members);
        }
        for (id, row) in rows.users {
            self.put_user(&scopes, id, row, &members);
        }
        for (id, row) in rows.customers {
            self.put_customer(&scopes, id, row);
        }
        for (name, row) in rows.tags {
            self.put_tag(&scopes, name, row);
        }
        for (id, row) in rows.keys {
            self.put_key(&scopes, id, row);
        }
    }

    /// Keeps what is among these rows; keys apart.
    pub(super) fn forget_others(&mut self, rows: &Rows) {
        fn named<T>(rows: &[(String, T)]) -> BTreeSet<&str> {
            rows.iter().map(|(name, _)| name.as_str()).collect()
        }
        let (users, teams) = (named(&rows.users), named(&rows.teams));
        let (organizations, customers, tags) =
            (named(&rows.organizations), named(&rows.customers), named(&rows.tags));
        self.users.retain(|id, _| users.contains(&**id));
        self.teams.retain(|id, _| teams.contains(&**id));
        self.organizations.retain(|id, _| organizations.contains(&**id));
        self.customers.retain(|id, _| customers.contains(&**id));
        self.tags.retain(|id, _| tags.contains(&**id));
    }

    pub(super) fn forget_other_keys(&mut self, seen: &HashSet<Uuid>) {
        let gone: Vec<Uuid> = self.by_id.keys().filter(|id| !seen.contains(id)).copied().collect();
        let nothing = Map::new();
        for id in gone {
            self.put_key(&Scopes { budgets: &nothing }, id, None);
        }
    }

    /// Of these rows alone.
    pub fn of(admin: Option<KeyHash>, rows: Rows) -> Self {
        let mut directory = Self { admin, ..Self::default() };
        directory.put(rows);
        directory
    }

    /// With the rules of a configuration file in force.
    #[must_use]
    pub fn ruled(&self, rules: Arc<Governance>) -> Self {
        let mut after = self.clone();
        after.rules = rules;
        after.put_rules();
        after
    }
}
