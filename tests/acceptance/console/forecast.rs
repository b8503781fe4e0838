//! `/console/forecast`: the end of the month, by the days before, of what the caller may see.

use postern_tests::{World, receive};
use reqwest::Method;
use serde_json::{Value, json};

use super::alerts::now;
use super::alerts::spend::{before, hour_now, spend};

const CENT: i64 = 10_000_000;

#[tokio::test]
async fn nothing_is_made_up() {
    let world = World::start().await;
    let forecast = world.get("/console/forecast").await;
    let today = now().to_zoned(jiff::tz::TimeZone::UTC);
    assert_eq!(forecast["month"], today.strftime("%Y-%m").to_string());
    assert_eq!(
        (&forecast["timezone"], &forecast["by"], &forecast["coverage_percent"]),
        (&json!("UTC"), &json!("total"), &json!(80))
    );
    assert_eq!(
        forecast["total"],
        json!({"id": "", "name": "total", "spent_nanos": 0, "expected_nanos": 0, "low_nanos": null, "high_nanos": null, "basis_days": 0})
    );
    assert_eq!(
        forecast["points"].as_array().unwrap().len(),
        usize::from(today.days_in_month().unsigned_abs())
    );
    assert_eq!((&forecast["rows"], &forecast["budgets"]), (&json!([]), &json!([])));
    let refused = world.admin(Method::GET, "/console/forecast?by=weather", Value::Null).await;
    assert!([400, 422].contains(&refused.status), "{}", refused.text());
}

#[tokio::test]
async fn the_month_goes_on_as_the_weeks_before() {
    let directory = tempfile::tempdir().unwrap();
    let (key, how) = before(directory.path()).await;
    // A cent in each hour of the last forty days.
    let hour = hour_now();
    spend(directory.path(), (hour - 40 * 24..hour).map(|hour| (hour, CENT)));
    let gateway = how(postern_testkit::TestGateway::builder()).start().await;
    let read = async |by: &str, key: &str| {
        let url = format!("{}/console/forecast?by={by}", gateway.url());
        receive(gateway.client().get(url).bearer_auth(key)).await.expect(200).json()
    };
    let admin = gateway.admin_key().to_owned();
    let forecast = read("model", &admin).await;
    let total = &forecast["total"];
    let days = forecast["points"].as_array().unwrap().len() as i64;
    let number = |name: &str| total[name].as_i64().unwrap();
    let (spent, expected) = (number("spent_nanos"), number("expected_nanos"));
    let (low, high) = (number("low_nanos"), number("high_nanos"));
    assert!(spent <= low && low <= expected && expected <= high, "{total}");
    // Twenty-four cents a day, and the ten of the one request.
    assert!((expected - (days * 24 + 10) * CENT).abs() <= 40 * CENT, "{expected} of {days} days");
    assert!((39..=40).contains(&number("basis_days")), "{total}");
    let last = &forecast["points"][usize::try_from(days).unwrap() - 1];
    assert_eq!(
        (&last["expected_nanos"], &last["low_nanos"], &last["high_nanos"]),
        (&total["expected_nanos"], &total["low_nanos"], &total["high_nanos"])
    );
    let rows = forecast["rows"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["name"]), (1, &json!("dear")));
    assert_eq!(rows[0]["spent_nanos"], total["spent_nanos"]);
    let by_key = read("key", &admin).await;
    assert_eq!(
        (&by_key["rows"][0]["name"], &by_key["rows"][0]["spent_nanos"]),
        (&json!("world"), &total["spent_nanos"])
    );

    // The key sees its own, another one nothing.
    assert_eq!(read("key", &key).await["total"]["spent_nanos"], total["spent_nanos"]);
    let other = gateway.new_key(json!({"key_alias": "other"})).await;
    let foreign = read("key", &other).await;
    assert_eq!((&foreign["total"]["spent_nanos"], &foreign["rows"]), (&json!(0), &json!([])));

    // Of the running period is the one request. At a cent in each hour a dollar more is gone in four days; what starts anew
    // tomorrow lasts.
    let update = |body: Value| gateway.admin(Method::POST, "/key/update").json(&body);
    assert_eq!(read("key", &admin).await["budgets"], json!([]));
    receive(update(json!({"key": key, "max_budget": 1.1}))).await.expect(200);
    let budget = read("total", &key).await["budgets"][0].clone();
    assert_eq!(
        (&budget["of"], &budget["name"], &budget["reset_at"]),
        (&json!("key"), &json!("world"), &Value::Null)
    );
    let used_up: jiff::civil::Date = budget["used_up_on"].as_str().unwrap().parse().unwrap();
    let today = now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let left = (used_up - today).get_days();
    assert!((3..=6).contains(&left), "{budget}");
    assert_eq!(read("total", &other).await["budgets"], json!([]));
    receive(update(json!({"key": key, "max_budget": 100.0, "budget_duration": "1d"}))).await.expect(200);
    let budget = read("total", &key).await["budgets"][0].clone();
    assert!(budget["used_up_on"].is_null() && budget["reset_at"].is_string(), "{budget}");
}
