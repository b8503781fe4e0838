//! `requests`: the ledger. One row per request, whatever became of it, written once. Its id is a UUIDv7, so the
//! primary key is also the order of time.

use std::collections::HashMap;
use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension, Result, Row};
use rusqlite_migration::HookResult;
use uuid::Uuid;

use super::attempt_bills::{self, BillRow};
use super::columns::list_of;
use super::owners::{self, Owner};
use super::packed::Kept;
use super::spend_labels::{self, Label};
use super::{key_numbers, packed, series, spend_parts, variants};

mod filter;
mod rerate;
mod retention;
mod walk;

pub use filter::{Filter, count};
pub use rerate::{billed_beside, of_model, rerate};
pub(super) use retention::kept_from;
pub use retention::prune;
#[cfg(test)]
pub(in crate::table) use walk::look_by;
pub use walk::{Found, look, page, time_of};

pub(super) const CREATE: &str = "
CREATE TABLE requests (
  id                  BLOB PRIMARY KEY,        -- UUIDv7
  started_at          INTEGER NOT NULL,        -- UTC milliseconds
  key_id              BLOB NOT NULL,           -- the nil UUID for the administrator's key
  endpoint            TEXT NOT NULL,
  model_requested     TEXT NOT NULL,
  model_group         TEXT NOT NULL,
  deployment_id       TEXT,
  provider            TEXT,
  upstream_model      TEXT,
  format_in           TEXT NOT NULL,
  format_out          TEXT,
  status              INTEGER NOT NULL,        -- as the client saw it, or would have
  outcome             INTEGER NOT NULL,        -- 0 ok, 1 error, 2 cancelled by the client
  error_kind          TEXT,
  error_message       TEXT,
  streamed            INTEGER NOT NULL,
  attempts            INTEGER NOT NULL,
  attempt_log         TEXT,                    -- JSON array, when there was more than one attempt or an error
  latency_us          INTEGER NOT NULL,
  first_byte_us       INTEGER,
  client              TEXT NOT NULL,           -- User-Agent
  client_name         TEXT NOT NULL,           -- its first product word
  end_user            TEXT,
  response_id         TEXT,
  input_tokens        INTEGER NOT NULL,
  output_tokens       INTEGER NOT NULL,
  cache_read_tokens   INTEGER NOT NULL,
  cache_write_tokens  INTEGER NOT NULL,        -- all lifetimes
  cache_write_1h_tokens INTEGER NOT NULL,
  reasoning_tokens    INTEGER NOT NULL,
  audio_tokens        INTEGER NOT NULL,        -- in and out
  usage_source        INTEGER NOT NULL,        -- 0 none, 1 reported by the provider, 2 estimated
  usage_raw           TEXT,                    -- the provider's own object
  billing             INTEGER NOT NULL,        -- 0 api, 1 subscription, 2 local
  cost_nanos          INTEGER,                 -- nano-dollars; NULL: unpriced
  cost_lines          TEXT,                    -- JSON array
  price_source        TEXT,
  price_version       TEXT,
  dropped             TEXT,                    -- JSON array: what could not be carried across formats
  request_bytes       INTEGER NOT NULL,
  response_bytes      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX requests_by_key ON requests (key_id, id);
CREATE INDEX requests_by_response ON requests (response_id) WHERE response_id IS NOT NULL;";

/// Providers' ids come in no order, so each row touched another page of that index: a third of what a row cost to write,
/// for a look-up that is rare and mostly of recent rows.
pub(super) const WITHOUT_RESPONSE_INDEX: &str = "DROP INDEX requests_by_response;";

/// Whom a row is counted for besides its key (a number of `owners`), and the tags that it carries.
pub(super) const WITH_OWNERS: &str = "
ALTER TABLE requests ADD COLUMN owner INTEGER NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN tags TEXT; -- JSON array";

/// What somebody's requests are found by, among many of others. A gateway without users, teams and organizations pays nothing for it.
pub(super) const BY_OWNER: &str = "CREATE INDEX requests_by_owner ON requests (owner, id) WHERE owner <> 0;";

/// Small rows: what many have in common is told by the number of a `series` and of a `variant`, names by that of a label, and texts
/// of JSON without what all of their kind have. Who reads asks the view, which tells everything as the table before it did.
pub(super) const COMPACT: &str = "
CREATE TABLE ledger (
  id                  BLOB PRIMARY KEY,        -- UUIDv7
  started_at          INTEGER NOT NULL,        -- UTC milliseconds
  key                 INTEGER NOT NULL,        -- a number of `key_numbers`
  owner               INTEGER NOT NULL,        -- a number of `owners`
  series              INTEGER NOT NULL,        -- a number of `series`
  variant             INTEGER NOT NULL,        -- a number of `variants`
  status              INTEGER NOT NULL,        -- as the client saw it, or would have
  outcome             INTEGER NOT NULL,        -- 0 ok, 1 error, 2 cancelled by the client
  error_kind          TEXT,
  error_message       TEXT,
  streamed            INTEGER NOT NULL,
  attempts            INTEGER NOT NULL,
  attempt_log         TEXT,                    -- JSON array, when there was more than one attempt or an error
  latency_us          INTEGER NOT NULL,
  first_byte_us       INTEGER,
  end_user            INTEGER,                 -- a number of `labels`, as project and session
  project             INTEGER,
  session             INTEGER,
  tags                TEXT,                    -- numbers of `labels`, each between two commas
  response_id         TEXT,
  input_tokens        INTEGER NOT NULL,
  output_tokens       INTEGER NOT NULL,
  cache_read_tokens   INTEGER NOT NULL,
  cache_write_tokens  INTEGER NOT NULL,        -- all lifetimes
  cache_write_1h_tokens INTEGER NOT NULL,
  reasoning_tokens    INTEGER NOT NULL,
  audio_tokens        INTEGER NOT NULL,        -- in and out
  usage_source        INTEGER NOT NULL,        -- 0 none, 1 reported by the provider, 2 estimated
  usage_template      INTEGER,                 -- a number of `templates`; NULL: the values are the text
  usage_values        BLOB,                    -- the provider's own object
  cost_nanos          INTEGER,                 -- nano-dollars that are owed; NULL: unpriced
  covered_nanos       INTEGER,                 -- what it would have cost, had a flat rate not covered it
  cost_template       INTEGER,
  cost_values         BLOB,                    -- JSON array of lines
  dropped             TEXT,                    -- JSON array: what could not be carried across formats
  request_bytes       INTEGER NOT NULL,
  response_bytes      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
ALTER TABLE requests RENAME TO requests_before;
ALTER TABLE spend_hourly ADD COLUMN covered_nanos INTEGER NOT NULL DEFAULT 0;
ALTER TABLE spend_labels ADD COLUMN covered_nanos INTEGER NOT NULL DEFAULT 0;";

/// After the rows have moved.
const COMPACTED: &str = "
DROP TABLE requests_before;
CREATE INDEX ledger_by_key ON ledger (key, id);
CREATE INDEX ledger_by_owner ON ledger (owner, id) WHERE owner <> 0;
CREATE VIEW requests AS SELECT
  ledger.id, started_at, series.key_id, key, ledger.owner, ledger.series, variant, series.endpoint, model_requested, series.model_group,
  NULLIF(deployment_id, '') AS deployment_id, NULLIF(series.provider, '') AS provider, NULLIF(series.model, '') AS upstream_model,
  format_in, NULLIF(format_out, '') AS format_out, status, outcome, error_kind, error_message, streamed, attempts, attempt_log,
  latency_us, first_byte_us, client, series.client_name, end_user AS end_user_label, project AS project_label,
  session AS session_label, tags, response_id, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
  cache_write_1h_tokens, reasoning_tokens, audio_tokens, usage_source, usage_values, series.billing, cost_nanos, covered_nanos,
  cost_values, NULLIF(price_source, '') AS price_source, NULLIF(price_version, '') AS price_version, dropped, request_bytes,
  response_bytes,
  (SELECT name FROM labels WHERE labels.id = ledger.end_user) AS end_user,
  (SELECT name FROM labels WHERE labels.id = ledger.project) AS project,
  (SELECT name FROM labels WHERE labels.id = ledger.session) AS session,
  (SELECT text FROM templates WHERE templates.id = usage_template) AS usage_text,
  (SELECT text FROM templates WHERE templates.id = cost_template) AS cost_text,
  (SELECT user_id FROM owners WHERE owners.id = ledger.owner) AS user_id,
  (SELECT team_id FROM owners WHERE owners.id = ledger.owner) AS team_id,
  (SELECT organization_id FROM owners WHERE owners.id = ledger.owner) AS organization_id,
  CASE WHEN tags IS NOT NULL THEN (
    SELECT json_group_array(name) FROM (
      SELECT labels.name FROM json_each('[' || trim(ledger.tags, ',') || ']') AS tag
      JOIN labels ON labels.id = tag.value ORDER BY tag.key
    )
  ) END AS tag_names
  FROM ledger LEFT JOIN series ON series.id = ledger.series LEFT JOIN variants ON variants.id = ledger.variant;";

/// Moves the rows of the table before, in the order in which they lie.
pub(super) fn compact(transaction: &rusqlite::Transaction<'_>) -> HookResult {
    const BEFORE: &str = "id, started_at, key_id, endpoint, model_requested, model_group, deployment_id, provider, \
         upstream_model, format_in, format_out, status, outcome, error_kind, error_message, streamed, attempts, \
         attempt_log, latency_us, first_byte_us, client, client_name, end_user, response_id, input_tokens, \
         output_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, reasoning_tokens, audio_tokens, \
         usage_source, NULL, CAST(usage_raw AS BLOB), billing, cost_nanos, NULL, CAST(cost_lines AS BLOB), price_source, \
         price_version, dropped, request_bytes, response_bytes, tags, user_id, team_id, organization_id, NULL, NULL, NULL";
    let mut numbers = Numbers::default();
    let sql = format!(
        "SELECT {BEFORE} FROM requests_before LEFT JOIN owners ON owners.id = requests_before.owner ORDER BY requests_before.id"
    )
    .replacen("id,", "requests_before.id,", 1);
    let mut statement = transaction.prepare(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        insert(transaction, &mut numbers, &from_row(row)?)?;
    }
    drop(rows);
    drop(statement);
    Ok(transaction.execute_batch(COMPACTED)?)
}

/// Columns in the order of the table. Costs in nano-dollars, times in UTC milliseconds, durations in microseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestRow {
    pub id: Uuid,
    pub started_at: i64,
    pub key_id: Uuid,
    pub endpoint: String,
    pub model_requested: String,
    pub model_group: String,
    pub deployment_id: Option<String>,
    pub provider: Option<String>,
    pub upstream_model: Option<String>,
    pub format_in: String,
    pub format_out: Option<String>,
    pub status: u16,
    pub outcome: Outcome,
    pub error_kind: Option<String>,
    pub error_message: Option<String>,
    pub streamed: bool,
    pub attempts: u32,
    pub attempt_log: Option<String>,
    pub latency_us: i64,
    pub first_byte_us: Option<i64>,
    pub client: String,
    pub client_name: String,
    pub end_user: Option<String>,
    pub response_id: Option<String>,
    pub tokens: Tokens,
    pub usage_source: UsageSource,
    pub usage_raw: Option<String>,
    pub billing: Billing,
    /// What is owed.
    pub cost_nanos: Option<i64>,
    /// What it would have cost, had a flat rate not covered it.
    pub covered_nanos: Option<i64>,
    pub cost_lines: Option<String>,
    pub price_source: Option<String>,
    pub price_version: Option<String>,
    pub dropped: Option<String>,
    pub request_bytes: i64,
    pub response_bytes: i64,
    /// Whom it is counted for besides its key.
    pub owner: Owner,
    pub tags: Vec<String>,
    /// What the client worked on, and in which session, where it says so.
    pub project: Option<String>,
    pub session: Option<String>,
    /// What calls cost besides the one that answered; their costs are part of `cost_nanos`. Kept in a table of their own.
    pub bills: Vec<BillRow>,
}

/// `input` is all prompt tokens, of which the cache's are parts; `output` all completion tokens, of which reasoning is part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tokens {
    pub input: i64,
    pub output: i64,
    pub cache_read: i64,
    pub cache_write: i64,
    pub cache_write_1h: i64,
    pub reasoning: i64,
    pub audio: i64,
}

/// Enums kept as small integers; the first variant is also what an unknown number reads as.
macro_rules! small_enums {
    ($($(#[$doc:meta])* $name:ident { $first:ident = $n0:literal $t0:literal $(, $variant:ident = $number:literal $text:literal)* $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
        pub enum $name { #[default] $first $(, $variant)* }
        impl $name {
            pub fn as_str(self) -> &'static str {
                match self { Self::$first => $t0 $(, Self::$variant => $text)* }
            }
            pub fn number(self) -> i64 {
                match self { Self::$first => $n0 $(, Self::$variant => $number)* }
            }
            pub(in crate::table) fn from_number(number: i64) -> Self {
                match number { $($number => Self::$variant,)* _ => Self::$first }
            }
        }
    )+};
}

small_enums! {
    /// What became of the request.
    Outcome { Ok = 0 "ok", Error = 1 "error", Cancelled = 2 "cancelled" }
    /// Where the token counts come from.
    UsageSource { None = 0 "none", Reported = 1 "reported", Estimated = 2 "estimated" }
    /// Who is paid, and how. The three are never summed unasked.
    Billing { Api = 0 "api", Subscription = 1 "subscription", Local = 2 "local" }
}

impl Billing {
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Api, Self::Subscription, Self::Local].into_iter().find(|billing| billing.as_str() == text)
    }
}

impl Outcome {
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Ok, Self::Error, Self::Cancelled].into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// The columns as they are read from the view.
const COLUMNS: &str = "id, started_at, key_id, endpoint, model_requested, model_group, deployment_id, provider, \
     upstream_model, format_in, format_out, status, outcome, error_kind, error_message, streamed, attempts, attempt_log, \
     latency_us, first_byte_us, client, client_name, end_user, response_id, input_tokens, output_tokens, \
     cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, reasoning_tokens, audio_tokens, usage_source, \
     usage_text, usage_values, billing, cost_nanos, cost_text, cost_values, price_source, price_version, dropped, \
     request_bytes, response_bytes, tag_names, user_id, team_id, organization_id, covered_nanos, project, session";

/// The columns of the table itself, in the order in which [`insert`] binds them.
const OWN_COLUMNS: &str = "id, started_at, key, owner, series, variant, status, outcome, error_kind, error_message, \
     streamed, attempts, attempt_log, latency_us, first_byte_us, end_user, project, session, tags, response_id, \
     input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, reasoning_tokens, \
     audio_tokens, usage_source, usage_template, usage_values, cost_nanos, covered_nanos, cost_template, cost_values, \
     dropped, request_bytes, response_bytes";

/// The numbers by which rows name what many of them have in common, as far as the writer knows them.
#[derive(Default)]
pub(crate) struct Numbers {
    owners: owners::Numbers,
    pub keys: key_numbers::Numbers,
    series: series::Numbers,
    variants: variants::Numbers,
    templates: packed::Numbers,
    pub labels: spend_labels::Numbers,
    pub parts: spend_parts::Numbers,
}

impl Numbers {
    /// What a transaction that failed had learned is not true.
    pub fn forget(&mut self) {
        self.owners.forget();
        self.keys.forget();
        self.series.forget();
        self.variants.forget();
        self.templates.forget();
        self.labels.forget();
        self.parts.forget();
    }
}

/// Writes the row unless one of the same id is there already; the number of its series if it was written.
pub(crate) fn insert(
    connection: &Connection,
    numbers: &mut Numbers,
    row: &RequestRow,
) -> Result<Option<i64>> {
    let owner = numbers.owners.of(connection, &row.owner)?;
    let key = numbers.keys.of(connection, row.key_id)?;
    let series = numbers.series.of(connection, row, owner)?;
    let variant = numbers.variants.of(connection, row)?;
    let usage = numbers.templates.pack(connection, row.usage_raw.as_deref(), Kept::Nothing)?;
    let cost = numbers.templates.pack(connection, row.cost_lines.as_deref(), Kept::Third)?;
    let mut label = |label: Label, name: &Option<String>| -> Result<Option<i64>> {
        name.as_ref().map(|name| numbers.labels.of(connection, label, name)).transpose()
    };
    let end_user = label(Label::EndUser, &row.end_user)?;
    let (project, session) = (label(Label::Project, &row.project)?, label(Label::Session, &row.session)?);
    let mut tags = String::new();
    for tag in &row.tags {
        let number = numbers.labels.of(connection, Label::Tag, tag)?;
        // Each stands between two commas.
        if tags.is_empty() {
            tags.push(',');
        }
        tags.push_str(&number.to_string());
        tags.push(',');
    }
    let tags = (!tags.is_empty()).then_some(tags);
    let mut statement = connection.prepare_cached(insert_sql())?;
    let changed = statement.execute(rusqlite::params![
        row.id,
        row.started_at,
        key,
        owner,
        series,
        variant,
        row.status,
        row.outcome.number(),
        row.error_kind,
        row.error_message,
        row.streamed,
        row.attempts,
        row.attempt_log,
        row.latency_us,
        row.first_byte_us,
        end_user,
        project,
        session,
        tags,
        row.response_id,
        row.tokens.input,
        row.tokens.output,
        row.tokens.cache_read,
        row.tokens.cache_write,
        row.tokens.cache_write_1h,
        row.tokens.reasoning,
        row.tokens.audio,
        row.usage_source.number(),
        usage.template,
        usage.values,
        row.cost_nanos,
        row.covered_nanos,
        cost.template,
        cost.values,
        row.dropped,
        row.request_bytes,
        row.response_bytes,
    ])?;
    if changed > 0 {
        attempt_bills::insert(connection, row.id, &row.bills)?;
    }
    Ok((changed > 0).then_some(series))
}

fn insert_sql() -> &'static str {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let count = OWN_COLUMNS.split(',').count();
        let values = (1..=count).map(|number| format!("?{number}")).collect::<Vec<_>>().join(", ");
        format!("INSERT INTO ledger ({OWN_COLUMNS}) VALUES ({values}) ON CONFLICT (id) DO NOTHING")
    });
    &SQL
}

fn from_row(row: &Row<'_>) -> Result<RequestRow> {
    let packed = |at: usize| -> Result<Option<String>> {
        let values = row.get_ref(at + 1)?.as_blob_or_null()?;
        Ok(packed::unpack(row.get_ref(at)?.as_str_or_null()?, values))
    };
    Ok(RequestRow {
        id: row.get(0)?,
        started_at: row.get(1)?,
        key_id: row.get(2)?,
        endpoint: row.get(3)?,
        model_requested: row.get(4)?,
        model_group: row.get(5)?,
        deployment_id: row.get(6)?,
        provider: row.get(7)?,
        upstream_model: row.get(8)?,
        format_in: row.get(9)?,
        format_out: row.get(10)?,
        status: row.get(11)?,
        outcome: Outcome::from_number(row.get(12)?),
        error_kind: row.get(13)?,
        error_message: row.get(14)?,
        streamed: row.get(15)?,
        attempts: row.get(16)?,
        attempt_log: row.get(17)?,
        latency_us: row.get(18)?,
        first_byte_us: row.get(19)?,
        client: row.get(20)?,
        client_name: row.get(21)?,
        end_user: row.get(22)?,
        response_id: row.get(23)?,
        tokens: Tokens {
            input: row.get(24)?,
            output: row.get(25)?,
            cache_read: row.get(26)?,
            cache_write: row.get(27)?,
            cache_write_1h: row.get(28)?,
            reasoning: row.get(29)?,
            audio: row.get(30)?,
        },
        usage_source: UsageSource::from_number(row.get(31)?),
        usage_raw: packed(32)?,
        billing: Billing::from_number(row.get(34)?),
        cost_nanos: row.get(35)?,
        cost_lines: packed(36)?,
        price_source: row.get(38)?,
        price_version: row.get(39)?,
        dropped: row.get(40)?,
        request_bytes: row.get(41)?,
        response_bytes: row.get(42)?,
        tags: row.get::<_, Option<String>>(43)?.map(|text| list_of(&text)).unwrap_or_default(),
        owner: Owner::from_texts(row.get(44)?, row.get(45)?, row.get(46)?),
        covered_nanos: row.get(47)?,
        project: row.get(48)?,
        session: row.get(49)?,
        bills: Vec::new(),
    })
}

/// With its bills.
pub fn find(connection: &Connection, id: Uuid) -> Result<Option<RequestRow>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM requests WHERE id = ?1"))?
        .query_row([id], from_row)
        .optional()?
        .map(|row| Ok(RequestRow { bills: attempt_bills::of_request(connection, id)?, ..row }))
        .transpose()
}

/// The newest row with this response id, as the provider gave it. Reads backwards from now: soon found if it is recent.
pub fn find_by_response_id(connection: &Connection, response_id: &str) -> Result<Option<RequestRow>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM requests WHERE response_id = ?1 ORDER BY id DESC LIMIT 1"
        ))?
        .query_row([response_id], from_row)
        .optional()
}

/// When each of these keys was last used, UTC milliseconds; without those that never were.
pub fn last_uses(connection: &Connection, key_ids: &[Uuid]) -> Result<HashMap<Uuid, i64>> {
    let uses =
        key_ids.iter().map(|key_id| Ok(last_use(connection, *key_id)?.map(|moment| (*key_id, moment))));
    uses.filter_map(Result::transpose).collect()
}

/// When a key was last used, UTC milliseconds.
pub fn last_use(connection: &Connection, key_id: Uuid) -> Result<Option<i64>> {
    connection
        .prepare_cached(&format!(
            "SELECT started_at FROM ledger WHERE key = {} ORDER BY id DESC LIMIT 1",
            key_numbers::number_of("?1")
        ))?
        .query_row([key_id], |row| row.get(0))
        .optional()
}
