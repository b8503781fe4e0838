//! `/key/regenerate`, and keys that are rotated by themselves.

use std::time::Duration;

use postern_tests::World;
use serde_json::{Value, json};

use super::{chat, count, dear, get_as, issue, post, post_as, row, spend_ten_cents, text};

#[tokio::test]
async fn a_rotated_key_keeps_everything_but_its_secret() {
    let world = World::start().await;
    dear(&world).await;
    let made =
        issue(&world, json!({"key_alias": "laptop", "max_budget": 0.25, "models": ["dear", "demo"]})).await;
    assert_eq!(spend_ten_cents(&world, &made["key"]).await, 200);
    let mut known = made.clone();
    for number in 1..=2 {
        let (path, body) = match number {
            1 => ("/key/regenerate".to_owned(), json!({"key": known["key"]})),
            _ => (format!("/key/{}/regenerate", text(&known["token"])), json!({})),
        };
        let turned = post(&world, &path, body).await.expect(200).json();
        assert_ne!((&turned["key"], &turned["token"]), (&known["key"], &known["token"]));
        assert!(text(&turned["key"]).starts_with("sk-"));
        for name in ["key_id", "key_alias", "max_budget", "models", "created_at"] {
            assert_eq!(turned[name], made[name], "{name}");
        }
        assert_eq!(turned["rotation_count"], number);
        assert!(turned["last_rotation_at"].is_string() && turned["previous_key_until"].is_null());
        assert_eq!(turned["spend"], 0.1, "what was spent stays spent");
        assert_eq!(chat(&world, &known["key"], "demo").await, 401);
        assert_eq!(chat(&world, &turned["key"], "demo").await, 200);
        post(&world, "/key/update", json!({"key": known["token"]})).await.expect(404);
        known = turned;
    }
    assert_eq!(count(&world).await, 2);
    assert!(world.rows().await.iter().all(|row| row["key_name"] == "laptop"), "one history");
    // What else is said changes with it.
    let body = json!({"key": known["token"], "max_budget": 5, "key_alias": "desktop", "duration": "1d"});
    let turned = post(&world, "/key/regenerate", body).await.expect(200).json();
    assert_eq!((&turned["max_budget"], &turned["key_alias"]), (&json!(5.0), &json!("desktop")));
    assert!(turned["expires"].is_string());
    // A key may rotate itself, if it is somebody's.
    let ann = issue(&world, json!({"user_id": "ann"})).await;
    let turned = post_as(&world, text(&ann["key"]), "/key/regenerate", json!({})).await.expect(200).json();
    assert_eq!(turned["key_id"], ann["key_id"]);
    assert_eq!(chat(&world, &ann["key"], "demo").await, 401);
    assert_eq!(chat(&world, &turned["key"], "demo").await, 200);
}

#[tokio::test]
async fn a_key_of_your_own_making_takes_its_place() {
    let world = World::start().await;
    let (one, two) = (issue(&world, json!({})).await, issue(&world, json!({})).await);
    let new = "sk-in-its-place-0123456789";
    let turned = post(&world, "/key/regenerate", json!({"key": one["token"], "new_key": new}))
        .await
        .expect(200)
        .json();
    assert_eq!(turned["key"], new);
    assert_eq!(chat(&world, &json!(new), "demo").await, 200);
    for (new_key, status) in [
        (json!(new), 409),
        (json!(world.gateway.admin_key()), 409),
        (json!("no"), 400),
        (json!(5), 422),
        // What the other was once, and is no more, is free.
        (one["key"].clone(), 200),
    ] {
        let body = json!({"key": two["token"], "new_key": new_key});
        let answer = post(&world, "/key/regenerate", body).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    for (body, status) in [
        (json!({}), 400),
        (json!({"key": "no-such-key"}), 404),
        (json!({"key": turned["token"], "grace_period": "later"}), 400),
        (json!({"key": turned["token"], "new_master_key": "sk-x"}), 400),
        (json!({"key": turned["token"], "max_budget": -1}), 400),
        (json!({"key": turned["token"], "new_key": "no-prefix-0123456789"}), 400),
        (json!({"key": turned["token"], "new_key": 5}), 422),
    ] {
        let answer = post(&world, "/key/regenerate", body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
    }
    assert_eq!(chat(&world, &json!(new), "demo").await, 200, "a refused rotation changed the key");
}

#[tokio::test]
async fn the_old_one_is_taken_for_a_while() {
    let world = World::start().await;
    let made = issue(&world, json!({"user_id": "ann"})).await;
    let body = json!({"key": made["token"], "grace_period": "4s"});
    let turned = post(&world, "/key/regenerate", body).await.expect(200).json();
    assert!(turned["previous_key_until"].is_string());
    for key in [&made["key"], &turned["key"]] {
        assert_eq!(chat(&world, key, "demo").await, 200);
        let info = get_as(&world, text(key), "/key/info").await.expect(200).json();
        assert_eq!(info["info"]["key_id"], made["key_id"]);
        assert_eq!(row(&world, key).await["token"], turned["token"]);
    }
    // Nobody else gets it meanwhile.
    post(&world, "/key/generate", json!({"key": made["key"]})).await.expect(409);
    let over = async {
        while chat(&world, &made["key"], "demo").await == 200 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), over).await.expect("the grace to be over");
    assert_eq!(chat(&world, &made["key"], "demo").await, 401);
    assert_eq!(chat(&world, &turned["key"], "demo").await, 200);
    assert_eq!(row(&world, &turned["key"]).await["previous_key_until"], Value::Null);
    post(&world, "/key/block", json!({"key": made["key"]})).await.expect(404);
}

#[tokio::test]
async fn a_key_is_rotated_by_itself_and_its_secret_fetched_once() {
    let world = World::start().await;
    let made = issue(&world, json!({"user_id": "ann", "auto_rotate": true, "rotation_interval": "1s"})).await;
    let other = issue(&world, json!({"user_id": "bob"})).await;
    let mine =
        issue(&world, json!({"user_id": "ann", "auto_rotate": true, "rotation_interval": "30d"})).await;
    post(&world, "/key/rotated", json!({"key": made["key"]})).await.expect(404);
    let id = text(&made["key_id"]).to_owned();
    let rotated = async {
        loop {
            let row = row(&world, &made["key"]).await;
            if row["rotation_count"] != 0 {
                // Once is enough.
                let stop = json!({"key": row["token"], "auto_rotate": false});
                return post(&world, "/key/update", stop).await.expect(200).json();
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    };
    let row = tokio::time::timeout(Duration::from_mins(1), rotated).await.expect("the key to be rotated");
    assert_eq!((&row["key_id"], &row["key_rotation_at"]), (&json!(id), &Value::Null));
    assert_ne!(row["token"], made["token"]);
    assert!(row["last_rotation_at"].is_string() && row["previous_key_until"].is_string());
    assert_eq!(chat(&world, &made["key"], "demo").await, 200, "the old one is taken for a while");
    post_as(&world, text(&other["key"]), "/key/rotated", json!({"key": row["token"]})).await.expect(403);
    post(&world, "/key/rotated", json!({})).await.expect(422);
    let fetched = post_as(&world, text(&mine["key"]), "/key/rotated", json!({"key": row["token"]}))
        .await
        .expect(200)
        .json();
    assert_eq!((&fetched["key_id"], &fetched["token"]), (&json!(id), &row["token"]));
    assert_eq!(chat(&world, &fetched["key"], "demo").await, 200);
    for _ in 0..2 {
        post(&world, "/key/rotated", json!({"key": row["token"]})).await.expect(404);
    }
    assert!(!world.gateway.stderr().contains(text(&fetched["key"])));
}
