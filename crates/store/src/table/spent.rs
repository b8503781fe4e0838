//! Placeholder until the real one is merged.
use rusqlite::{Connection, Result};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    Everything,
    Key(Uuid),
    User(String),
    Team(String),
    TeamMember { team_id: String, user_id: String },
    Organization(String),
    OrganizationMember { organization_id: String, user_id: String },
    EndUser(String),
    Tag(String),
    Provider(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question {
    pub subject: Subject,
    pub model_group: Option<String>,
    pub since: i64,
}

pub fn sums(connection: &Connection, questions: &[Question]) -> Result<Vec<i64>> {
    let mut sums = Vec::new();
    for question in questions {
        let owner = |column: &str, id: &str| {
            format!("owner IN (SELECT id FROM owners WHERE {column} = '{}')", id.replace('\'', "''"))
        };
        let condition = match &question.subject {
            Subject::Everything => "1".to_owned(),
            Subject::Key(id) => format!("key_id = x'{}'", id.simple()),
            Subject::User(id) => owner("user_id", id),
            Subject::Team(id) => owner("team_id", id),
            Subject::TeamMember { team_id, user_id } => {
                format!("{} AND {}", owner("team_id", team_id), owner("user_id", user_id))
            }
            Subject::Organization(id) => owner("organization_id", id),
            Subject::OrganizationMember { organization_id, user_id } => {
                format!("{} AND {}", owner("organization_id", organization_id), owner("user_id", user_id))
            }
            Subject::EndUser(id) => format!("end_user = '{}'", id.replace('\'', "''")),
            Subject::Tag(name) => {
                format!("EXISTS (SELECT 1 FROM json_each(tags) WHERE value = '{}')", name.replace('\'', "''"))
            }
            Subject::Provider(name) => format!("provider = '{}'", name.replace('\'', "''")),
        };
        let model = question
            .model_group
            .as_ref()
            .map_or(String::new(), |model| format!(" AND model_group = '{}'", model.replace('\'', "''")));
        let sql = format!(
            "SELECT COALESCE(SUM(cost_nanos), 0) FROM requests WHERE {condition}{model} AND started_at >= {}",
            question.since
        );
        sums.push(connection.query_row(&sql, [], |row| row.get(0))?);
    }
    Ok(sums)
}
