//! Where formats match, nothing but the model's name changes in a request.

use bytes::Bytes;
use postern_wire::{Edits, Envelope};

use crate::fixtures::{beside, fixtures};

#[test]
fn only_the_model_changes() {
    for fixture in fixtures("requests") {
        let body = Bytes::from(fixture.bytes.clone());
        let envelope = Envelope::peek_beside(fixture.format, &body, beside(fixture.format)).unwrap();
        let same = envelope.rewrite(&body, &Edits::default());
        assert_eq!(same.as_ptr(), body.as_ptr(), "{}: nothing to change, nothing copied", fixture.name);
        if beside(fixture.format).model.is_some() {
            continue;
        }
        let renamed = envelope.rewrite(&body, &Edits { model: Some("ANOTHER"), ask_usage: false });
        let text = String::from_utf8(renamed.to_vec()).unwrap();
        let (before, after) = text.split_once("\"ANOTHER\"").unwrap();
        let original = std::str::from_utf8(&body).unwrap();
        assert!(original.starts_with(before) && original.ends_with(after), "{}", fixture.name);
        let gone = &original[before.len()..original.len() - after.len()];
        assert_eq!(serde_json::from_str::<String>(gone).unwrap(), envelope.model, "{}", fixture.name);
    }
}
