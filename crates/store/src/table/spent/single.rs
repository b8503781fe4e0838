//! One question at a time, through the indices.

use rusqlite::types::Value;
use rusqlite::{Connection, Result, params_from_iter};

use super::{Question, Since, Subject};
use crate::table::columns::list_of;
use crate::table::key_numbers;
use crate::table::spend_hourly::{ID_MARGIN, MILLISECONDS_PER_HOUR, first_id_at};
use crate::table::spend_labels::Label;

pub(in crate::table) fn answer(connection: &Connection, question: &Question, kept_from: i64) -> Result<i64> {
    if question.subject.is_nobody() {
        return Ok(0);
    }
    let since = Since::new(question.since, kept_from);
    let (sql, values) = of_hours(question, since.whole);
    let whole: i64 =
        connection.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| row.get(0))?;
    let begun = since.begun.map_or(Ok(0), |hour| in_hour(connection, question, hour))?;
    Ok(whole.saturating_add(begun))
}

/// What was spent since the question's moment in the hour into which it falls.
pub(super) fn in_hour(connection: &Connection, question: &Question, hour: i64) -> Result<i64> {
    let (sql, values) = of_rows(question, hour);
    let mut statement = connection.prepare_cached(&sql)?;
    let Subject::Tag(tag) = &question.subject else {
        return statement.query_row(params_from_iter(values), |row| row.get(0));
    };
    let mut rows = statement.query(params_from_iter(values))?;
    let mut sum = 0_i64;
    while let Some(row) = rows.next()? {
        if list_of(row.get_ref(0)?.as_str()?).contains(tag) {
            sum = sum.saturating_add(row.get(1)?);
        }
    }
    Ok(sum)
}

/// SQL for the whole hours from this one on, with its values.
pub(in crate::table) fn of_hours(question: &Question, from: i64) -> (String, Vec<Value>) {
    let mut of_group = String::new();
    let mut group = Vec::new();
    narrow(question, " AND model_group = ?", &mut of_group, &mut group);
    let label = |label: Label, name: &String| {
        let mut sql = "SELECT COALESCE(SUM(cost_nanos), 0) FROM spend_labels
            WHERE label = (SELECT id FROM labels WHERE kind = ? AND name = ?) AND hour >= ?"
            .to_owned();
        let mut values =
            vec![Value::Integer(label.number()), Value::Text(name.clone()), Value::Integer(from)];
        if !group.is_empty() {
            sql.push_str(" AND series IN (SELECT id FROM series WHERE TRUE");
            sql.push_str(&of_group);
            sql.push(')');
            values.extend(group.iter().cloned());
        }
        (sql, values)
    };
    match &question.subject {
        Subject::EndUser(name) => label(Label::EndUser, name),
        Subject::Tag(name) => label(Label::Tag, name),
        Subject::Everything if group.is_empty() => (
            "SELECT COALESCE(SUM(cost_nanos), 0) FROM spend_hourly WHERE hour >= ?".to_owned(),
            vec![Value::Integer(from)],
        ),
        subject => {
            let (condition, mut values) = of_series(subject);
            let sql = format!(
                "SELECT COALESCE(SUM(cost_nanos), 0) FROM spend_hourly
                 WHERE series IN (SELECT id FROM series WHERE {condition}{of_group}) AND hour >= ?"
            );
            values.extend(group);
            values.push(Value::Integer(from));
            (sql, values)
        }
    }
}

/// SQL for the rows of the hour into which the question's moment falls, with its values: their sum, or for a tag the tags and
/// cost of each that has some.
pub(in crate::table) fn of_rows(question: &Question, hour: i64) -> (String, Vec<Value>) {
    let (found, condition, mut values) = match &question.subject {
        Subject::Tag(_) => {
            ("tag_names, cost_nanos", "tags IS NOT NULL AND cost_nanos IS NOT NULL".to_owned(), Vec::new())
        }
        subject => {
            let (condition, values) = of_rows_of(subject);
            ("COALESCE(SUM(cost_nanos), 0)", condition, values)
        }
    };
    let mut sql = format!(
        "SELECT {found} FROM requests WHERE {condition} AND id >= ? AND id < ? AND started_at >= ? AND started_at < ?"
    );
    let end = (hour + 1).saturating_mul(MILLISECONDS_PER_HOUR);
    let id = |moment: i64| Value::Blob(first_id_at(moment).as_bytes().to_vec());
    values.push(id(question.since.saturating_sub(ID_MARGIN)));
    values.push(id(end.saturating_add(ID_MARGIN)));
    values.extend([question.since, end].map(Value::Integer));
    let of_group = " AND series IN (SELECT id FROM series WHERE model_group = ?)";
    narrow(question, of_group, &mut sql, &mut values);
    (sql, values)
}

fn narrow(question: &Question, condition: &str, sql: &mut String, values: &mut Vec<Value>) {
    if let Some(model_group) = &question.model_group {
        sql.push_str(condition);
        values.push(Value::Text(model_group.clone()));
    }
}

/// A condition on series. The number of nobody is ruled out, so that the index without it serves.
fn of_series(subject: &Subject) -> (String, Vec<Value>) {
    let texts = |texts: &[&String]| texts.iter().map(|text| Value::Text((*text).clone())).collect();
    let (condition, values) = match subject {
        Subject::Provider(name) => ("provider = ?", texts(&[name])),
        Subject::ProviderModel { provider, model } => {
            ("provider = ? AND model = ?", texts(&[provider, model]))
        }
        subject => of_holder(subject),
    };
    (condition.to_owned(), values)
}

/// A condition on rows of the ledger.
fn of_rows_of(subject: &Subject) -> (String, Vec<Value>) {
    match subject {
        Subject::Key(_) => {
            let (_, values) = of_holder(subject);
            (format!("key = {}", key_numbers::number_of("?")), values)
        }
        Subject::Provider(_) | Subject::ProviderModel { .. } => {
            let (condition, values) = of_series(subject);
            (format!("series IN (SELECT id FROM series WHERE {condition})"), values)
        }
        subject => {
            let (condition, values) = of_holder(subject);
            (condition.to_owned(), values)
        }
    }
}

/// A condition on what rows and series both tell: who is behind them.
fn of_holder(subject: &Subject) -> (&'static str, Vec<Value>) {
    let texts = |texts: &[&String]| texts.iter().map(|text| Value::Text((*text).clone())).collect();
    match subject {
        Subject::Key(id) => ("key_id = ?", vec![Value::Blob(id.as_bytes().to_vec())]),
        Subject::User(user) => {
            ("owner <> 0 AND owner IN (SELECT id FROM owners WHERE user_id = ?)", texts(&[user]))
        }
        Subject::Team(team) => {
            ("owner <> 0 AND owner IN (SELECT id FROM owners WHERE team_id = ?)", texts(&[team]))
        }
        Subject::TeamMember { team_id, user_id } => (
            "owner <> 0 AND owner IN (SELECT id FROM owners WHERE team_id = ? AND user_id = ?)",
            texts(&[team_id, user_id]),
        ),
        Subject::Organization(organization) => (
            "owner <> 0 AND owner IN (SELECT id FROM owners WHERE organization_id = ?)",
            texts(&[organization]),
        ),
        Subject::OrganizationMember { organization_id, user_id } => (
            "owner <> 0 AND owner IN (SELECT id FROM owners WHERE organization_id = ? AND user_id = ?)",
            texts(&[organization_id, user_id]),
        ),
        Subject::EndUser(name) => {
            ("end_user_label = (SELECT id FROM labels WHERE kind = 0 AND name = ?)", texts(&[name]))
        }
        // It is one of several in a text; who reads the rows looks for it there. The others are told apart elsewhere.
        Subject::Tag(_) => ("tags IS NOT NULL", Vec::new()),
        Subject::Everything | Subject::Provider(_) | Subject::ProviderModel { .. } => ("TRUE", Vec::new()),
    }
}
