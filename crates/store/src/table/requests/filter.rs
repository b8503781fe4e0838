//! Which rows of the ledger are asked for, in pages or as a number.
//!
//! Pages go backwards through time, which is the order of the primary key. Where somebody's rows are wanted, that walk would read
//! all that others did since: their owners are looked up first, and the rows of each come from an index in that same order.

use rusqlite::types::Value;
use rusqlite::{Connection, Result, params_from_iter};
use uuid::Uuid;

use super::{Billing, COLUMNS, Outcome, RequestRow, from_row};
use crate::table::bodies::Words;
use crate::table::key_numbers::number_of;
use crate::table::owners::{self, SeenBy};
use crate::table::sessions;
use crate::table::spend_hourly::{ID_MARGIN, first_id_at};
use crate::table::spend_labels::Label;

/// What the ledger is filtered by. Newest first; `before` is the id of the last row already seen.
#[derive(Debug, Clone, Default)]
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

    /// A condition on what the roll-ups tell apart.
    fn add_series(&mut self, sql: &str, text: &str) {
        self.add(&format!("series IN (SELECT id FROM series WHERE {sql})"), Value::Text(text.to_owned()));
    }

    /// A name that is written in this column by its number.
    fn add_label(&mut self, column: &str, label: Label, name: &str) {
        let kind = label.number();
        let sql = format!("{column} = (SELECT id FROM labels WHERE kind = {kind} AND name = ?)");
        self.add(&sql, Value::Text(name.to_owned()));
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

/// From so many sources rows are put together; more than that are likely to have much of the whole.
const MOST_SOURCES: usize = 100;

impl Filter {
    /// But for whose requests; `None` where there is nothing to be found.
    fn all_conditions(&self, connection: &Connection) -> Result<Option<Conditions>> {
        let mut found = self.conditions();
        if let Some(session) = &self.session {
            // Where it lies in time spares reading everything else.
            let Some((first, last)) = sessions::span(connection, session)? else { return Ok(None) };
            found.add("id >= ?", blob(first_id_at(first.saturating_sub(ID_MARGIN))));
            found.add("id < ?", blob(first_id_at(last.saturating_add(ID_MARGIN))));
        }
        Ok(Some(found))
    }

    fn conditions(&self) -> Conditions {
        let mut found = Conditions::default();
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
        if let Some(model) = &self.model {
            found.add_series("model_group = ? OR model = ?", model);
        }
        if let Some(provider) = &self.provider {
            found.add_series("provider = ?", provider);
        }
        if let Some(client) = &self.client {
            found.add_series("client_name = ?", client);
        }
        if let Some(end_user) = &self.end_user {
            found.add_label("end_user_label", Label::EndUser, end_user);
        }
        for (column, label, name) in [
            ("project_label", Label::Project, &self.project),
            ("session_label", Label::Session, &self.session),
        ] {
            if let Some(name) = name {
                found.add_label(column, label, name);
            }
        }
        if let Some(tag) = &self.tag {
            let kind = Label::Tag.number();
            let sql = format!(
                "instr(tags, (SELECT ',' || id || ',' FROM labels WHERE kind = {kind} AND name = ?)) > 0"
            );
            found.add(&sql, Value::Text(tag.clone()));
        }
        if let Some(endpoint) = &self.endpoint {
            found.add_series("endpoint = ?", endpoint);
        }
        if let Some(billing) = self.billing {
            found
                .add("series IN (SELECT id FROM series WHERE billing = ?)", Value::Integer(billing.number()));
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
            found.add(
                "(variant IN (SELECT id FROM variants WHERE model_requested LIKE ? ESCAPE '\\' OR client LIKE ? ESCAPE '\\') \
                 OR series IN (SELECT id FROM series WHERE model LIKE ? ESCAPE '\\' OR provider LIKE ? ESCAPE '\\') \
                 OR error_message LIKE ? ESCAPE '\\' OR response_id LIKE ? ESCAPE '\\' \
                 OR LOWER(HEX(id)) LIKE REPLACE(?, '-', '') ESCAPE '\\')",
                Value::Text(format!("%{pattern}%")),
            );
        }
        found
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

    /// A page, newest first; `None` where there is nothing to be found.
    pub(in crate::table) fn page_sql(&self, connection: &Connection) -> Result<Option<(String, Vec<Value>)>> {
        let Some(mut found) = self.all_conditions(connection)? else { return Ok(None) };
        let (limit, offset) = (self.limit as i64, self.offset as i64);
        let Some(sources) = self.sources(connection)? else {
            self.add_owners(&mut found);
            let condition = found.after("WHERE");
            let (limit, offset) = (found.place(Value::Integer(limit)), found.place(Value::Integer(offset)));
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
        let most = found.place(Value::Integer(limit.saturating_add(offset)));
        let (limit, offset) = (found.place(Value::Integer(limit)), found.place(Value::Integer(offset)));
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
        let Some(mut found) = self.all_conditions(connection)? else { return Ok(None) };
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

/// One page, newest first.
pub fn page(connection: &Connection, filter: &Filter) -> Result<Vec<RequestRow>> {
    let Some((sql, values)) = filter.page_sql(connection)? else { return Ok(Vec::new()) };
    connection.prepare_cached(&sql)?.query_map(params_from_iter(values), from_row)?.collect()
}

/// How many rows fit, whatever the page.
pub fn count(connection: &Connection, filter: &Filter) -> Result<u64> {
    let Some((sql, values)) = filter.count_sql(connection)? else { return Ok(0) };
    connection
        .prepare_cached(&sql)?
        .query_row(params_from_iter(values), |row| row.get::<_, i64>(0))
        .map(|count| u64::try_from(count).unwrap_or(0))
}
