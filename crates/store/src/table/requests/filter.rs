//! Which rows of the ledger are asked for, in pages or as a number.
//!
//! Pages go backwards through time, which is the order of the primary key. Where somebody's rows are wanted, that walk would read
//! all that others did since: their owners are looked up first, and the rows of each come from an index in that same order. Where
//! what is wanted is rare, it would read all that is not: `walk.rs` leaves out the hours that have none of it.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Result, params_from_iter};
use uuid::Uuid;

use super::{Billing, COLUMNS, Outcome};
use crate::table::bodies::Words;
use crate::table::key_numbers::number_of;
use crate::table::owners::{self, SeenBy};
use crate::table::sessions;
use crate::table::spend_hourly::{ID_MARGIN, first_id_at};
use crate::table::spend_labels::Label;

/// What the ledger is filtered by. Newest first; `before` is the id of the last row already seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub before: Option<Uuid>,
    /// Only this row.
    pub id: Option<Uuid>,
    pub key_id: Option<Uuid>,
    pub outcome: Option<Outcome>,
    /// Those of any other outcome than a good one, or those of that.
    pub failed: Option<bool>,
    /// Nano-dollars at least; what has no price cost nothing here.
    pub min_cost: Option<i64>,
    pub max_cost: Option<i64>,
    /// The HTTP status.
    pub status: Option<u16>,
    pub model: Option<String>,
    pub provider: Option<String>,
    pub client: Option<String>,
    pub end_user: Option<String>,
    pub project: Option<String>,
    pub session: Option<String>,
    pub tag: Option<String>,
    /// The path that was asked.
    pub endpoint: Option<String>,
    pub billing: Option<Billing>,
    /// Those that used tokens of models without a price, or all others.
    pub unpriced: Option<bool>,
    pub user_id: Option<String>,
    pub team_id: Option<String>,
    pub organization_id: Option<String>,
    /// Only what these may see; `None`: all.
    pub seen_by: Option<SeenBy>,
    /// Found in model, provider, client, error message or id.
    pub search: Option<String>,
    /// Found in what is kept of bodies.
    pub words: Option<Words>,
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub limit: usize,
    /// How many of the rows that fit come before the first of this page.
    pub offset: usize,
}

/// Conditions on rows, and the values of their parameters.
#[derive(Default)]
struct Conditions {
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// The place of a value.
    fn place(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("?{}", self.values.len())
    }

    /// A condition on one value, which may stand in it several times.
    fn add(&mut self, sql: &str, value: Value) {
        let place = self.place(value);
        self.sql.push(sql.replace('?', &place));
    }

    /// A condition on what the roll-ups tell apart; false where no row can fit.
    fn add_series(&mut self, connection: &Connection, sql: &str, value: Value) -> Result<bool> {
        let sql = format!("SELECT id FROM series WHERE {}", sql.replace('?', "?1"));
        let numbers: Vec<i64> = connection
            .prepare_cached(&format!("{sql} LIMIT {}", MOST_NUMBERS + 1))?
            .query_map([&value], |row| row.get(0))?
            .collect::<Result<_>>()?;
        if numbers.len() > MOST_NUMBERS {
            let place = self.place(value);
            self.sql.push(format!("series IN ({})", sql.replace("?1", &place)));
        } else {
            // Said by their numbers they are not looked up again for each part of a walk.
            let list: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            self.sql.push(format!("series IN ({})", list.join(", ")));
        }
        Ok(!numbers.is_empty())
    }

    /// A name that is written in this column by its number; false where no row can fit.
    fn add_label(&mut self, connection: &Connection, sql: &str, label: Label, name: &str) -> Result<bool> {
        let number: Option<i64> = connection
            .prepare_cached("SELECT id FROM labels WHERE kind = ?1 AND name = ?2")?
            .query_row((label.number(), name), |row| row.get(0))
            .optional()?;
        if let Some(number) = number {
            self.add(sql, Value::Integer(number));
        }
        Ok(number.is_some())
    }

    /// Nothing where there is none.
    fn after(&self, word: &str) -> String {
        if self.sql.is_empty() { String::new() } else { format!("{word} {}", self.sql.join(" AND ")) }
    }
}

fn blob(id: Uuid) -> Value {
    Value::Blob(id.as_bytes().to_vec())
}

/// Rows that an index has together, in the order of time.
enum Source {
    Owner(i64),
    Key(Uuid),
}

/// So many series at most are named one by one.
const MOST_NUMBERS: usize = 1000;

/// From so many sources rows are put together; more than that are likely to have much of the whole.
const MOST_SOURCES: usize = 100;

impl Filter {
    /// But for whose requests; `None` where there is nothing to be found.
    fn all_conditions(&self, connection: &Connection, mut found: Conditions) -> Result<Option<Conditions>> {
        if let Some(session) = &self.session {
            // Where it lies in time spares reading everything else.
            let Some((first, last)) = sessions::span(connection, session)? else { return Ok(None) };
            found.add("id >= ?", blob(first_id_at(first.saturating_sub(ID_MARGIN))));
            found.add("id < ?", blob(first_id_at(last.saturating_add(ID_MARGIN))));
        }
        let can_fit = self.add_named(connection, &mut found)?;
        self.add_columns(&mut found);
        Ok(can_fit.then_some(found))
    }

    /// What is written by a number; false where no row can fit.
    fn add_named(&self, connection: &Connection, found: &mut Conditions) -> Result<bool> {
        let mut can_fit = true;
        for (sql, name) in [
            ("model_group = ? OR model = ?", &self.model),
            ("provider = ?", &self.provider),
            ("client_name = ?", &self.client),
            ("endpoint = ?", &self.endpoint),
        ] {
            if let Some(name) = name {
                can_fit &= found.add_series(connection, sql, Value::Text(name.clone()))?;
            }
        }
        if let Some(billing) = self.billing {
            can_fit &= found.add_series(connection, "billing = ?", Value::Integer(billing.number()))?;
        }
        for (sql, label, name) in [
            ("end_user_label = ?", Label::EndUser, &self.end_user),
            ("project_label = ?", Label::Project, &self.project),
            ("session_label = ?", Label::Session, &self.session),
            ("instr(tags, ',' || ? || ',') > 0", Label::Tag, &self.tag),
        ] {
            if let Some(name) = name {
                can_fit &= found.add_label(connection, sql, label, name)?;
            }
        }
        Ok(can_fit)
    }

    fn add_columns(&self, found: &mut Conditions) {
        if let Some(before) = self.before {
            found.add("id < ?", blob(before));
        }
        if let Some(key_id) = self.key_id {
            found.add(&format!("key = {}", number_of("?")), blob(key_id));
        }
        if let Some(outcome) = self.outcome {
            found.add("outcome = ?", Value::Integer(outcome.number()));
        }
        if let Some(id) = self.id {
            found.add("id = ?", blob(id));
        }
        if let Some(failed) = self.failed {
            let good = Value::Integer(Outcome::Ok.number());
            found.add(if failed { "outcome <> ?" } else { "outcome = ?" }, good);
        }
        if let Some(least) = self.min_cost {
            found.add("COALESCE(cost_nanos, 0) >= ?", Value::Integer(least));
        }
        if let Some(most) = self.max_cost {
            found.add("COALESCE(cost_nanos, 0) <= ?", Value::Integer(most));
        }
        if let Some(status) = self.status {
            found.add("status = ?", Value::Integer(status.into()));
        }
        if let Some(unpriced) = self.unpriced {
            let found_so = "(cost_nanos IS NULL AND input_tokens + output_tokens > 0) = ?";
            found.add(found_so, Value::Integer(unpriced.into()));
        }
        // The bound on the id spares reading all that is older or newer.
        if let Some(from) = self.from {
            found.add("id >= ?", blob(first_id_at(from.saturating_sub(ID_MARGIN))));
            found.add("started_at >= ?", Value::Integer(from));
        }
        if let Some(to) = self.to {
            found.add("id < ?", blob(first_id_at(to.saturating_add(ID_MARGIN))));
            found.add("started_at < ?", Value::Integer(to));
        }
        if let Some(words) = &self.words {
            found.add(&words.condition(), Value::Text(words.expression().to_owned()));
        }
        if let Some(search) = &self.search {
            let pattern = search.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            // The costliest of them, for nothing where it cannot be an id.
            let by_id = if search.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
                " OR LOWER(HEX(id)) LIKE REPLACE(?, '-', '')"
            } else {
                ""
            };
            let sql = format!(
                "(variant IN (SELECT id FROM variants WHERE model_requested LIKE ? ESCAPE '\\' OR client LIKE ? ESCAPE '\\') \
                 OR series IN (SELECT id FROM series WHERE model LIKE ? ESCAPE '\\' OR provider LIKE ? ESCAPE '\\') \
                 OR error_message LIKE ? ESCAPE '\\' OR response_id LIKE ? ESCAPE '\\'{by_id})"
            );
            found.add(&sql, Value::Text(format!("%{pattern}%")));
        }
    }

    /// The owners that are asked for by name.
    fn named(&self) -> Vec<(&'static str, &String)> {
        let owners = [
            ("user_id", &self.user_id),
            ("team_id", &self.team_id),
            ("organization_id", &self.organization_id),
        ];
        owners.into_iter().filter_map(|(column, wanted)| Some((column, wanted.as_ref()?))).collect()
    }

    /// Whose requests, as conditions on rows.
    fn add_owners(&self, found: &mut Conditions) {
        for (column, wanted) in self.named() {
            let sql = format!("owner IN (SELECT id FROM owners WHERE {column} = ?)");
            found.add(&sql, Value::Text(wanted.clone()));
        }
        self.add_seen_by(found);
    }

    fn add_seen_by(&self, found: &mut Conditions) {
        if let Some(seen_by) = &self.seen_by {
            let sql = seen_by.condition(&mut found.values);
            found.sql.push(format!("series IN (SELECT id FROM series WHERE {sql})"));
        }
    }

    /// Where all rows are that may fit; `None` where they are not put together from an index: everybody's, one key's (which has
    /// an index of its own), nobody's, and those of too many.
    fn sources(&self, connection: &Connection) -> Result<Option<Vec<Source>>> {
        if self.key_id.is_some() {
            return Ok(None);
        }
        let (named, mut values) = (self.named(), Vec::new());
        let mut keys = None;
        let condition = if !named.is_empty() {
            values.extend(named.iter().map(|(_, wanted)| Value::Text((*wanted).clone())));
            let columns: Vec<String> =
                named.iter().zip(1..).map(|((column, _), place)| format!("{column} = ?{place}")).collect();
            Some(columns.join(" AND "))
        } else if let Some(seen_by) = &self.seen_by {
            keys = seen_by.key;
            seen_by.owners(&mut values)
        } else {
            return Ok(None);
        };
        let owners = match condition {
            None => Vec::new(),
            Some(condition) => owners::numbers(connection, &condition, values)?,
        };
        // The index has nothing of nobody's.
        if owners.contains(&0) || owners.len() >= MOST_SOURCES {
            return Ok(None);
        }
        Ok(Some(owners.into_iter().map(Source::Owner).chain(keys.map(Source::Key)).collect()))
    }

    /// The conditions of each source, none of which has a row of another.
    fn conditions_of(sources: &[Source], found: &mut Conditions) -> Vec<String> {
        let mut owners = Vec::new();
        let mut each = Vec::new();
        for source in sources {
            match source {
                Source::Owner(number) => {
                    let place = found.place(Value::Integer(*number));
                    // The second half is what the index says of itself.
                    each.push(format!("owner = {place} AND owner <> 0"));
                    owners.push(place);
                }
                // The last of them.
                Source::Key(key) => {
                    let others = if owners.is_empty() {
                        String::new()
                    } else {
                        format!(" AND owner NOT IN ({})", owners.join(", "))
                    };
                    each.push(format!("key = {}{others}", number_of(&found.place(blob(*key)))));
                }
            }
        }
        each
    }

    /// A page, newest first; `None` where there is nothing to be found. `bounded`: of `?1 <= id < ?2` and at most `?3` rows, which
    /// are still to be said; they are the first three values.
    pub(in crate::table) fn page_sql(
        &self,
        connection: &Connection,
        bounded: bool,
    ) -> Result<Option<(String, Vec<Value>)>> {
        let (limit, offset) = (self.limit as i64, self.offset as i64);
        let mut found = Conditions::default();
        if bounded {
            found.add("id >= ?", Value::Null);
            found.add("id < ?", Value::Null);
            found.place(Value::Null);
        }
        let Some(mut found) = self.all_conditions(connection, found)? else { return Ok(None) };
        let most = |found: &mut Conditions| {
            if bounded { "?3".to_owned() } else { found.place(Value::Integer(limit.saturating_add(offset))) }
        };
        let Some(sources) = self.sources(connection)? else {
            self.add_owners(&mut found);
            let condition = found.after("WHERE");
            let limit = if bounded { "?3".to_owned() } else { found.place(Value::Integer(limit)) };
            let offset = found.place(Value::Integer(offset));
            // Skipped rows are walked over in the order of the primary key: 400,000 of them take less than a tenth of a second.
            let sql = format!(
                "SELECT {COLUMNS} FROM requests {condition} ORDER BY id DESC LIMIT {limit} OFFSET {offset}"
            );
            return Ok(Some((sql, found.values)));
        };
        if sources.is_empty() {
            return Ok(None);
        }
        if !self.named().is_empty() {
            self.add_seen_by(&mut found);
        }
        let condition = found.after("AND");
        let each = Self::conditions_of(&sources, &mut found);
        let most = most(&mut found);
        let limit = if bounded { most.clone() } else { found.place(Value::Integer(limit)) };
        let offset = found.place(Value::Integer(offset));
        let first = |source: String| {
            format!(
                "SELECT * FROM (SELECT id FROM requests WHERE {source} {condition} ORDER BY id DESC LIMIT {most})"
            )
        };
        let together = each.into_iter().map(first).collect::<Vec<_>>().join(" UNION ALL ");
        let sql = format!(
            "SELECT {COLUMNS} FROM requests WHERE id IN \
             (SELECT id FROM ({together}) ORDER BY id DESC LIMIT {limit} OFFSET {offset}) ORDER BY id DESC"
        );
        Ok(Some((sql, found.values)))
    }

    /// How many rows fit, whatever the page; `None`: none.
    pub(in crate::table) fn count_sql(
        &self,
        connection: &Connection,
    ) -> Result<Option<(String, Vec<Value>)>> {
        let Some(mut found) = self.all_conditions(connection, Conditions::default())? else {
            return Ok(None);
        };
        let Some(sources) = self.sources(connection)? else {
            self.add_owners(&mut found);
            let sql = format!("SELECT COUNT(*) FROM requests {}", found.after("WHERE"));
            return Ok(Some((sql, found.values)));
        };
        if sources.is_empty() {
            return Ok(None);
        }
        if !self.named().is_empty() {
            self.add_seen_by(&mut found);
        }
        let condition = found.after("AND");
        let each = Self::conditions_of(&sources, &mut found).into_iter();
        let number = |source: String| format!("(SELECT COUNT(*) FROM requests WHERE {source} {condition})");
        let sql = format!("SELECT {}", each.map(number).collect::<Vec<_>>().join(" + "));
        Ok(Some((sql, found.values)))
    }
}

/// How many rows fit, whatever the page.
pub fn count(connection: &Connection, filter: &Filter) -> Result<u64> {
    let Some((sql, values)) = filter.count_sql(connection)? else { return Ok(0) };
    connection
        .prepare_cached(&sql)?
        .query_row(params_from_iter(values), |row| row.get::<_, i64>(0))
        .map(|count| u64::try_from(count).unwrap_or(0))
}
