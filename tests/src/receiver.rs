//! A program that is told of things by HTTP: it keeps what it was told and answers as it is asked to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One request that it was sent.
#[derive(Debug, Clone)]
pub struct Told {
    pub head: String,
    pub body: Vec<u8>,
}

impl Told {
    /// Empty where there is no such header.
    pub fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut values = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name));
        values.next().map_or("", |(_, value)| value.trim())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a delivery is JSON")
    }
}

#[derive(Debug, Default)]
struct State {
    told: Vec<Told>,
    answers: VecDeque<String>,
}

pub struct Receiver {
    url: String,
    state: Arc<Mutex<State>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let state: Arc<Mutex<State>> = Arc::default();
        let receiving = state.clone();
        crate::start(async move {
            while let Ok((stream, _)) = listener.accept().await {
                crate::start(receive(stream, receiving.clone()));
            }
        });
        Self { url, state }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The next request is answered with this: `500 No` and further lines of a head. All others with 204.
    pub fn next(&self, head: &str) {
        self.locked().answers.push_back(head.to_owned());
    }

    pub fn told(&self) -> Vec<Told> {
        self.locked().told.clone()
    }

    /// Waits until it was told so often.
    pub async fn wait_for(&self, count: usize) -> Vec<Told> {
        for _ in 0..600 {
            let told = self.told();
            if told.len() >= count {
                return told;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("told {} times in half a minute, not {count}", self.told().len());
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads one request and answers it.
async fn receive(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut bytes = Vec::new();
    let mut buffer = [0_u8; 8192];
    loop {
        let Ok(length @ 1..) = stream.read(&mut buffer).await else { return };
        bytes.extend_from_slice(&buffer[..length]);
        let Some(split) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let told = Told {
            head: String::from_utf8_lossy(&bytes[..split]).into_owned(),
            body: bytes[split + 4..].to_vec(),
        };
        if told.body.len() < told.header("content-length").parse().unwrap_or(0) {
            continue;
        }
        let answer = {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.told.push(told);
            state.answers.pop_front().unwrap_or_else(|| "204 Thanks".to_owned())
        };
        let answer = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let _ = stream.write_all(answer.as_bytes()).await;
        return;
    }
}
