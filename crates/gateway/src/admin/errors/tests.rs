use axum::http::HeaderMap;
use axum::response::IntoResponse;
use serde_json::{Value, json};

use super::{body, code, covers, retell};
use crate::error::Failure;

#[test]
fn every_status_has_the_documents_code() {
    for (status, expected) in [
        (400, "invalid_request"),
        (401, "unauthorized"),
        (403, "forbidden"),
        (404, "not_found"),
        (405, "invalid_request"),
        (409, "conflict"),
        (413, "invalid_request"),
        (422, "invalid_request"),
        (429, "rate_limit_exceeded"),
        (500, "internal_error"),
        (502, "internal_error"),
        (503, "service_unavailable"),
    ] {
        assert_eq!(code(status), expected, "{status}");
    }
}

#[test]
fn the_finer_word_the_field_and_the_id_are_details() {
    let mut failure = Failure::invalid("out_of_range", "weight must be less")
        .with_param("weight")
        .with_details(json!({"used_by": []}));
    failure.error.status = 422;
    let (status, told) = body(&failure, "the-id");
    assert_eq!(status.as_u16(), 400);
    assert_eq!(
        serde_json::to_value(&told.error).unwrap_or_default(),
        json!({"code": "invalid_request", "message": "weight must be less",
            "details": {"used_by": [], "request_id": "the-id", "reason": "out_of_range", "param": "weight"}})
    );
    assert_eq!(told.request_id, "the-id");
}

#[test]
fn other_paths_keep_their_errors() {
    for path in ["/admin", "/admin/providers", "/admin/what/ever"] {
        assert!(covers(path), "{path}");
    }
    for path in ["/administration", "/console/admin", "/v1/admin", "/"] {
        assert!(!covers(path), "{path}");
    }
}

#[tokio::test]
async fn a_failure_keeps_its_id_and_an_answer_is_left_alone() {
    let response = retell(Failure::not_found("nothing", "is here").into_response());
    let id = response.headers()["x-request-id"].to_str().unwrap_or_default().to_owned();
    let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap_or_default();
    let error: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    assert_eq!((&error["request_id"], &error["error"]["details"]["request_id"]), (&json!(id), &json!(id)));
    assert_eq!(
        (&error["error"]["code"], &error["error"]["details"]["reason"]),
        (&json!("not_found"), &json!("nothing"))
    );
    let well = retell((HeaderMap::new(), "fine").into_response());
    let bytes = axum::body::to_bytes(well.into_body(), 10_000).await.unwrap_or_default();
    assert_eq!(bytes, "fine");
}
