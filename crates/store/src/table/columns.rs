//! What tables of many columns have in common: a struct whose members are the columns, read and written in one order.

use rusqlite::types::{FromSql, ToSqlOutput, Value};
use rusqlite::{Result, Row, ToSql};

/// One or several columns of a row.
pub(super) trait Columns: Sized {
    fn names(own: &'static str) -> Vec<&'static str>;
    /// Reads them from where `next` stands, and moves it on.
    fn read(row: &Row<'_>, next: &mut usize) -> Result<Self>;
    fn bind<'a>(&'a self, values: &mut Vec<&'a dyn ToSql>);
}

impl<T: FromSql + ToSql> Columns for T {
    fn names(own: &'static str) -> Vec<&'static str> {
        vec![own]
    }

    fn read(row: &Row<'_>, next: &mut usize) -> Result<Self> {
        let value = row.get(*next);
        *next += 1;
        value
    }

    fn bind<'a>(&'a self, values: &mut Vec<&'a dyn ToSql>) {
        values.push(self);
    }
}

/// `table_row! { /// doc  Name of "table" by ["key", "columns"] { member: Type, json: String = "{}", .. } }`: the struct, how it is
/// read, and how it is written: inserted where there must be none of the same key, or put in the place of one. What a column is
/// where nothing is said of it follows the `=`: an empty text is no JSON.
macro_rules! table_row {
    (@default $kind:ty) => { <$kind>::default() };
    (@default $kind:ty = $default:literal) => { <$kind>::from($default) };
    ($(#[$doc:meta])* $name:ident of $table:literal by [$($key:literal),+] {
        $($(#[$about:meta])* $member:ident: $kind:ty $(= $default:literal)?,)+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name { $($(#[$about])* pub $member: $kind,)+ }

        impl Default for $name {
            fn default() -> Self {
                Self { $($member: $crate::table::columns::table_row!(@default $kind $(= $default)?),)+ }
            }
        }

        impl $name {
            fn names() -> Vec<&'static str> {
                let mut names = Vec::new();
                $(names.extend(<$kind as $crate::table::columns::Columns>::names(stringify!($member)));)+
                names
            }

            /// `SELECT` of all columns, followed by `rest`.
            fn select(rest: &str) -> String {
                static COLUMNS: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| $name::names().join(", "));
                format!("SELECT {} FROM {} {rest}", *COLUMNS, $table)
            }

            fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
                let next = &mut 0;
                Ok(Self { $($member: $crate::table::columns::Columns::read(row, next)?,)+ })
            }

            fn query(
                connection: &rusqlite::Connection,
                rest: &str,
                values: impl rusqlite::Params,
            ) -> rusqlite::Result<Vec<Self>> {
                connection.prepare_cached(&Self::select(rest))?.query_map(values, Self::read)?.collect()
            }

            /// The row as a log shows it: JSON texts as what they say, identifiers as texts, and no secret.
            pub fn shown(&self) -> serde_json::Map<String, serde_json::Value> {
                let mut values = Vec::new();
                $($crate::table::columns::Columns::bind(&self.$member, &mut values);)+
                $crate::table::columns::shown(&Self::names(), &values)
            }

            fn write(&self, connection: &rusqlite::Connection, sql: &str) -> rusqlite::Result<()> {
                let mut values = Vec::new();
                $($crate::table::columns::Columns::bind(&self.$member, &mut values);)+
                connection.prepare_cached(sql)?.execute(values.as_slice()).map(drop)
            }

            /// Inserts the row of something new: fails where there is one of the same key.
            pub fn insert(&self, connection: &rusqlite::Connection) -> rusqlite::Result<()> {
                static SQL: std::sync::LazyLock<String> =
                    std::sync::LazyLock::new(|| $crate::table::columns::insertion($table, &$name::names()));
                self.write(connection, &SQL)
            }

            /// Replaces the row of the same key, or inserts one where it is all the same.
            pub fn put(&self, connection: &rusqlite::Connection) -> rusqlite::Result<()> {
                static SQL: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
                    $crate::table::columns::replacement($table, &$name::names(), &[$($key),+])
                });
                self.write(connection, &SQL)
            }
        }
    };
}
pub(super) use table_row;

pub(super) fn insertion(table: &str, names: &[&str]) -> String {
    let places: Vec<String> = (1..=names.len()).map(|place| format!("?{place}")).collect();
    format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), places.join(", "))
}

pub(super) fn replacement(table: &str, names: &[&str], keys: &[&str]) -> String {
    let others = names.iter().filter(|name| !keys.contains(name));
    let changes: Vec<String> = others.map(|name| format!("{name} = excluded.{name}")).collect();
    let insertion = insertion(table, names);
    format!("{insertion} ON CONFLICT ({}) DO UPDATE SET {}", keys.join(", "), changes.join(", "))
}

/// The columns of what may be limited, as SQL for a new table. Money in nano-dollars, times in UTC milliseconds.
macro_rules! limit_columns {
    () => {
        "
  max_budget_nanos      INTEGER,
  soft_budget_nanos     INTEGER,
  budget_duration       TEXT,
  budget_started_at     INTEGER NOT NULL,        -- spend counts against the budget from here
  budget_reset_at       INTEGER,
  spend_offset_nanos    INTEGER NOT NULL,        -- added to what the ledger says of the running period
  rpm_limit             INTEGER,
  tpm_limit             INTEGER,
  max_parallel_requests INTEGER,
  model_limits          TEXT NOT NULL,           -- JSON: limits by model
  -- where the limits come from that are not said here:
  budget_id             TEXT"
    };
}
pub(super) use limit_columns;

/// A list of models beyond which nothing may be asked for, for whatever is limited.
pub(super) const WITH_ALLOWED_MODELS: &str = "
ALTER TABLE keys ADD COLUMN allowed_models TEXT NOT NULL DEFAULT '[]';
ALTER TABLE users ADD COLUMN allowed_models TEXT NOT NULL DEFAULT '[]';
ALTER TABLE teams ADD COLUMN allowed_models TEXT NOT NULL DEFAULT '[]';
ALTER TABLE team_members ADD COLUMN allowed_models TEXT NOT NULL DEFAULT '[]';
ALTER TABLE organizations ADD COLUMN allowed_models TEXT NOT NULL DEFAULT '[]';
ALTER TABLE organization_members ADD COLUMN allowed_models TEXT NOT NULL DEFAULT '[]';
ALTER TABLE customers ADD COLUMN allowed_models TEXT NOT NULL DEFAULT '[]';
ALTER TABLE tags ADD COLUMN allowed_models TEXT NOT NULL DEFAULT '[]';
ALTER TABLE budgets ADD COLUMN allowed_models TEXT NOT NULL DEFAULT '[]';";

/// What limits something: a key, a user, a team. Absent means no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitColumns {
    pub max_budget_nanos: Option<i64>,
    pub soft_budget_nanos: Option<i64>,
    pub budget_duration: Option<String>,
    /// Spend counts against the budget from here.
    pub budget_started_at: i64,
    pub budget_reset_at: Option<i64>,
    /// Added to what the ledger says of the running period.
    pub spend_offset_nanos: i64,
    pub rpm_limit: Option<i64>,
    pub tpm_limit: Option<i64>,
    pub max_parallel_requests: Option<i64>,
    /// JSON: limits by model.
    pub model_limits: String,
    /// JSON array: models, patterns or access groups beyond which nothing may be asked for; empty: all.
    pub allowed_models: String,
    /// The budget from which the limits come that are not said here.
    pub budget_id: Option<String>,
}

impl Default for LimitColumns {
    fn default() -> Self {
        Self {
            max_budget_nanos: None,
            soft_budget_nanos: None,
            budget_duration: None,
            budget_started_at: 0,
            budget_reset_at: None,
            spend_offset_nanos: 0,
            rpm_limit: None,
            tpm_limit: None,
            max_parallel_requests: None,
            model_limits: "{}".to_owned(),
            allowed_models: "[]".to_owned(),
            budget_id: None,
        }
    }
}

impl Columns for LimitColumns {
    fn names(_: &'static str) -> Vec<&'static str> {
        vec![
            "max_budget_nanos",
            "soft_budget_nanos",
            "budget_duration",
            "budget_started_at",
            "budget_reset_at",
            "spend_offset_nanos",
            "rpm_limit",
            "tpm_limit",
            "max_parallel_requests",
            "model_limits",
            "allowed_models",
            "budget_id",
        ]
    }

    fn read(row: &Row<'_>, next: &mut usize) -> Result<Self> {
        Ok(Self {
            max_budget_nanos: Columns::read(row, next)?,
            soft_budget_nanos: Columns::read(row, next)?,
            budget_duration: Columns::read(row, next)?,
            budget_started_at: Columns::read(row, next)?,
            budget_reset_at: Columns::read(row, next)?,
            spend_offset_nanos: Columns::read(row, next)?,
            rpm_limit: Columns::read(row, next)?,
            tpm_limit: Columns::read(row, next)?,
            max_parallel_requests: Columns::read(row, next)?,
            model_limits: Columns::read(row, next)?,
            allowed_models: Columns::read(row, next)?,
            budget_id: Columns::read(row, next)?,
        })
    }

    fn bind<'a>(&'a self, values: &mut Vec<&'a dyn ToSql>) {
        let own: [&dyn ToSql; 12] = [
            &self.max_budget_nanos,
            &self.soft_budget_nanos,
            &self.budget_duration,
            &self.budget_started_at,
            &self.budget_reset_at,
            &self.spend_offset_nanos,
            &self.rpm_limit,
            &self.tpm_limit,
            &self.max_parallel_requests,
            &self.model_limits,
            &self.allowed_models,
            &self.budget_id,
        ];
        values.extend(own);
    }
}

/// Columns that are shown nowhere.
const SECRET: [&str; 1] = ["password_hash"];

pub(super) fn shown(names: &[&str], values: &[&dyn ToSql]) -> serde_json::Map<String, serde_json::Value> {
    let pairs = names.iter().zip(values).filter(|(name, _)| !SECRET.contains(name));
    pairs.map(|(name, value)| ((*name).to_owned(), shown_value(*value))).collect()
}

fn shown_value(value: &dyn ToSql) -> serde_json::Value {
    let value = match value.to_sql() {
        Ok(ToSqlOutput::Borrowed(value)) => value.try_into().unwrap_or(Value::Null),
        Ok(ToSqlOutput::Owned(value)) => value,
        _ => Value::Null,
    };
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Integer(number) => number.into(),
        Value::Real(number) => number.into(),
        Value::Text(text) if text.starts_with(['{', '[']) => {
            serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text))
        }
        Value::Text(text) => text.into(),
        Value::Blob(bytes) => {
            uuid::Uuid::from_slice(&bytes).map_or(serde_json::Value::Null, |id| id.to_string().into())
        }
    }
}
/// A JSON array of texts read; what is none reads as empty.
pub(super) fn list_of(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_default()
}
