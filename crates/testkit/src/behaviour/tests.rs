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
