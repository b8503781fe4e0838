//! What is told, as a title and a sentence: what, how much, since when.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Alert, AlertData, BudgetReached, LimitNear, LimitSource, SpendOf, Spike};

impl Alert {
    /// Title and text, with times as the clocks of this zone show them.
    pub fn words(&self, zone: &TimeZone) -> (String, String) {
        match &self.data {
            AlertData::Budget(reached) => budget(reached, zone),
            AlertData::SpendSpike(spike) => spend(spike, zone),
            AlertData::ProviderLimit(near) => limit(near, zone),
        }
    }
}

fn budget(reached: &BudgetReached, zone: &TimeZone) -> (String, String) {
    let model = reached.model.as_ref().map(|model| format!(" for {model}")).unwrap_or_default();
    let owner = owner(reached.level, &reached.name);
    let title = match reached.percent {
        None => format!("The soft budget{model} of {owner} is reached"),
        Some(100) => format!("The budget{model} of {owner} is used up"),
        Some(percent) => format!("{percent} % of the budget{model} of {owner} is spent"),
    };
    let since = reached.since.map(|since| format!(" since {}", day(since, zone))).unwrap_or_default();
    let anew = match reached.reset_at {
        Some(at) => format!("It starts anew on {}.", moment(at, zone)),
        None => "It does not start anew by itself.".to_owned(),
    };
    let (spent, most) = (dollars(reached.spent_nanos), dollars(reached.budget_nanos));
    (title, format!("{spent} of {most} spent{since}. {anew}"))
}

/// `key laptop`, `team Research`, `the gateway`.
fn owner(level: &str, name: &str) -> String {
    let word = match level {
        "proxy" => return "the gateway".to_owned(),
        "api_key" | "model_per_key" => "key",
        "team" | "model_per_team" => "team",
        "user" | "model_per_user" => "user",
        "organization" | "model_per_organization" => "organization",
        "end_user" | "model_per_end_user" => "end user",
        "tag" | "model_per_tag" => "tag",
        "provider" | "model_per_provider" => "provider",
        _ => "member",
    };
    format!("{word} {name}")
}

fn spend(spike: &Spike, zone: &TimeZone) -> (String, String) {
    let spent = dollars(spike.spent_nanos);
    let title = match spike.of {
        SpendOf::Total => format!("Unusual spend: {spent} in an hour"),
        SpendOf::Key => format!("Unusual spend of key {}: {spent} in an hour", spike.name),
        SpendOf::Provider => format!("Unusual spend at {}: {spent} in an hour", spike.name),
    };
    let text = format!(
        "{spent} since {}. At this time of day {} is usual, and {} would still be.",
        moment(spike.since, zone),
        dollars(spike.usual_nanos),
        dollars(spike.bound_nanos)
    );
    (title, text)
}

fn limit(near: &LimitNear, zone: &TimeZone) -> (String, String) {
    let of = near.model.as_ref().map(|model| format!(" for {model}")).unwrap_or_default();
    let title = format!("{} is near its limit{of}", near.provider);
    let (used, most, unit, since) = (near.used, near.limit, near.unit, moment(near.since, zone));
    let text = match near.source {
        LimitSource::Deployment | LimitSource::Configuration => {
            format!(
                "{used} of {most} {unit} per minute are used, since {since}. Beyond it others are asked, or requests refused."
            )
        }
        LimitSource::Provider => {
            let left = most.saturating_sub(used);
            format!("It says that {left} of {most} {unit} are left, since {since}.")
        }
    };
    (title, text)
}

/// `$8.12`; what is less than a cent keeps the digits that say something.
pub(super) fn dollars(nanos: i64) -> String {
    let amount = nanos as f64 / 1e9;
    if nanos != 0 && nanos.unsigned_abs() < 10_000_000 {
        format!("${amount:.6}")
    } else {
        format!("${amount:.2}")
    }
}

fn shown(at: i64, zone: &TimeZone, format: &str) -> String {
    Timestamp::from_millisecond(at)
        .map_or_else(|_| at.to_string(), |moment| moment.to_zoned(zone.clone()).strftime(format).to_string())
}

fn day(at: i64, zone: &TimeZone) -> String {
    shown(at, zone, "%-d %B")
}

fn moment(at: i64, zone: &TimeZone) -> String {
    shown(at, zone, "%-d %B, %H:%M")
}

#[cfg(test)]
mod tests {
    use postern_store::table::alerts::Whose;
    use uuid::Uuid;

    use super::*;

    fn words(data: AlertData) -> (String, String) {
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        Alert { id: Uuid::nil(), at: 0, whose: Whose::default(), data }.words(&zone)
    }

    #[test]
    fn a_budget_says_whose_how_much_and_until_when() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
        let reached = BudgetReached {
            level: "api_key",
            id: "hash".into(),
            name: "laptop".into(),
            model: None,
            percent: Some(80),
            spent_nanos: 8_120_000_000,
            budget_nanos: 10_000_000_000,
            since: Some(at("2026-10-31T23:00:00Z")),
            reset_at: Some(at("2026-11-30T23:00:00Z")),
        };
        let (title, text) = words(AlertData::Budget(reached.clone()));
        assert_eq!(title, "80 % of the budget of key laptop is spent");
        assert_eq!(text, "$8.12 of $10.00 spent since 1 November. It starts anew on 1 December, 00:00.");
        let endless = BudgetReached {
            level: "model_per_team",
            model: Some("gpt-4o".into()),
            percent: Some(100),
            since: None,
            reset_at: None,
            ..reached.clone()
        };
        let (title, text) = words(AlertData::Budget(endless));
        assert_eq!(title, "The budget for gpt-4o of team laptop is used up");
        assert_eq!(text, "$8.12 of $10.00 spent. It does not start anew by itself.");
        let soft = BudgetReached { level: "proxy", percent: None, ..reached };
        assert_eq!(words(AlertData::Budget(soft)).0, "The soft budget of the gateway is reached");
    }

    #[test]
    fn small_sums_are_not_nothing() {
        assert_eq!(dollars(0), "$0.00");
        assert_eq!(dollars(1_234_000), "$0.001234");
        assert_eq!(dollars(12_345_000_000), "$12.35");
        assert_eq!(dollars(i64::MAX), "$9223372036.85");
    }

    #[test]
    fn a_limit_says_who_counts() {
        let near = LimitNear {
            source: LimitSource::Deployment,
            provider: "openai".into(),
            model: Some("gpt-4o".into()),
            deployment_id: None,
            unit: "requests",
            used: 48,
            limit: 60,
            since: 0,
        };
        let (title, text) = words(AlertData::ProviderLimit(near.clone()));
        assert_eq!(title, "openai is near its limit for gpt-4o");
        assert!(text.starts_with("48 of 60 requests per minute are used, since 1 January, 01:00."), "{text}");
        let (_, text) = words(AlertData::ProviderLimit(LimitNear { source: LimitSource::Provider, ..near }));
        assert_eq!(text, "It says that 12 of 60 requests are left, since 1 January, 01:00.");
    }
}
