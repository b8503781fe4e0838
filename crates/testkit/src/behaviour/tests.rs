use std::time::Duration;

use super::{Behaviour, Fault};

#[test]
fn model_names_stand_for_behaviour() {
    assert!(matches!(
        Behaviour::for_model("fake-429"),
        Some(Behaviour::Fault(Fault::Status { status: 429, retry_after: Some(1) }))
    ));
    assert!(matches!(
        Behaviour::for_model("fake-529"),
        Some(Behaviour::Fault(Fault::Status { status: 529, retry_after: None }))
    ));
    assert!(matches!(Behaviour::for_model("fake-cut"), Some(Behaviour::Fault(Fault::CloseBetweenEvents))));
    let Some(Behaviour::Reply(big)) = Behaviour::for_model("fake-big") else { panic!("fake-big is a reply") };
    assert_eq!(big.text.len(), 1 << 20);
}

#[test]
fn other_names_stand_for_nothing() {
    for name in ["gpt-4o", "fake-", "fake-200", "fake-99999", "fake-unheard-of", "my-fake-429"] {
        assert!(Behaviour::for_model(name).is_none(), "{name}");
    }
}

/// What a call gets: a status, or 200 for a reply.
fn next(behaviour: &Behaviour) -> u16 {
    let Behaviour::Changing(changing) = behaviour else { panic!("{behaviour:?} does not change") };
    match changing.next() {
        Behaviour::Reply(_) => 200,
        Behaviour::Fault(Fault::Status { status, .. }) => status,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_cycle_begins_again_and_counts_with_its_clones() {
    let behaviour = Behaviour::cycle([(2, Fault::status(500).into()), (3, Behaviour::default())]);
    let clone = behaviour.clone();
    let seen: Vec<_> = (0..10).map(|call| next(if call % 2 == 0 { &behaviour } else { &clone })).collect();
    assert_eq!(seen, [500, 500, 200, 200, 200, 500, 500, 200, 200, 200]);
    assert_eq!(next(&Behaviour::cycle([])), 200, "nothing to go round is the usual reply");
}

#[test]
fn a_mixture_is_drawn_by_weight_and_the_same_for_a_seed() {
    let mixed = |seed| {
        let parts =
            [(3, Behaviour::default()), (1, Fault::status(500).into()), (0, Fault::status(400).into())];
        let behaviour = Behaviour::mixed(seed, parts);
        (0..1_000).map(|_| next(&behaviour)).collect::<Vec<_>>()
    };
    let first = mixed(1);
    assert_eq!(first, mixed(1));
    assert_ne!(first, mixed(2));
    let failed = first.iter().filter(|status| **status == 500).count();
    assert!((200..300).contains(&failed), "a quarter of a thousand: {failed}");
    assert!(!first.contains(&400), "nothing without weight");
}

#[test]
fn a_limit_lets_so_many_through_and_says_when_it_will_again() {
    let limited = Behaviour::limited(2, Duration::from_mins(1));
    assert_eq!([next(&limited), next(&limited), next(&limited)], [200, 200, 429]);
    let Behaviour::Changing(changing) = &limited else { panic!("it counts") };
    let Behaviour::Fault(Fault::Status { status: 429, retry_after: Some(after) }) = changing.next() else {
        panic!("the window is not over")
    };
    assert!((50..=60).contains(&after), "{after}");
    let brief = Behaviour::limited(1, Duration::from_millis(50));
    assert_eq!([next(&brief), next(&brief)], [200, 429]);
    std::thread::sleep(Duration::from_millis(60));
    assert_eq!(next(&brief), 200);
}

#[test]
fn names_that_count_calls_do() {
    for name in ["fake-flapping", "fake-mixed", "fake-limited"] {
        assert!(matches!(Behaviour::for_model(name), Some(Behaviour::Changing(_))), "{name}");
    }
}
