//! What is shown of teams: the row, who is in it, and what it has spent.

use postern_store::table::members::{self, TeamMemberRow};
use postern_store::table::spent::{self, Question, Subject};
use postern_store::table::teams::TeamRow;
use postern_store::table::{LimitColumns, users};
use postern_store::{Connection, SqlError};

/// A team with who is in it. Money in nano-dollars.
#[derive(Debug)]
pub struct Whole {
    pub row: TeamRow,
    pub members: Vec<Person>,
    pub spent: i64,
}

/// Somebody in a team.
#[derive(Debug)]
pub struct Person {
    pub row: TeamMemberRow,
    pub email: Option<String>,
}

fn question(subject: Subject, limits: &LimitColumns) -> Question {
    Question { subject, model_group: None, since: limits.budget_started_at }
}

pub fn whole(connection: &Connection, rows: Vec<TeamRow>) -> Result<Vec<Whole>, SqlError> {
    let questions: Vec<Question> =
        rows.iter().map(|row| question(Subject::Team(row.team_id.clone()), &row.limits)).collect();
    let spent = spent::sums(connection, &questions)?;
    let mut teams = Vec::with_capacity(rows.len());
    for (row, spent) in rows.into_iter().zip(spent) {
        let mut people = Vec::new();
        for member in members::of_team(connection, &row.team_id)? {
            let user = users::find(connection, &member.user_id)?;
            people.push(Person { row: member, email: user.and_then(|user| user.user_email) });
        }
        let spent = spent.saturating_add(row.limits.spend_offset_nanos);
        teams.push(Whole { row, members: people, spent });
    }
    Ok(teams)
}

/// What each of these members has spent in the running period of their budget in the team.
pub fn spent_by(connection: &Connection, members: &[TeamMemberRow]) -> Result<Vec<i64>, SqlError> {
    let subject = |row: &TeamMemberRow| Subject::TeamMember {
        team_id: row.team_id.clone(),
        user_id: row.user_id.clone(),
    };
    let questions: Vec<Question> = members.iter().map(|row| question(subject(row), &row.limits)).collect();
    let spent = spent::sums(connection, &questions)?;
    Ok(members
        .iter()
        .zip(spent)
        .map(|(row, spent)| spent.saturating_add(row.limits.spend_offset_nanos))
        .collect())
}
