//! Choices and courses, case by case.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Course, Dice, Facts, Kind, NotNow, Over, Reason, Step, Surroundings, Wanted, Wishes, choose};
use crate::clock::Moment;
use crate::condition::{CooldownRules, Trouble};
use crate::config::{ConfigFile, RoutingSettings, Strategy};
use crate::error::ErrorClass;
use crate::snapshot::{Deployment, Group, Sources, build};

/// A group of deployments named by their position, each with these parameters.
fn group_of(name: &str, deployments: &[Value]) -> Arc<Group> {
    let models: Vec<_> = deployments
        .iter()
        .enumerate()
        .map(|(index, params)| {
            let mut all = json!({"model": "openai/x", "api_base": "http://127.0.0.1:1/v1"});
            all.as_object_mut().unwrap().extend(params.as_object().unwrap().clone());
            json!({"model_name": name, "model_info": {"id": format!("{name}{index}")}, "litellm_params": all})
        })
        .collect();
    let config =
        ConfigFile { models: serde_json::from_value(models.into()).unwrap(), ..ConfigFile::default() };
    build(Sources::empty(&config)).groups[name].clone()
}

fn group(deployments: &[Value]) -> Arc<Group> {
    group_of("", deployments)
}

const NOW: Moment = Moment(1_000_000_000);

fn at(seconds: f64) -> Moment {
    NOW.plus(Duration::from_secs_f64(seconds))
}

fn wanted(strategy: Strategy) -> Wanted {
    Wanted { strategy, match_any: true, ..Wanted::default() }
}

fn fail(deployment: &Deployment, now: Moment, class: ErrorClass, retry_after: Option<u64>) {
    let retry_after = retry_after.map(Duration::from_secs);
    let trouble = Trouble { class, status: 500, retry_after, reason: "it failed" };
    let mut flight = deployment.condition.begin(now, 1, 0, true).unwrap();
    flight.failed(now, &trouble, &CooldownRules::default());
}

/// How often each is chosen in so many draws.
fn shares(group: &Group, wanted: &Wanted, draws: u32) -> HashMap<String, u32> {
    let mut dice = Dice::new(7);
    let mut shares = HashMap::new();
    for _ in 0..draws {
        let chosen = choose(group, wanted, &[], NOW, &mut dice).unwrap();
        *shares.entry(chosen.id.clone()).or_default() += 1;
    }
    shares
}

fn chosen(group: &Group, wanted: &Wanted) -> String {
    choose(group, wanted, &[], NOW, &mut Dice::new(3)).map(|known| known.id.clone()).unwrap_or_default()
}

#[test]
fn the_lowest_order_comes_first_whatever_the_strategy() {
    let group = group(&[json!({"order": 2}), json!({"order": 1}), json!({"order": 1}), json!({"order": 3})]);
    for strategy in [
        Strategy::Shuffle,
        Strategy::LeastBusy,
        Strategy::LowestLatency,
        Strategy::LowestCost,
        Strategy::LeastUsed,
        Strategy::Priority,
        Strategy::RoundRobin,
    ] {
        let shares = shares(&group, &wanted(strategy), 100);
        assert!(shares.keys().all(|id| id == "1" || id == "2"), "{strategy:?}: {shares:?}");
    }
}

#[test]
fn peers_are_drawn_by_weight() {
    let group =
        group(&[json!({"weight": 1}), json!({"weight": 3}), json!({"weight": 6}), json!({"weight": 0})]);
    let shares = shares(&group, &wanted(Strategy::Shuffle), 10_000);
    for (id, share) in [("0", 1000), ("1", 3000), ("2", 6000)] {
        assert!(shares[id].abs_diff(share) < 250, "{id}: {shares:?}");
    }
    assert!(!shares.contains_key("3"), "without weight it is only for when there is no other: {shares:?}");
    let rates = self::group(&[json!({"rpm": 10}), json!({"rpm": 30})]);
    let shares = self::shares(&rates, &wanted(Strategy::Shuffle), 4000);
    assert!(shares["1"].abs_diff(3000) < 200, "rates are weights where there are none: {shares:?}");
    let none = self::group(&[json!({"weight": 0}), json!({"weight": 0})]);
    assert!(!chosen(&none, &wanted(Strategy::Shuffle)).is_empty());
}

#[test]
fn the_least_busy_is_the_one_with_fewest_under_way() {
    let group = group(&[json!({}), json!({}), json!({})]);
    let _held: Vec<_> = [0, 0, 1, 2, 2]
        .into_iter()
        .map(|index: usize| group.deployments[index].condition.begin(NOW, 1, 0, false).unwrap())
        .collect();
    assert_eq!(chosen(&group, &wanted(Strategy::LeastBusy)), "1");
}

#[test]
fn the_fastest_is_chosen_and_those_that_are_hardly_slower() {
    let group = group(&[json!({}), json!({}), json!({})]);
    let take = |index: usize, milliseconds: u64| {
        let mut flight = group.deployments[index].condition.begin(NOW, 1, 0, false).unwrap();
        flight.answered(NOW.plus(Duration::from_millis(milliseconds)));
    };
    take(0, 100);
    take(1, 110);
    assert_eq!(chosen(&group, &wanted(Strategy::LowestLatency)), "2", "one that was never asked is tried");
    take(2, 300);
    assert_eq!(chosen(&group, &wanted(Strategy::LowestLatency)), "0");
    let buffered = Wanted { latency_buffer: 0.2, ..wanted(Strategy::LowestLatency) };
    let shares = shares(&group, &buffered, 1000);
    assert!(shares["0"].abs_diff(500) < 100 && shares["1"].abs_diff(500) < 100, "{shares:?}");
}

#[test]
fn the_cheapest_is_chosen_and_what_has_no_price_is_dear() {
    let price =
        |input: f64, output: f64| json!({"input_cost_per_token": input, "output_cost_per_token": output});
    let group = group(&[json!({}), price(0.000_002, 0.000_004), price(0.000_003, 0.000_001)]);
    assert_eq!(chosen(&group, &wanted(Strategy::LowestCost)), "2");
}

#[test]
fn the_least_used_has_taken_fewest_tokens_this_minute() {
    let group = group(&[json!({}), json!({})]);
    drop(group.deployments[0].condition.begin(NOW, 1, 500, false));
    drop(group.deployments[1].condition.begin(NOW, 1, 400, false));
    assert_eq!(chosen(&group, &wanted(Strategy::LeastUsed)), "1");
}

#[test]
fn turns_go_round() {
    let group = group(&[json!({}), json!({}), json!({})]);
    let mut order = String::new();
    for turn in 1..=7 {
        let chosen = choose(&group, &wanted(Strategy::RoundRobin), &[], NOW, &mut Dice::new(1)).unwrap();
        order.push_str(&chosen.id);
        drop(chosen.condition.begin(NOW, turn, 0, false));
    }
    let first = &order[..3];
    assert_eq!(order, format!("{first}{first}{}", &first[..1]));
    let mut letters: Vec<char> = first.chars().collect();
    letters.sort_unstable();
    assert_eq!(letters, ['0', '1', '2']);
}

#[test]
fn limits_of_a_deployment_hold() {
    let group = group(&[json!({"rpm": 2}), json!({"tpm": 100}), json!({"max_parallel_requests": 1})]);
    let strategy = Wanted { tokens: 60, ..wanted(Strategy::Priority) };
    let begin = |index: usize| group.deployments[index].condition.begin(NOW, 1, 60, false).unwrap();
    assert_eq!(chosen(&group, &strategy), "0");
    drop((begin(0), begin(0)));
    assert_eq!(chosen(&group, &strategy), "1", "two requests a minute are all");
    drop(begin(1));
    assert_eq!(chosen(&group, &strategy), "2", "60 tokens and 60 are more than 100");
    let held = begin(2);
    let refused = choose(&group, &strategy, &[], NOW, &mut Dice::new(1)).unwrap_err();
    assert_eq!(refused.reason, Reason::Full);
    assert!(refused.soonest.is_some());
    drop(held);
    assert_eq!(chosen(&group, &strategy), "2");
    let later = choose(&group, &strategy, &[], at(121.0), &mut Dice::new(1)).unwrap();
    assert_eq!(later.id, "0", "the minute has passed");
}

#[test]
fn what_does_not_suit_is_not_chosen() {
    let group = group(&[
        json!({"tags": ["free", "default"], "region_name": "eu"}),
        json!({"tags": ["paid", "fast"], "region_name": "us"}),
    ]);
    let tags = |tags: &[&str], match_any| Wanted {
        tags: Some(tags.iter().map(|tag| (*tag).to_owned()).collect()),
        match_any,
        ..wanted(Strategy::Priority)
    };
    assert_eq!(chosen(&group, &tags(&["paid"], true)), "1");
    assert_eq!(chosen(&group, &tags(&["paid", "none"], true)), "1");
    assert_eq!(chosen(&group, &tags(&["paid", "none"], false)), "");
    let refused = choose(&group, &tags(&["none"], true), &[], NOW, &mut Dice::new(1)).unwrap_err();
    assert_eq!(refused, NotNow { reason: Reason::Tags, soonest: None });
    let there = |region: &str| Wanted { region: Some(region.to_owned()), ..wanted(Strategy::Priority) };
    assert_eq!(chosen(&group, &there("US")), "1");
    let refused = choose(&group, &there("asia"), &[], NOW, &mut Dice::new(1)).unwrap_err();
    assert_eq!(refused.reason, Reason::Region);
}

#[test]
fn a_conversation_stays_while_its_deployment_can_be_asked_and_is_as_good() {
    let group = group(&[json!({"order": 1}), json!({"order": 1}), json!({"order": 2})]);
    let stays = |id: &str| Wanted { stays_with: Some(id.into()), ..wanted(Strategy::Priority) };
    assert_eq!(chosen(&group, &stays("1")), "1");
    assert_eq!(chosen(&group, &stays("2")), "0", "a lower order is what was asked for");
    fail(&group.deployments[1], NOW, ErrorClass::RateLimit, None);
    assert_eq!(chosen(&group, &stays("1")), "0");
}

#[test]
fn what_cools_down_is_not_asked_until_it_has() {
    let group = group(&[json!({"order": 1}), json!({"order": 2})]);
    fail(&group.deployments[0], NOW, ErrorClass::RateLimit, Some(60));
    fail(&group.deployments[1], NOW, ErrorClass::Internal, None);
    let next = |now: Moment| {
        choose(&group, &wanted(Strategy::Shuffle), &[], now, &mut Dice::new(1)).map(|known| known.id.clone())
    };
    assert_eq!(next(at(1.0)).as_deref(), Ok("1"), "one failure of that kind is none");
    fail(&group.deployments[1], NOW, ErrorClass::Internal, None);
    fail(&group.deployments[1], NOW, ErrorClass::Timeout, None);
    assert_eq!(next(at(1.0)), Err(NotNow { reason: Reason::Resting, soonest: Some(Duration::from_secs(4)) }));
    assert_eq!(next(at(5.0)).as_deref(), Ok("1"));
    assert_eq!(next(at(60.0)).as_deref(), Ok("0"));
    // Half open: one request and no second.
    let probe = group.deployments[0].condition.begin(at(60.0), 1, 0, false).unwrap();
    assert!(probe.is_probe());
    assert!(group.deployments[0].condition.begin(at(60.0), 1, 0, false).is_none());
    assert_eq!(next(at(60.0)).as_deref(), Ok("1"));
    // One that says nothing lets the next one try.
    drop(probe);
    assert_eq!(next(at(60.0)).as_deref(), Ok("0"));
    let mut probe = group.deployments[0].condition.begin(at(60.0), 1, 0, false).unwrap();
    probe.answered(at(60.1));
    assert_eq!(next(at(60.1)).as_deref(), Ok("0"));
}

#[test]
fn a_circuit_that_opens_again_stays_open_longer() {
    let group = group(&[json!({})]);
    let deployment = &group.deployments[0];
    let mut now = NOW;
    for expected in [5, 10, 20, 40, 60, 60] {
        fail(deployment, now, ErrorClass::NotFound, None);
        let open = deployment.condition.view(now).cooling_for.unwrap();
        assert_eq!(open.as_secs(), expected);
        now = now.plus(open);
    }
    let mut flight = deployment.condition.begin(now, 1, 0, false).unwrap();
    flight.answered(now);
    drop(flight);
    fail(deployment, now, ErrorClass::NotFound, None);
    assert_eq!(deployment.condition.view(now).cooling_for.unwrap().as_secs(), 5);
}

#[test]
fn requests_that_fail_together_open_a_circuit_once() {
    let group = group(&[json!({})]);
    let condition = &group.deployments[0].condition;
    let under_way: Vec<_> = (0..20).map(|_| condition.begin(NOW, 1, 0, false).unwrap()).collect();
    let trouble = Trouble { class: ErrorClass::Internal, status: 503, retry_after: None, reason: "" };
    for mut flight in under_way {
        flight.failed(at(1.0), &trouble, &CooldownRules::default());
    }
    assert_eq!(condition.view(at(1.0)).cooling_for.unwrap().as_secs(), 5);
    assert_eq!(condition.view(at(1.0)).failures, 20);
    let mut probe = condition.begin(at(6.0), 1, 0, false).unwrap();
    probe.failed(at(6.0), &trouble, &CooldownRules::default());
    assert_eq!(condition.view(at(6.0)).cooling_for.unwrap().as_secs(), 10);
}

#[test]
fn allowed_failures_take_the_place_of_the_rule() {
    let group = group(&[json!({})]);
    let condition = &group.deployments[0].condition;
    let rules = CooldownRules { allowed: Some(4), ..CooldownRules::default() };
    let trouble = Trouble { class: ErrorClass::RateLimit, status: 429, retry_after: None, reason: "" };
    for _ in 0..4 {
        condition.begin(NOW, 1, 0, false).unwrap().failed(NOW, &trouble, &rules);
        assert!(condition.availability(NOW).may_be_asked());
    }
    condition.begin(NOW, 1, 0, false).unwrap().failed(NOW, &trouble, &rules);
    assert!(!condition.availability(NOW).may_be_asked());
    let never = CooldownRules { time: Duration::ZERO, ..CooldownRules::default() };
    let other = self::group(&[json!({})]);
    let mut flight = other.deployments[0].condition.begin(NOW, 1, 0, false).unwrap();
    flight.failed(NOW, &trouble, &never);
    assert!(other.deployments[0].condition.availability(NOW).may_be_asked());
}

/// Groups to fall back on, by name and kind.
#[derive(Default)]
struct World(Vec<(&'static str, Kind, Vec<Arc<Group>>)>);

impl Surroundings for World {
    fn others(&self, group: &str, kind: Kind) -> Vec<Arc<Group>> {
        let found = self.0.iter().find(|(from, known, _)| *from == group && *known == kind);
        found.map(|(_, _, others)| others.clone()).unwrap_or_default()
    }

    fn turn(&self) -> u64 {
        1
    }
}

fn facts(class: ErrorClass) -> Facts {
    let may_pass = matches!(class, ErrorClass::Internal | ErrorClass::RateLimit | ErrorClass::Timeout);
    Facts { class, is_upstreams: true, does_not_fit: false, may_pass, retry_after: None }
}

/// The deployments that are asked when each of them fails like this, pauses as `.`, and how it ends.
fn course(
    world: &World,
    group: &Arc<Group>,
    settings: RoutingSettings,
    wishes: Wishes,
    class: ErrorClass,
) -> String {
    let mut course = Course::new(Arc::new(settings), group.clone(), wishes);
    let (mut said, mut now, mut dice) = (String::new(), NOW, Dice::new(5));
    for _ in 0..50 {
        match course.next(now, world, &mut dice) {
            Step::Wait(pause) => {
                now = now.plus(pause);
                said.push('.');
            }
            Step::Over(over) => {
                said.push_str(match over {
                    Over::Failed => "!",
                    Over::Unavailable(_) => "?",
                    Over::Late => "late",
                });
                return said;
            }
            Step::Try(mut attempt) => {
                said.push_str(&attempt.deployment.id);
                now = now.plus(Duration::from_millis(100));
                let trouble = Trouble { class, status: 500, retry_after: None, reason: "" };
                attempt.flight.failed(now, &trouble, &attempt.deployment.cooldown);
                course.failed(&facts(class), &mut dice);
            }
        }
    }
    panic!("it does not end: {said}");
}

#[test]
fn a_course_tries_others_first_and_the_same_again_after_a_pause() {
    let plain = RoutingSettings::default;
    let ordered = [json!({"order": 1}), json!({"order": 2}), json!({"order": 3}), json!({"order": 4})];
    let run = |count: usize, settings: RoutingSettings, class| {
        let settings = RoutingSettings { cooldowns: false, ..settings };
        let params: Vec<Value> = ordered[..count]
            .iter()
            .map(|params| {
                let mut params = params.clone();
                params["cooldown_time"] = json!(0);
                params
            })
            .collect();
        course(&World::default(), &group(&params), settings, Wishes::default(), class)
    };
    assert_eq!(run(4, plain(), ErrorClass::Internal), "012!", "two retries are three attempts");
    assert_eq!(run(2, plain(), ErrorClass::Internal), "01.0!");
    assert_eq!(run(1, plain(), ErrorClass::RateLimit), "0.0.0!");
    // What would say the same is not asked again, others are.
    assert_eq!(run(1, plain(), ErrorClass::Timeout), "0!");
    assert_eq!(run(2, plain(), ErrorClass::Authentication), "01!");
    assert_eq!(run(2, plain(), ErrorClass::NotFound), "01!");
    // What is wrong with the request is wrong everywhere.
    assert_eq!(run(3, plain(), ErrorClass::BadRequest), "0!");
    assert_eq!(run(3, plain(), ErrorClass::ContextWindow), "0!");
    let policy = RoutingSettings {
        retry_policy: [(ErrorClass::Internal, 0), (ErrorClass::RateLimit, 3)].into(),
        ..plain()
    };
    let stubborn =
        RoutingSettings { retry_policy: [(ErrorClass::BadRequest, 1)].into(), ..RoutingSettings::default() };
    assert_eq!(run(3, stubborn, ErrorClass::BadRequest), "01!");
    assert_eq!(run(4, policy.clone(), ErrorClass::Internal), "0!");
    assert_eq!(run(4, policy.clone(), ErrorClass::RateLimit), "0123!");
    assert_eq!(run(4, policy, ErrorClass::Timeout), "012!");
}

#[test]
fn what_does_not_fit_one_is_asked_of_another_and_is_no_attempt() {
    let group = group(&[json!({"order": 1}), json!({"order": 2}), json!({"order": 3})]);
    let settings = RoutingSettings { num_retries: 0, ..RoutingSettings::default() };
    let mut course = Course::new(Arc::new(settings), group, Wishes::default());
    let (world, mut dice) = (World::default(), Dice::new(1));
    for expected in ["0", "1", "2"] {
        let Step::Try(attempt) = course.next(NOW, &world, &mut dice) else { panic!("{expected}") };
        assert_eq!(attempt.deployment.id, expected);
        let unfit = Facts { is_upstreams: false, does_not_fit: true, ..facts(ErrorClass::BadRequest) };
        course.failed(&unfit, &mut dice);
    }
    assert!(matches!(course.next(NOW, &world, &mut dice), Step::Over(Over::Failed)));
}

#[test]
fn a_course_goes_on_in_the_groups_that_are_fallen_back_on() {
    let one = |name: &'static str| group_of(name, &[json!({"cooldown_time": 0})]);
    let world = World(vec![
        ("a", Kind::General, vec![one("b"), one("c")]),
        ("b", Kind::General, vec![one("d"), one("a")]),
        ("a", Kind::ContextWindow, vec![one("e")]),
    ]);
    let settings = || RoutingSettings { num_retries: 0, ..RoutingSettings::default() };
    let run = |settings, class| course(&world, &one("a"), settings, Wishes::default(), class);
    assert_eq!(run(settings(), ErrorClass::Internal), "a0b0d0c0!", "none is entered twice");
    assert_eq!(run(settings(), ErrorClass::ContextWindow), "a0e0!");
    assert_eq!(run(settings(), ErrorClass::ContentPolicy), "a0b0d0c0!", "without a list of its own");
    assert_eq!(run(settings(), ErrorClass::BadRequest), "a0!");
    assert_eq!(run(RoutingSettings { max_fallbacks: 1, ..settings() }, ErrorClass::Internal), "a0b0!");
    let again = RoutingSettings { num_retries: 1, max_fallbacks: 1, ..settings() };
    assert_eq!(run(again, ErrorClass::Internal), "a0.a0b0.b0!");
}

#[test]
fn when_all_cool_down_it_is_said_and_the_only_one_is_asked_nevertheless() {
    let both = group(&[json!({}), json!({})]);
    for deployment in &both.deployments {
        fail(deployment, NOW, ErrorClass::RateLimit, Some(30));
    }
    let mut asked = Course::new(Arc::default(), both, Wishes::default());
    match asked.next(NOW, &World::default(), &mut Dice::new(1)) {
        Step::Over(Over::Unavailable(refusal)) => {
            assert_eq!(refusal, NotNow { reason: Reason::Resting, soonest: Some(Duration::from_secs(30)) });
        }
        other => panic!("{other:?}"),
    }
    let only = group(&[json!({})]);
    fail(&only.deployments[0], NOW, ErrorClass::RateLimit, Some(30));
    let run =
        |world: &World, class| course(world, &only, RoutingSettings::default(), Wishes::default(), class);
    assert_eq!(run(&World::default(), ErrorClass::Internal), "0.0.0!");
    let world = World(vec![("", Kind::General, vec![group_of("b", &[json!({"cooldown_time": 0})])])]);
    assert!(run(&world, ErrorClass::Internal).starts_with("b0"), "another group comes before it");
}

#[test]
fn nothing_is_begun_that_cannot_end_in_time() {
    let only = || group(&[json!({"cooldown_time": 0})]);
    let until = |milliseconds| Wishes {
        deadline: Some(NOW.plus(Duration::from_millis(milliseconds))),
        ..Wishes::default()
    };
    let run = |group: &Arc<Group>, milliseconds| {
        course(
            &World::default(),
            group,
            RoutingSettings::default(),
            until(milliseconds),
            ErrorClass::Internal,
        )
    };
    // An attempt takes 100 ms here, the first pause 250 to 375.
    assert_eq!(run(&only(), 200), "0!");
    assert_eq!(run(&only(), 600), "0.0!");
    assert_eq!(run(&only(), 0), "late");
    // One that usually takes a second is not begun with less than half of that left.
    let slow = group(&[json!({"order": 1, "cooldown_time": 0}), json!({"order": 2, "cooldown_time": 0})]);
    let mut flight = slow.deployments[1].condition.begin(NOW, 1, 0, false).unwrap();
    flight.answered(NOW.plus(Duration::from_secs(1)));
    drop(flight);
    assert_eq!(run(&slow, 550), "0!");
    assert!(run(&slow, 5_000).starts_with("01"));
}

#[test]
fn a_second_deployment_is_only_for_what_is_sound() {
    let group = group(&[json!({"order": 1}), json!({"order": 2}), json!({"order": 3})]);
    fail(&group.deployments[1], NOW, ErrorClass::RateLimit, Some(1));
    let (world, mut dice) = (World::default(), Dice::new(1));
    let mut asked = Course::new(Arc::default(), group, Wishes::default());
    let Step::Try(first) = asked.next(at(2.0), &world, &mut dice) else { panic!() };
    let second = asked.hedge(at(2.0), &world, &mut dice);
    assert!(second.is_none(), "the next one is half open: a probe is no hedge");
    assert_eq!(first.deployment.id, "0");
}

#[test]
fn another_credential_stands_in_while_the_first_cannot_be_asked() {
    let group = group(&[json!({})]);
    let first = group.deployments[0].clone();
    let made = |id: &str| {
        let other = self::group(&[json!({})]);
        let mut deployment = Arc::into_inner(Arc::into_inner(other).unwrap().deployments.remove(0)).unwrap();
        deployment.id = id.to_owned();
        deployment
    };
    let second = Deployment { stands_in_for: Some(first.condition.clone()), ..made("0#2") };
    let group = Group::of("both".into(), vec![first.clone(), Arc::new(second)]);
    assert_eq!(shares(&group, &wanted(Strategy::Shuffle), 50)["0"], 50);
    fail(&first, NOW, ErrorClass::RateLimit, Some(60));
    assert_eq!(chosen(&group, &wanted(Strategy::Shuffle)), "0#2");
    // And at once after a failure that does not make the first one cool down.
    let settings = RoutingSettings { cooldowns: false, ..RoutingSettings::default() };
    let fresh = Arc::new(Deployment {
        cooldown: CooldownRules { enabled: false, ..CooldownRules::default() },
        ..made("1")
    });
    let stand_in = Deployment {
        stands_in_for: Some(fresh.condition.clone()),
        cooldown: CooldownRules { enabled: false, ..CooldownRules::default() },
        ..made("1#2")
    };
    let group = Arc::new(Group::of("pair".into(), vec![fresh, Arc::new(stand_in)]));
    let said = course(&World::default(), &group, settings, Wishes::default(), ErrorClass::Authentication);
    assert_eq!(said, "11#2!");
}

#[test]
fn a_place_is_given_once_however_many_courses_want_it() {
    let group = group(&[json!({"order": 1, "max_parallel_requests": 1}), json!({"order": 2})]);
    let settings = Arc::new(RoutingSettings::default());
    let (there, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let go = || {
        for seed in 0..20_000 {
            let mut course = Course::new(settings.clone(), group.clone(), Wishes::default());
            let step = course.next(NOW, &World::default(), &mut Dice::new(seed));
            let Step::Try(attempt) = step else { panic!("there is always one: {step:?}") };
            if attempt.deployment.id == "0" {
                most.fetch_max(there.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                there.fetch_sub(1, Ordering::SeqCst);
            }
        }
    };
    std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(go))));
    assert_eq!(most.into_inner(), 1);
}

#[test]
fn what_began_well_and_broke_off_is_one_failure() {
    let group = group(&[json!({})]);
    let condition = &group.deployments[0].condition;
    let (trouble, rules) = (
        Trouble { class: ErrorClass::Internal, status: 502, retry_after: None, reason: "it broke off" },
        CooldownRules::default(),
    );
    let begin = || condition.begin(NOW, 1, 0, false).unwrap();
    let breaks_off = || {
        let mut flight = begin();
        flight.answered(NOW);
        flight.failed(NOW, &trouble, &rules);
    };
    breaks_off();
    breaks_off();
    let view = condition.view(NOW);
    assert_eq!((view.successes, view.failures, view.consecutive_failures), (0, 2, 2));
    // A success in between begins the count anew, also where it came while the broken one was under way.
    let mut long = begin();
    long.answered(NOW);
    begin().answered(NOW);
    long.failed(NOW, &trouble, &rules);
    let view = condition.view(NOW);
    assert_eq!((view.successes, view.failures, view.consecutive_failures), (1, 3, 1));
    assert!(condition.availability(NOW).may_be_asked());
    // Two in a row, but four of five.
    breaks_off();
    assert!(!condition.availability(NOW).may_be_asked());
}
