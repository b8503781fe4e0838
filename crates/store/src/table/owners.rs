//! `owners`: whom a request is counted for besides its key: user, team, organization. Rows of the ledger carry the number of
//! the combination, so that each is written once and not with every request.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::types::Value;
use rusqlite::{Connection, Result, params_from_iter};
use uuid::Uuid;

pub(super) const CREATE: &str = "
CREATE TABLE owners (
  id              INTEGER PRIMARY KEY,
  user_id         TEXT NOT NULL,         -- '' where there is none, here and below
  team_id         TEXT NOT NULL,
  organization_id TEXT NOT NULL,
  UNIQUE (user_id, team_id, organization_id)
) STRICT;
INSERT INTO owners (id, user_id, team_id, organization_id) VALUES (0, '', '', '');
CREATE INDEX owners_by_team ON owners (team_id);
CREATE INDEX owners_by_organization ON owners (organization_id);";

/// Whom a request is counted for besides its key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Owner {
    pub user_id: Option<Arc<str>>,
    pub team_id: Option<Arc<str>>,
    pub organization_id: Option<Arc<str>>,
}

impl Owner {
    pub fn is_nobody(&self) -> bool {
        self.user_id.is_none() && self.team_id.is_none() && self.organization_id.is_none()
    }

    /// An empty text is nobody.
    pub(super) fn from_texts(
        user: Option<String>,
        team: Option<String>,
        organization: Option<String>,
    ) -> Self {
        let known = |text: Option<String>| text.filter(|text| !text.is_empty()).map(Arc::from);
        Self { user_id: known(user), team_id: known(team), organization_id: known(organization) }
    }
}

/// Whose requests somebody may see: of any of these.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeenBy {
    pub key: Option<Uuid>,
    pub users: Vec<String>,
    pub teams: Vec<String>,
    pub organizations: Vec<String>,
}

impl SeenBy {
    /// Whether a request is one of these.
    pub fn sees(&self, key: Uuid, owner: &Owner) -> bool {
        let has = |list: &[String], part: &Option<Arc<str>>| {
            part.as_ref().is_some_and(|part| list.iter().any(|known| **known == **part))
        };
        self.key == Some(key)
            || has(&self.users, &owner.user_id)
            || has(&self.teams, &owner.team_id)
            || has(&self.organizations, &owner.organization_id)
    }

    /// The same as SQL over a table with `key_id` and `owner`, whose parameters are put behind those that there are.
    pub(super) fn condition(&self, values: &mut Vec<Value>) -> String {
        let mut either = Vec::new();
        if let Some(key) = self.key {
            values.push(Value::Blob(key.as_bytes().to_vec()));
            either.push(format!("key_id = ?{}", values.len()));
        }
        if let Some(owners) = self.owners(values) {
            either.push(format!("owner IN (SELECT id FROM owners WHERE {owners})"));
        }
        if either.is_empty() { "0".to_owned() } else { format!("({})", either.join(" OR ")) }
    }

    /// Who is among the owners, as SQL over their table; `None` where nobody is named.
    pub(super) fn owners(&self, values: &mut Vec<Value>) -> Option<String> {
        let mut place = |value: Value| {
            values.push(value);
            format!("?{}", values.len())
        };
        let lists =
            [("user_id", &self.users), ("team_id", &self.teams), ("organization_id", &self.organizations)];
        let mut owners = Vec::new();
        for (column, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            let places: Vec<String> = list.iter().map(|id| place(Value::Text(id.clone()))).collect();
            owners.push(format!("{column} IN ({})", places.join(", ")));
        }
        (!owners.is_empty()).then(|| owners.join(" OR "))
    }
}

/// The numbers of all combinations that fit a condition on the columns of this table.
pub(super) fn numbers(connection: &Connection, condition: &str, values: Vec<Value>) -> Result<Vec<i64>> {
    connection
        .prepare_cached(&format!("SELECT id FROM owners WHERE {condition} ORDER BY id"))?
        .query_map(params_from_iter(values), |row| row.get(0))?
        .collect()
}

/// The numbers that are known to the writer.
#[derive(Default)]
pub(crate) struct Numbers(HashMap<Owner, i64>);

impl Numbers {
    pub fn of(&mut self, connection: &Connection, owner: &Owner) -> Result<i64> {
        if owner.is_nobody() {
            return Ok(0);
        }
        if let Some(number) = self.0.get(owner) {
            return Ok(*number);
        }
        let text = |part: &Option<Arc<str>>| part.as_deref().unwrap_or_default().to_owned();
        let parts = (text(&owner.user_id), text(&owner.team_id), text(&owner.organization_id));
        let number = connection.query_row(
            "INSERT INTO owners (user_id, team_id, organization_id) VALUES (?1, ?2, ?3)
             ON CONFLICT (user_id, team_id, organization_id) DO UPDATE SET user_id = excluded.user_id RETURNING id",
            parts,
            |row| row.get(0),
        )?;
        self.0.insert(owner.clone(), number);
        Ok(number)
    }

    /// What a transaction that failed had learned is not true.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}

/// All combinations by their number.
pub fn all(connection: &Connection) -> Result<HashMap<i64, Owner>> {
    connection
        .prepare_cached("SELECT id, user_id, team_id, organization_id FROM owners")?
        .query_map([], |row| Ok((row.get(0)?, Owner::from_texts(row.get(1)?, row.get(2)?, row.get(3)?))))?
        .collect()
}
