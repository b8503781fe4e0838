//! `/team/block` and `/team/unblock`.

use postern_tests::World;
use serde_json::json;

use super::{ask, done, own_key, post, refused, row, team, team_key};

#[tokio::test]
async fn a_blocked_team_is_refused_at_once_and_let_in_at_once() {
    let world = World::start().await;
    team(&world, "blue", &[("ann", "user")]).await;
    let (key, own) = (team_key(&world, "blue", Some("ann")).await, own_key(&world, "ann").await);
    for _ in 0..3 {
        ask(&world, &key, "demo").await.expect(200);
        let blocked = done(&world, "/team/block", json!({"team_id": "blue"})).await;
        assert_eq!((&blocked["team_id"], &blocked["blocked"]), (&json!("blue"), &json!(true)));
        let answer = ask(&world, &key, "demo").await.expect(401);
        assert!(answer.text().contains("Team=blue is blocked"), "{}", answer.text());
        assert_eq!(answer.json()["error"]["type"], "auth_error");
        ask(&world, &own, "demo").await.expect(200);
        assert_eq!(row(&world, "blue").await["blocked"], true);
        assert_eq!(done(&world, "/team/unblock", json!({"team_id": "blue"})).await["blocked"], false);
    }
    ask(&world, &key, "demo").await.expect(200);
    for path in ["/team/block", "/team/unblock"] {
        refused(&post(&world, path, json!({"team_id": "nothing"})).await, 404, "team_id");
        post(&world, path, json!({})).await.expect(422);
        post(&world, path, json!({"team_id": 1})).await.expect(422);
    }
}
