//! Many questions at once: one pass over the roll-ups from the earliest hour that any of them asks for, then one over the
//! rows of each begun hour in which one of them spent anything.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{Connection, Result};
use uuid::Uuid;

use super::single::in_hour;
use super::{Question, Since, Subject};
use crate::table::columns::list_of;
use crate::table::owners;
use crate::table::spend_hourly::{ID_MARGIN, MILLISECONDS_PER_HOUR, first_id_at};
use crate::table::spend_labels::Label;

/// So many keys are looked up faster than the rows of an hour are read.
const FEW: usize = 8;

/// Nano-dollars for each question, in their order.
pub(in crate::table) fn answer(
    connection: &Connection,
    questions: &[&Question],
    kept_from: i64,
) -> Result<Vec<i64>> {
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let asked = Asked::new(connection, questions)?;
    let mut tally = Tally::new(questions, kept_from);
    hours(connection, &asked, &mut tally)?;
    for (label, names) in [(Label::EndUser, &asked.end_users), (Label::Tag, &asked.tags)] {
        labels(connection, label, names, &mut tally)?;
    }
    for (hour, concerned) in tally.begun_hours() {
        let all_are_keys = concerned.iter().all(|at| matches!(questions[*at].subject, Subject::Key(_)));
        if all_are_keys && concerned.len() < FEW {
            for at in concerned {
                tally.add(at, in_hour(connection, questions[at], hour)?);
            }
        } else {
            rows(connection, &asked, hour, &mut tally)?;
        }
    }
    Ok(tally.sums)
}

/// Which questions ask for whom, by what a row says of itself.
#[derive(Default)]
struct Asked<'a> {
    everything: Vec<usize>,
    keys: HashMap<Uuid, Vec<usize>>,
    owners: HashMap<i64, Vec<usize>>,
    providers: HashMap<&'a str, Vec<usize>>,
    /// By provider, and the model as it calls it.
    provider_models: HashMap<&'a str, HashMap<&'a str, Vec<usize>>>,
    end_users: HashMap<&'a str, Vec<usize>>,
    tags: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Asked<'a> {
    fn new(connection: &Connection, questions: &[&'a Question]) -> Result<Self> {
        let mut asked = Self::default();
        // By user, team and organization, each empty where it may be anybody.
        let mut owned: HashMap<[&str; 3], Vec<usize>> = HashMap::new();
        for (at, question) in questions.iter().enumerate() {
            if question.subject.is_nobody() {
                continue;
            }
            let list = match &question.subject {
                Subject::Everything => &mut asked.everything,
                Subject::Key(id) => asked.keys.entry(*id).or_default(),
                Subject::User(user) => owned.entry([user, "", ""]).or_default(),
                Subject::Team(team) => owned.entry(["", team, ""]).or_default(),
                Subject::TeamMember { team_id, user_id } => owned.entry([user_id, team_id, ""]).or_default(),
                Subject::Organization(organization) => owned.entry(["", "", organization]).or_default(),
                Subject::OrganizationMember { organization_id, user_id } => {
                    owned.entry([user_id, "", organization_id]).or_default()
                }
                Subject::EndUser(name) => asked.end_users.entry(name).or_default(),
                Subject::Tag(name) => asked.tags.entry(name).or_default(),
                Subject::Provider(name) => asked.providers.entry(name).or_default(),
                Subject::ProviderModel { provider, model } => {
                    asked.provider_models.entry(provider).or_default().entry(model).or_default()
                }
            };
            list.push(at);
        }
        if !owned.is_empty() {
            for (number, owner) in owners::all(connection)? {
                let parts = [&owner.user_id, &owner.team_id, &owner.organization_id];
                let [user, team, organization] = parts.map(|part| part.as_deref().unwrap_or_default());
                let mut ways = vec![[user, "", ""], ["", team, ""], ["", "", organization]];
                let pairs = [(team, [user, team, ""]), (organization, [user, "", organization])];
                ways.extend(
                    pairs
                        .into_iter()
                        .filter(|(group, _)| !user.is_empty() && !group.is_empty())
                        .map(|(_, way)| way),
                );
                let concerned: Vec<usize> =
                    ways.iter().filter_map(|way| owned.get(way)).flatten().copied().collect();
                if !concerned.is_empty() {
                    asked.owners.insert(number, concerned);
                }
            }
        }
        Ok(asked)
    }

    /// Questions other than those for a label.
    fn of_ledger(&self) -> impl Iterator<Item = usize> {
        let everything = self.everything.iter();
        let named = self.keys.values().chain(self.owners.values());
        let of_providers =
            self.providers.values().chain(self.provider_models.values().flat_map(HashMap::values));
        everything.chain(named.chain(of_providers).flatten()).copied()
    }

    /// Those among them that a row of this key, owner, provider and model of its is for.
    fn concerned(
        &self,
        key_id: &Uuid,
        owner: i64,
        (provider, model): (&str, &str),
    ) -> impl Iterator<Item = usize> {
        let named = [
            self.keys.get(key_id),
            self.owners.get(&owner),
            self.providers.get(provider),
            self.provider_models.get(provider).and_then(|models| models.get(model)),
        ];
        self.everything.iter().chain(named.into_iter().flatten().flatten()).copied()
    }
}

/// What each question has come to.
struct Tally<'a> {
    questions: &'a [&'a Question],
    since: Vec<Since>,
    sums: Vec<i64>,
    /// Whether anything was spent in the begun hour, before or after the moment.
    begun: Vec<bool>,
}

impl<'a> Tally<'a> {
    fn new(questions: &'a [&'a Question], kept_from: i64) -> Self {
        Self {
            questions,
            since: questions.iter().map(|question| Since::new(question.since, kept_from)).collect(),
            sums: vec![0; questions.len()],
            begun: vec![false; questions.len()],
        }
    }

    fn earliest(&self, asked: impl Iterator<Item = usize>) -> Option<i64> {
        asked.map(|at| self.since[at].begun.unwrap_or(self.since[at].whole)).min()
    }

    fn is_of_group(&self, at: usize, model_group: &str) -> bool {
        self.questions[at].model_group.as_deref().is_none_or(|wanted| wanted == model_group)
    }

    fn add(&mut self, at: usize, nanos: i64) {
        self.sums[at] = self.sums[at].saturating_add(nanos);
    }

    /// What an hour of a roll-up says.
    fn hour(&mut self, at: usize, hour: i64, model_group: &str, nanos: i64) {
        let since = self.since[at];
        if self.is_of_group(at, model_group) {
            if hour >= since.whole {
                self.add(at, nanos);
            } else if since.begun == Some(hour) {
                self.begun[at] = true;
            }
        }
    }

    /// What one row of the ledger says, of an hour that lies only partly in the time of some.
    fn row(&mut self, at: usize, hour: i64, moment: i64, model_group: &str, nanos: i64) {
        let since = self.since[at];
        if since.begun == Some(hour) && moment >= since.moment && self.is_of_group(at, model_group) {
            self.add(at, nanos);
        }
    }

    /// The hours whose rows have to be read, with the questions for which they have.
    fn begun_hours(&self) -> BTreeMap<i64, Vec<usize>> {
        let mut hours: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
        for (at, since) in self.since.iter().enumerate() {
            if let Some(hour) = since.begun.filter(|_| self.begun[at]) {
                hours.entry(hour).or_default().push(at);
            }
        }
        hours
    }
}

fn hours(connection: &Connection, asked: &Asked<'_>, tally: &mut Tally<'_>) -> Result<()> {
    let Some(earliest) = tally.earliest(asked.of_ledger()) else { return Ok(()) };
    let mut statement = connection.prepare_cached(
        "SELECT hour, key_id, owner, provider, model, model_group, cost_nanos
         FROM spend_hourly CROSS JOIN series ON series.id = spend_hourly.series WHERE hour >= ?1 AND cost_nanos <> 0",
    )?;
    let mut rows = statement.query([earliest])?;
    while let Some(row) = rows.next()? {
        let (hour, model_group, nanos) = (row.get(0)?, row.get_ref(5)?.as_str()?, row.get(6)?);
        let provided = (row.get_ref(3)?.as_str()?, row.get_ref(4)?.as_str()?);
        for at in asked.concerned(&row.get(1)?, row.get(2)?, provided) {
            tally.hour(at, hour, model_group, nanos);
        }
    }
    Ok(())
}

fn labels(
    connection: &Connection,
    label: Label,
    names: &HashMap<&str, Vec<usize>>,
    tally: &mut Tally<'_>,
) -> Result<()> {
    let Some(earliest) = tally.earliest(names.values().flatten().copied()) else { return Ok(()) };
    let mut statement = connection.prepare_cached(
        "SELECT name, hour, model_group, cost_nanos FROM labels JOIN spend_labels ON spend_labels.label = labels.id
         JOIN series ON series.id = spend_labels.series WHERE kind = ?1 AND hour >= ?2 AND cost_nanos <> 0",
    )?;
    let mut rows = statement.query([label.number(), earliest])?;
    while let Some(row) = rows.next()? {
        let (hour, model_group, nanos) = (row.get(1)?, row.get_ref(2)?.as_str()?, row.get(3)?);
        for at in names.get(row.get_ref(0)?.as_str()?).into_iter().flatten() {
            tally.hour(*at, hour, model_group, nanos);
        }
    }
    Ok(())
}

fn rows(connection: &Connection, asked: &Asked<'_>, hour: i64, tally: &mut Tally<'_>) -> Result<()> {
    let (from, to) = (hour * MILLISECONDS_PER_HOUR, (hour + 1) * MILLISECONDS_PER_HOUR);
    let mut statement = connection.prepare_cached(
        "SELECT started_at, key_id, owner, COALESCE(provider, ''), COALESCE(upstream_model, ''), model_group, cost_nanos, end_user, tag_names
         FROM requests
         WHERE id >= ?1 AND id < ?2 AND started_at >= ?3 AND started_at < ?4 AND cost_nanos <> 0",
    )?;
    let mut rows = statement.query((
        first_id_at(from.saturating_sub(ID_MARGIN)),
        first_id_at(to.saturating_add(ID_MARGIN)),
        from,
        to,
    ))?;
    while let Some(row) = rows.next()? {
        let (moment, model_group, nanos) = (row.get(0)?, row.get_ref(5)?.as_str()?, row.get(6)?);
        let provided = (row.get_ref(3)?.as_str()?, row.get_ref(4)?.as_str()?);
        for at in asked.concerned(&row.get(1)?, row.get(2)?, provided) {
            tally.row(at, hour, moment, model_group, nanos);
        }
        let end_user = row.get_ref(7)?.as_str_or_null()?;
        for at in end_user.and_then(|name| asked.end_users.get(name)).into_iter().flatten() {
            tally.row(*at, hour, moment, model_group, nanos);
        }
        let Some(tags) = row.get_ref(8)?.as_str_or_null()?.filter(|_| !asked.tags.is_empty()) else {
            continue;
        };
        // A tag that a request names twice is still one request's.
        let tags: BTreeSet<String> = list_of(tags).into_iter().collect();
        for at in tags.iter().filter_map(|tag| asked.tags.get(tag.as_str())).flatten() {
            tally.row(*at, hour, moment, model_group, nanos);
        }
    }
    Ok(())
}
