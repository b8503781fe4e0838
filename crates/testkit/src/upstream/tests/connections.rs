//! What happens to connections, seen by a client that reads bytes: no HTTP library tells a reset from an end.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{ask_openai, chat, connect, request, streamed};
use crate::{FakeUpstream, Fault, Reply, Transport, UpstreamOptions};

/// How a connection ended.
type End = Result<(), ErrorKind>;

async fn write(upstream: &FakeUpstream, body: &Value) -> TcpStream {
    let body = body.to_string();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: fake\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(upstream.address()).await.unwrap();
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    stream
}

async fn read(stream: &mut TcpStream) -> (String, End) {
    let (mut all, mut buffer) = (Vec::new(), [0_u8; 4096]);
    let end = loop {
        match stream.read(&mut buffer).await {
            Ok(0) => break Ok(()),
            Ok(length) => all.extend_from_slice(&buffer[..length]),
            Err(error) => break Err(error.kind()),
        }
    };
    (String::from_utf8_lossy(&all).into_owned(), end)
}

async fn bytes_of(upstream: &FakeUpstream, body: &Value) -> (String, End) {
    read(&mut write(upstream, body).await).await
}

/// Status line and headers, and the rest.
fn parts(answer: &str) -> (&str, &str) {
    answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head in {answer}"))
}

fn length(head: &str) -> usize {
    let value = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    value.unwrap_or_else(|| panic!("no length in {head}")).parse().unwrap()
}

#[tokio::test]
async fn a_reset_is_no_end() {
    let upstream = FakeUpstream::openai().await;
    let reset = Err(ErrorKind::ConnectionReset);
    assert_eq!(bytes_of(&upstream, &chat("fake-cut-headers")).await, (String::new(), Ok(())));
    assert_eq!(bytes_of(&upstream, &chat("fake-reset")).await, (String::new(), reset));

    let (answer, end) = bytes_of(&upstream, &chat("fake-reset-body")).await;
    let (head, body) = parts(&answer);
    assert_eq!(end, reset);
    assert!(!body.is_empty() && body.len() < length(head), "{answer}");

    let (answer, end) = bytes_of(&upstream, &streamed(chat("fake-reset-body"))).await;
    assert_eq!(end, reset);
    assert!(answer.contains("Hello") && !answer.contains("[DONE]"), "{answer}");
    assert_eq!(bytes_of(&upstream, &chat("fake-cut-body")).await.1, Ok(()));
}

#[tokio::test]
async fn lengths_are_wrong_in_both_directions() {
    let upstream = FakeUpstream::openai().await;
    for stream in [false, true] {
        let asked = |model: &str| if stream { streamed(chat(model)) } else { chat(model) };
        let (answer, _) = bytes_of(&upstream, &asked("fake-length-long")).await;
        let (head, body) = parts(&answer);
        assert_eq!(length(head), body.len() + 64, "{answer}");
        let is_whole = if stream { body.ends_with("[DONE]\n\n") } else { body.ends_with('}') };
        assert!(is_whole, "{answer}");

        let (answer, end) = bytes_of(&upstream, &asked("fake-length-short")).await;
        let (head, body) = parts(&answer);
        assert_eq!((length(head), end), (body.len(), Ok(())));
        let is_whole = if stream { body.ends_with("\n\n") } else { body.ends_with('}') };
        assert!(!is_whole && !body.is_empty(), "{answer}");
    }
}

#[tokio::test]
async fn headers_come_and_nothing_else() {
    let upstream = FakeUpstream::openai().await;
    for (asked, kind) in [
        (chat("fake-headers-only"), "application/json"),
        (streamed(chat("fake-headers-only")), "text/event-stream"),
    ] {
        let mut stream = write(&upstream, &asked).await;
        let mut seen = Vec::new();
        while !seen.ends_with(b"\r\n\r\n") {
            assert_ne!(stream.read_buf(&mut seen).await.unwrap(), 0, "the connection stays open");
        }
        assert!(String::from_utf8_lossy(&seen).contains(kind));
        let more = tokio::time::timeout(Duration::from_millis(200), stream.read_buf(&mut seen)).await;
        assert!(more.is_err(), "{more:?}");
    }
    upstream.wait_for_abandoned(2).await;
}

#[tokio::test]
async fn heads_and_bodies_take_their_time() {
    let upstream = FakeUpstream::openai().await;
    let total = Duration::from_millis(600);
    for stream in [false, true] {
        let asked = if stream { streamed(chat("m")) } else { chat("m") };
        upstream.next(Reply::default()).next(Reply::default().head_over(total));
        let usual = bytes_of(&upstream, &asked).await.0;
        let mut connection = write(&upstream, &asked).await;
        let began = Instant::now();
        let mut seen = Vec::new();
        connection.read_buf(&mut seen).await.unwrap();
        assert!(b"HTTP/1.1 200 OK".starts_with(&seen), "a few bytes at first: {seen:?}");
        let (rest, end) = read(&mut connection).await;
        assert!(began.elapsed() >= total, "{:?}", began.elapsed());
        let slow = String::from_utf8(seen).unwrap() + &rest;
        assert_eq!((parts(&slow).1.len(), end), (parts(&usual).1.len(), Ok(())), "{slow}");

        upstream.next(Reply::default().trickled(total));
        let began = Instant::now();
        let seen = ask_openai(&upstream, &asked).await;
        assert!(began.elapsed() >= total, "{:?}", began.elapsed());
        assert!(seen.complete && seen.pieces.len() > 50, "{} pieces", seen.pieces.len());
        let expected = if stream { "[DONE]\n\n" } else { "lazy dog." };
        assert!(seen.text().contains(expected), "{}", seen.text());
    }
}

#[tokio::test]
async fn a_listener_rests_and_comes_back_on_its_port() {
    let upstream = FakeUpstream::openai().await;
    let mut kept = connect(&upstream).await;
    let asked = || request("/v1/chat/completions", "k", &chat("m"));
    assert_eq!(kept.send_request(asked()).await.unwrap().status(), 200);
    let waiting = write(&upstream, &chat("fake-never")).await;
    upstream.wait_for_calls(2).await;

    let address = upstream.address();
    for _ in 0..3 {
        upstream.pause_listening().await;
        upstream.pause_listening().await;
        let refused = TcpStream::connect(address).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        upstream.resume_listening().await;
        upstream.resume_listening().await;
        assert_eq!(ask_openai(&upstream, &chat("m")).await.status, 200);
    }
    assert!(kept.ready().await.is_err(), "connections from before are gone");
    let mut waiting = waiting;
    assert_eq!(read(&mut waiting).await.0, "");
    assert_eq!(upstream.calls(), 5);
}

/// What a proper client makes of it, and one that trusts everybody.
async fn ask_over_tls(upstream: &FakeUpstream, trusting: bool) -> reqwest::Result<u16> {
    let client = reqwest::Client::builder().no_proxy().tls_danger_accept_invalid_certs(trusting).build()?;
    let url = format!("{}/chat/completions", upstream.url());
    Ok(client.post(url).json(&chat("m")).send().await?.status().as_u16())
}

#[tokio::test]
async fn tls_fails_in_three_ways() {
    for (transport, trusted) in
        [(Transport::SelfSigned, Some(200)), (Transport::CutHandshake, None), (Transport::PlainAnswer, None)]
    {
        let upstream =
            FakeUpstream::start_over(transport, super::super::Dialect::OpenAi, UpstreamOptions::default())
                .unwrap();
        assert!(upstream.url().starts_with("https://127.0.0.1:"), "{}", upstream.url());
        let error = ask_over_tls(&upstream, false).await.unwrap_err();
        assert!(error.is_connect(), "{transport:?}: {error:?}");
        assert_eq!((upstream.calls(), upstream.connections()), (0, 1), "{transport:?}");
        assert_eq!(ask_over_tls(&upstream, true).await.ok(), trusted, "{transport:?}");
    }
    let plain = FakeUpstream::start_over(
        Transport::PlainAnswer,
        super::super::Dialect::OpenAi,
        UpstreamOptions::default(),
    )
    .unwrap();
    // What the hello is answered with is an HTTP answer.
    let (answer, end) = bytes_of(&plain, &chat("m")).await;
    let (head, body) = parts(&answer);
    assert_eq!(
        (head.lines().next(), body.len(), end),
        (Some("HTTP/1.1 400 Bad Request"), length(head), Ok(()))
    );
}

#[tokio::test]
async fn a_reset_is_only_for_the_connection_it_was_ordered_on() {
    let upstream = FakeUpstream::openai().await;
    upstream.next(Fault::ResetBeforeHeaders);
    assert!(bytes_of(&upstream, &chat("m")).await.1.is_err());
    let (answer, end) = bytes_of(&upstream, &chat("m")).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(end, Ok(()));
}
