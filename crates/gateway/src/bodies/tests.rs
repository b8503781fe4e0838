use super::*;
use crate::redaction::Redaction;

fn draft(names: &[&str], request: &[u8]) -> Draft {
    let names: Vec<Box<str>> = names.iter().map(|name| Box::from(*name)).collect();
    Draft {
        keeping: Arc::new(Keeping { days: 2, redaction: Redaction::new(&names, Vec::new()) }),
        key_id: Uuid::from_u128(7),
        format: Some(Format::OpenAiChat),
        started_at: 1000,
        request: Part::of(&Bytes::copy_from_slice(request)),
        answer: None,
        stream: Vec::new(),
        stream_is_cut: false,
    }
}

fn finished(draft: Draft) -> (BodyRow, String) {
    draft.finish(Uuid::from_u128(1), &Guarded { credentials: &[], is_key: &|_| false }).unwrap()
}

#[test]
fn a_body_is_kept_compressed_and_until_it_expires() {
    let request = format!(r#"{{"model":"m","messages":[{{"content":"{}"}}]}}"#, "again and ".repeat(1000));
    let mut draft = draft(&[], request.as_bytes());
    draft.answered(&Bytes::from_static(br#"{"choices":[{"message":{"content":"yes"}}]}"#));
    let (row, words) = finished(draft);
    assert_eq!((row.expires_at, row.key_id), (1000 + 2 * DAY, Uuid::from_u128(7)));
    assert!(row.request.len() < request.len() / 20);
    assert_eq!(expanded(&row.request).unwrap(), request);
    assert_eq!(row.flags, BodyFlags::default());
    assert!(words.contains("again") && words.contains("yes") && !words.contains("messages"));
    assert!(expanded(b"no stream").is_err());
}

#[test]
fn a_long_body_is_cut_and_nothing_stands_half_at_the_end() {
    // Wherever the end falls, an address that stands across it is gone as a whole.
    for shift in [0, 5, 10, 15, 20, 25] {
        let start = LARGEST - 30 + shift;
        let request =
            format!("{{\"content\":\"{} bob@mail.example.com {}", "x".repeat(start - 14), "y ".repeat(SLACK));
        let (row, _) = finished(draft(&["emails"], request.as_bytes()));
        let kept = expanded(&row.request).unwrap();
        assert!(row.flags.request_cut && kept.len() <= LARGEST, "{}", kept.len());
        assert!(!kept.contains("bob") && !kept.contains('@'), "{}", &kept[kept.len() - 60..]);
    }
    let exact = vec![b'z'; LARGEST];
    let (row, _) = finished(draft(&[], &exact));
    assert!(!row.flags.request_cut && expanded(&row.request).unwrap().len() == LARGEST);
}

#[test]
fn a_stream_is_kept_as_the_answer_that_it_comes_to() {
    let mut draft = draft(&["card_numbers"], b"{}");
    for piece in ["4111 1111", " 1111 1111"] {
        let event = format!(
            "data: {{\"id\":\"c\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{piece}\"}}}}]}}\n\n"
        );
        draft.streamed(event.as_bytes());
    }
    let (row, _) = finished(draft);
    let answer: serde_json::Value = serde_json::from_str(&expanded(&row.response.unwrap()).unwrap()).unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "[card number]");
    assert!(row.flags.response_redacted && !row.flags.response_cut && !row.flags.request_redacted);
}

#[test]
fn of_a_long_conversation_both_ends_are_found() {
    let middle = "word ".repeat(MOST_WORDS / 5 + 10);
    let (_, words) = finished(draft(&[], format!("{{\"content\":\"alpha {middle} omega\"}}").as_bytes()));
    assert!(words.len() <= MOST_WORDS + 1 && words.contains("alpha") && words.contains("omega"));
    let long = "字".repeat(MOST_WORDS);
    assert!(both_ends(long).len() <= MOST_WORDS + 1);
}

#[test]
fn a_stream_without_end_is_bounded() {
    let mut draft = draft(&[], b"{}");
    let event = format!(
        "data: {{\"id\":\"c\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n",
        "word ".repeat(2000)
    );
    for _ in 0..1000 {
        draft.streamed(event.as_bytes());
    }
    assert_eq!(draft.stream.len(), LARGEST_STREAM);
    let (row, _) = finished(draft);
    assert!(row.flags.response_cut && expanded(&row.response.unwrap()).unwrap().len() <= LARGEST);
}
