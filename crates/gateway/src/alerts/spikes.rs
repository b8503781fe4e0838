//! Hours that cost far more than usual: of everything, of each key, of each provider. An hour is looked at while it runs and
//! when it is over, and what is found is an episode of that hour, so that it does not matter how often or how late it is
//! looked at, nor whether the clock jumps meanwhile.

use std::sync::Arc;

use jiff::tz::TimeZone;
use postern_store::table::alerts::{Episode, Whose};
use postern_store::table::spend_hourly::{self, HoursOf, MILLISECONDS_PER_HOUR, Split};
use postern_store::table::spent::Subject;
use postern_store::{Connection, SqlError};
use uuid::Uuid;

use super::{News, budgets, tell};
use crate::anomaly::{self, Usual};
use crate::clock;
use crate::directory::Directory;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::{AlertData, SpendOf, Spike};

/// An episode is remembered until its hour is not looked at any more, however far the clock is set back.
const REMEMBERED: i64 = 90 * 24 * MILLISECONDS_PER_HOUR;

/// An hour of which it is said that it was unusual.
struct Found {
    hour: i64,
    of: HoursOf,
    spent: i64,
    usual: Usual,
}

/// Looks at the hour that runs and at some before it.
pub async fn look(engine: &Arc<Engine>, hours_before: i64) -> Result<(), Failure> {
    let (directory, now) = (engine.directory.load_full(), clock::now_ms());
    let (hour, zone) = (spend_hourly::hour_of(now), directory.rules.zone.clone());
    let found = engine
        .read(move |connection| {
            let mut found = Vec::new();
            for hour in hour - hours_before..=hour {
                found.extend(unusual(connection, hour, &zone)?);
            }
            Ok(found)
        })
        .await?;
    tell(engine, found.into_iter().map(|found| news(&directory, found)).collect()).await
}

/// What was unusual in an hour.
fn unusual(connection: &Connection, hour: i64, zone: &TimeZone) -> Result<Vec<Found>, SqlError> {
    let mut found = Vec::new();
    for split in [Split::Whole, Split::Key, Split::Provider] {
        for (id, money) in spend_hourly::money(connection, split, hour, hour + 1, None)? {
            // Hardly anything is dear enough to be looked at any closer.
            if money.billed <= anomaly::FLOOR {
                if split == Split::Whole {
                    return Ok(found);
                }
                continue;
            }
            let of = match split {
                Split::Key => HoursOf::Key(Uuid::parse_str(&id).unwrap_or_default()),
                Split::Provider => HoursOf::Provider(id),
                _ => HoursOf::Everything,
            };
            let from = hour - anomaly::DAYS * 24 - 1;
            let costs = spend_hourly::billed_by_hour(connection, &of, from, hour)?;
            if let Some(usual) = anomaly::usual(hour, &costs, zone).filter(|usual| money.billed > usual.bound)
            {
                found.push(Found { hour, of, spent: money.billed, usual });
            }
        }
    }
    Ok(found)
}

fn news(directory: &Directory, found: Found) -> News {
    let (of, id, name, whose) = match found.of {
        HoursOf::Everything => (SpendOf::Total, String::new(), "total".to_owned(), Whose::default()),
        HoursOf::Key(id) if id.is_nil() => {
            (SpendOf::Key, "administrator".to_owned(), "administrator".to_owned(), Whose::default())
        }
        HoursOf::Key(id) => {
            let key = directory.key_of(id);
            let label = key.map_or_else(|| id.to_string(), |key| key.label.to_string());
            (SpendOf::Key, id.to_string(), label, budgets::whose(directory, &Subject::Key(id)))
        }
        HoursOf::Provider(name) => (SpendOf::Provider, name.clone(), name, Whose::default()),
    };
    let since = found.hour * MILLISECONDS_PER_HOUR;
    News {
        episode: Episode {
            name: format!("spend\u{1f}{}\u{1f}{id}\u{1f}{}", of.as_str(), found.hour),
            keep_until: Some(since.saturating_add(REMEMBERED)),
        },
        whose,
        data: AlertData::SpendSpike(Spike {
            of,
            id,
            name,
            since,
            spent_nanos: found.spent,
            usual_nanos: found.usual.middle,
            bound_nanos: found.usual.bound,
        }),
    }
}
