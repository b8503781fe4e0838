//! Budgets that have reached 50, 80 or 100 %, or their soft budget. Counters are looked at, whoever heard of a threshold when:
//! what was passed while nobody told it is told at the next look. An episode is a threshold of a budget of this size in one
//! period; of several percentages that were passed together the highest is told.

use std::sync::Arc;

use postern_store::table::alerts::{Episode, Whose};
use postern_store::table::spent::Subject;

use super::{News, tell};
use crate::clock;
use crate::counters::Scope;
use crate::directory::Directory;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::{AlertData, BudgetNotice, BudgetReached, Threshold};
use crate::limits::{self, Unnoted};

/// An episode is remembered a while longer than the period that it is of.
const AFTER_THE_PERIOD: i64 = 7 * 24 * 3_600_000;

/// Looks at every budget and tells what was not told.
pub async fn look(engine: &Arc<Engine>) -> Result<(), Failure> {
    let (directory, now) = (engine.directory.load_full(), clock::now_ms());
    let found: Vec<Unnoted> = directory
        .scopes()
        .filter(|scope| scope.has_budget())
        .filter_map(|scope| limits::unnoted(scope, now))
        .collect();
    let news = found
        .iter()
        .flat_map(|unnoted| unnoted.notices.iter().map(|notice| news(&directory, unnoted, notice)))
        .collect();
    tell(engine, news).await?;
    found.iter().for_each(Unnoted::noted);
    Ok(())
}

fn news(directory: &Directory, unnoted: &Unnoted, notice: &BudgetNotice) -> News {
    let Unnoted { scope, period, .. } = unnoted;
    let percent = match notice.threshold {
        Threshold::Percent(percent) => Some(percent),
        Threshold::Soft => None,
    };
    let budget = notice.budget_nanos.unwrap_or(0);
    let threshold = percent.map_or_else(|| "soft".to_owned(), |percent| percent.to_string());
    let model = scope.model.as_deref().unwrap_or_default();
    let about = subject(&scope.subject);
    let data = BudgetReached {
        level: notice.level,
        id: notice.id.clone(),
        name: name(directory, scope),
        model: notice.model.clone(),
        percent,
        spent_nanos: notice.spent_nanos,
        budget_nanos: budget,
        since: Some(*period).filter(|period| *period > 0),
        reset_at: notice.reset_at,
    };
    News {
        episode: Episode {
            name: format!("budget\u{1f}{about}\u{1f}{model}\u{1f}{period}\u{1f}{budget}\u{1f}{threshold}"),
            keep_until: notice.reset_at.map(|at| at.saturating_add(AFTER_THE_PERIOD)),
        },
        whose: whose(directory, &scope.subject),
        data: AlertData::Budget(data),
    }
}

/// A name that no other has, and that stays when keys are rotated.
fn subject(subject: &Subject) -> String {
    match subject {
        Subject::Everything => "proxy".to_owned(),
        Subject::Key(id) => format!("key\u{1f}{id}"),
        Subject::User(id) => format!("user\u{1f}{id}"),
        Subject::Team(id) => format!("team\u{1f}{id}"),
        Subject::TeamMember { team_id, user_id } => format!("team_member\u{1f}{team_id}\u{1f}{user_id}"),
        Subject::Organization(id) => format!("organization\u{1f}{id}"),
        Subject::OrganizationMember { organization_id, user_id } => {
            format!("organization_member\u{1f}{organization_id}\u{1f}{user_id}")
        }
        Subject::EndUser(id) => format!("end_user\u{1f}{id}"),
        Subject::Tag(name) => format!("tag\u{1f}{name}"),
        Subject::Provider(name) => format!("provider\u{1f}{name}"),
        Subject::ProviderModel { provider, model } => format!("provider\u{1f}{provider}\u{1f}{model}"),
    }
}

/// As people call whoever has the budget.
fn name(directory: &Directory, scope: &Scope) -> String {
    let named = match &scope.subject {
        Subject::Key(id) => directory.key_of(*id).map(|key| key.label.to_string()),
        Subject::User(id) => directory.user(id).and_then(|user| user.email.as_deref()).map(str::to_owned),
        Subject::Team(id) => directory.team(id).and_then(|team| team.alias.as_deref()).map(str::to_owned),
        Subject::Organization(id) => directory.organization(id).map(|known| known.alias.to_string()),
        Subject::TeamMember { team_id, user_id } => {
            let team = directory.team(team_id).and_then(|team| team.alias.as_deref()).unwrap_or(team_id);
            Some(format!("{user_id} of team {team}"))
        }
        Subject::OrganizationMember { organization_id, user_id } => {
            let known = directory.organization(organization_id);
            let organization = known.map_or(organization_id.as_str(), |known| &known.alias);
            Some(format!("{user_id} of organization {organization}"))
        }
        Subject::ProviderModel { provider, .. } => Some(provider.clone()),
        _ => None,
    };
    named.unwrap_or_else(|| scope.id.to_string())
}

/// Who may see what is told of this, besides those who see everything.
pub(super) fn whose(directory: &Directory, subject: &Subject) -> Whose {
    let text = |id: &Arc<str>| id.to_string();
    let organization_of = |team: &str| directory.organization_of(team).map(text);
    match subject {
        Subject::Key(id) => {
            let Some(key) = directory.key_of(*id) else {
                return Whose { key_id: Some(*id), ..Whose::default() };
            };
            let of_team = || key.team_id.as_deref().and_then(organization_of);
            Whose {
                key_id: Some(*id),
                user_id: key.user_id.as_ref().map(text),
                team_id: key.team_id.as_ref().map(text),
                organization_id: key.organization_id.as_ref().map(text).or_else(of_team),
            }
        }
        Subject::User(id) => Whose { user_id: Some(id.clone()), ..Whose::default() },
        Subject::Team(id) => {
            Whose { team_id: Some(id.clone()), organization_id: organization_of(id), ..Whose::default() }
        }
        Subject::TeamMember { team_id, user_id } => Whose {
            key_id: None,
            user_id: Some(user_id.clone()),
            team_id: Some(team_id.clone()),
            organization_id: organization_of(team_id),
        },
        Subject::Organization(id) => Whose { organization_id: Some(id.clone()), ..Whose::default() },
        Subject::OrganizationMember { organization_id, user_id } => Whose {
            user_id: Some(user_id.clone()),
            organization_id: Some(organization_id.clone()),
            ..Whose::default()
        },
        Subject::Everything
        | Subject::EndUser(_)
        | Subject::Tag(_)
        | Subject::Provider(_)
        | Subject::ProviderModel { .. } => Whose::default(),
    }
}
