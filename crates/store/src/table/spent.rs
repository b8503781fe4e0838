//! What somebody has spent since a moment, exact to the request: whole hours from the roll-ups, the hour that had begun at
//! that moment from the rows of the ledger. A few questions are looked up one by one (`single`), very many are answered in one
//! pass over the roll-ups (`together`), since the keys of a large house are asked for all at once when the gateway starts.

use rusqlite::{Connection, Result};
use uuid::Uuid;

use super::requests::kept_from;
use super::spend_hourly::{MILLISECONDS_PER_HOUR, hour_of};

mod single;
mod together;

#[cfg(test)]
pub(super) use single::{answer as one_by_one, of_hours, of_rows};
#[cfg(test)]
pub(super) use together::answer as in_one_pass;

/// Who has spent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    Everything,
    Key(Uuid),
    User(String),
    Team(String),
    TeamMember {
        team_id: String,
        user_id: String,
    },
    Organization(String),
    OrganizationMember {
        organization_id: String,
        user_id: String,
    },
    EndUser(String),
    Tag(String),
    Provider(String),
    /// `model` as the provider calls it.
    ProviderModel {
        provider: String,
        model: String,
    },
}

impl Subject {
    /// An empty name stands for nobody in the ledger, and nobody spends.
    fn is_nobody(&self) -> bool {
        match self {
            Self::User(name) | Self::Team(name) | Self::Organization(name) | Self::Provider(name) => {
                name.is_empty()
            }
            Self::TeamMember { team_id: group, user_id }
            | Self::OrganizationMember { organization_id: group, user_id } => {
                group.is_empty() || user_id.is_empty()
            }
            Self::ProviderModel { provider, .. } => provider.is_empty(),
            Self::Everything | Self::Key(_) | Self::EndUser(_) | Self::Tag(_) => false,
        }
    }

    /// Whether its part of the roll-ups can be found without reading the rest.
    fn has_index(&self) -> bool {
        !matches!(self, Self::Everything | Self::Provider(_) | Self::ProviderModel { .. })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub subject: Subject,
    /// What was spent on this one only.
    pub model_group: Option<String>,
    /// What started at this moment or later counts; UTC milliseconds. 0 and less is everything.
    pub since: i64,
}

/// So many look-ups take longer than a pass over the roll-ups of a small ledger, and less than one over those of a large one.
const MANY: usize = 256;

/// Nano-dollars for each question, in their order.
pub fn sums(connection: &Connection, questions: &[Question]) -> Result<Vec<i64>> {
    let those = |indexed: bool| {
        let asked = questions.iter().enumerate();
        asked.filter(move |(_, question)| question.subject.has_index() == indexed).map(|(at, _)| at)
    };
    let looked_up = those(true).count();
    let kept_from = kept_from(connection)?;
    // What has no index reads all of its time anyhow; several do so together.
    let in_one_pass: Vec<usize> = if looked_up >= MANY {
        (0..questions.len()).collect()
    } else if questions.len() - looked_up > 1 {
        those(false).collect()
    } else {
        Vec::new()
    };
    let mut sums = vec![None; questions.len()];
    let together: Vec<&Question> = in_one_pass.iter().map(|at| &questions[*at]).collect();
    for (at, sum) in in_one_pass.iter().zip(together::answer(connection, &together, kept_from)?) {
        sums[*at] = Some(sum);
    }
    let answered = sums.into_iter().zip(questions);
    answered
        .map(|(sum, question)| sum.map_or_else(|| single::answer(connection, question, kept_from), Ok))
        .collect()
}

/// The two parts of the time since a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Since {
    moment: i64,
    /// The first hour that lies in it as a whole.
    whole: i64,
    /// The hour before that, if a part of it lies in it.
    begun: Option<i64>,
}

impl Since {
    /// Rows are there from the hour `kept_from` on. What is older than that is counted by the hour: rather too much than too
    /// little, and nothing too much where the hour is that in which something was made.
    fn new(moment: i64, kept_from: i64) -> Self {
        if moment <= 0 {
            return Self { moment: i64::MIN, whole: i64::MIN, begun: None };
        }
        let hour = hour_of(moment);
        if hour < kept_from {
            Self { moment: hour.saturating_mul(MILLISECONDS_PER_HOUR), whole: hour, begun: None }
        } else if hour * MILLISECONDS_PER_HOUR == moment {
            Self { moment, whole: hour, begun: None }
        } else {
            Self { moment, whole: hour + 1, begun: Some(hour) }
        }
    }
}
