use std::time::Instant;

use super::*;

fn secret(text: &str) -> Secret {
    Secret::from(text.to_owned())
}

#[tokio::test]
async fn a_password_is_known_by_its_hash_alone() {
    let tasks = Tasks::default();
    let one = hash_password(&tasks, secret("correct horse")).await.unwrap();
    let other = hash_password(&tasks, secret("correct horse")).await.unwrap();
    assert_ne!(one, other, "the salt is random");
    assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
    assert!(!one.contains("correct"));
    for hash in [one, other] {
        assert!(verify_password(&tasks, secret("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!verify_password(&tasks, secret("correct horsf"), Some(hash.clone())).await.unwrap());
        assert!(!verify_password(&tasks, secret(""), Some(hash)).await.unwrap());
    }
}

#[tokio::test]
async fn hashes_of_another_cost_are_still_known() {
    let params = Params::new(1024, 3, 1, None).unwrap();
    let cheap = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_with_salt(b"correct horse", b"saltsaltsaltsalt")
        .unwrap()
        .to_string();
    let tasks = Tasks::default();
    assert!(verify_password(&tasks, secret("correct horse"), Some(cheap.clone())).await.unwrap());
    assert!(!verify_password(&tasks, secret("another horse"), Some(cheap)).await.unwrap());
}

#[tokio::test]
async fn nobody_s_password_is_never_right_and_no_quicker_to_refuse() {
    let tasks = Tasks::default();
    let hash = hash_password(&tasks, secret("correct horse")).await.unwrap();
    let began = Instant::now();
    assert!(!verify_password(&tasks, secret("wrong horse"), Some(hash)).await.unwrap());
    let wrong = began.elapsed();
    let began = Instant::now();
    assert!(!verify_password(&tasks, secret("wrong horse"), None).await.unwrap());
    let nobody = began.elapsed();
    // Without the decoy there would be a factor of thousands between them.
    assert!(nobody * 20 > wrong, "{nobody:?} against {wrong:?}");
}

#[test]
fn the_decoy_costs_what_real_hashes_cost() {
    let real = hash(&secret("correct horse")).unwrap();
    let cost = |hash: &str| hash.rsplitn(3, '$').last().map(str::to_owned);
    assert_eq!(cost(DECOY), cost(&real));
    assert_eq!(DECOY.len(), real.len());
}

#[tokio::test]
async fn what_is_stored_and_is_no_hash_lets_nobody_in() {
    let tasks = Tasks::default();
    for stored in ["", "correct horse", "$argon2id$", "5f4dcc3b5aa765d61d8327deb882cf99"] {
        assert!(!verify_password(&tasks, secret("correct horse"), Some(stored.into())).await.unwrap());
    }
}

#[test]
fn the_length_of_a_password_is_counted_in_characters() {
    for good in ["12345678".to_owned(), "ä".repeat(8), "語".repeat(256), " ".repeat(8)] {
        check_password("password", &Secret::from(good)).unwrap();
    }
    for bad in [String::new(), "1234567".to_owned(), "語".repeat(257)] {
        let failure = check_password("new_password", &Secret::from(bad)).unwrap_err();
        assert_eq!(failure.error.status, 400);
        assert_eq!(failure.error.param.as_deref(), Some("new_password"));
        assert!(failure.error.message.contains("8 to 256"), "{}", failure.error.message);
    }
}

#[tokio::test]
async fn no_more_than_two_are_hashed_at_a_time() {
    let tasks = Tasks::default();
    let (now, most) = (std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0)), 0);
    let most = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(most));
    let work = (0..12).map(|_| {
        let (now, most) = (now.clone(), most.clone());
        dear_work(&tasks, move || {
            use std::sync::atomic::Ordering::SeqCst;
            most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
            std::thread::sleep(Duration::from_millis(5));
            now.fetch_sub(1, SeqCst);
        })
    });
    for done in futures_util::future::join_all(work).await {
        done.unwrap();
    }
    assert!((1..=2).contains(&most.load(std::sync::atomic::Ordering::SeqCst)));
}
