//! Bodies of requests and answers, for keys that have them kept: gathered while a request is served, then redacted, compressed
//! and written when its ledger row is on its way. Nothing waits for them. Where more come than can be written, some are left
//! out and counted.
//!
//! A key without the setting costs one look at an empty place. Streams are kept as the answer that they come to: what is to be
//! redacted may be divided over several events.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use postern_secrets::Secret;
use postern_store::StoreError;
use postern_store::table::bodies::{self as table, BodyFlags, BodyRow};
use postern_wire::Format;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::auth::Caller;
use crate::clock;
use crate::directory::Keeping;
use crate::engine::Engine;
use crate::error::Failure;
use crate::ids;
use crate::redaction::{self, Guarded};

/// Most that is kept of a request, and of an answer.
pub const LARGEST: usize = 1024 * 1024;
/// Read beyond that, so that what stands across the end is still recognised, and then taken away.
const SLACK: usize = 4096;
/// Most of a stream that is put together: its events are many times what they say.
const LARGEST_STREAM: usize = 4 * LARGEST;
/// Most bytes of words by which a request is found.
const MOST_WORDS: usize = 128 * 1024;
/// What may wait to be written, in KiB.
const ROOM: u32 = 64 * 1024;
/// What is removed in one write.
const REMOVED_AT_ONCE: usize = 50;
const DAY: i64 = 86_400_000;

/// Bodies on their way to where they are kept.
#[derive(Debug)]
pub struct Bodies {
    /// In KiB.
    room: Arc<Semaphore>,
    /// One is redacted at a time: it must not take what requests need.
    turn: Semaphore,
    dropped: AtomicU64,
}

impl Default for Bodies {
    fn default() -> Self {
        Self {
            room: Arc::new(Semaphore::new(ROOM as usize)),
            turn: Semaphore::new(1),
            dropped: AtomicU64::new(0),
        }
    }
}

impl Bodies {
    /// How many were left out since the gateway started.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn drop_one(&self, why: &str) {
        let number = self.dropped.fetch_add(1, Ordering::Relaxed) + 1;
        // Under a flood of them the log is not one, too.
        if number.is_power_of_two() {
            tracing::warn!(number, why, "bodies of requests were not kept");
        }
    }
}

/// Bodies of one request, while it is served.
pub struct Draft {
    keeping: Arc<Keeping>,
    key_id: Uuid,
    /// What is spoken, where the answer is text of a model.
    format: Option<Format>,
    started_at: i64,
    request: Part,
    answer: Option<Part>,
    /// Pieces of a stream.
    stream: Vec<u8>,
    stream_is_cut: bool,
}

/// The beginning of a body, and whether it has more.
struct Part {
    bytes: Bytes,
    is_cut: bool,
}

impl Part {
    fn of(body: &Bytes) -> Self {
        if body.len() <= LARGEST {
            return Self { bytes: body.clone(), is_cut: false };
        }
        // A copy, so that the rest does not wait in memory, too.
        let bytes = Bytes::copy_from_slice(&body[..body.len().min(LARGEST + SLACK)]);
        Self { bytes, is_cut: true }
    }
}

impl Draft {
    /// `None` for a caller of whom nothing is kept, and for what is no text.
    pub fn of(caller: &Caller, format: Option<Format>, request: &Bytes) -> Option<Box<Self>> {
        let key = caller.key()?;
        let keeping = key.keeping.as_ref()?;
        std::str::from_utf8(request).ok()?;
        Some(Box::new(Self {
            keeping: keeping.clone(),
            key_id: key.id,
            format,
            started_at: clock::now_ms(),
            request: Part::of(request),
            answer: None,
            stream: Vec::new(),
            stream_is_cut: false,
        }))
    }

    /// The whole answer.
    pub fn answered(&mut self, body: &Bytes) {
        self.answer = Some(Part::of(body));
    }

    /// A piece of an answer.
    pub fn streamed(&mut self, piece: &[u8]) {
        let room = LARGEST_STREAM.saturating_sub(self.stream.len());
        self.stream_is_cut |= piece.len() > room;
        self.stream.extend_from_slice(&piece[..piece.len().min(room)]);
    }

    fn kilobytes(&self) -> u32 {
        let answer = self.answer.as_ref().map_or(0, |part| part.bytes.len());
        u32::try_from((self.request.bytes.len() + answer + self.stream.len()) / 1024 + 1).unwrap_or(ROOM)
    }

    fn answer(&mut self) -> Option<Part> {
        if self.stream.is_empty() {
            return self.answer.take();
        }
        let whole = postern_wire::put_together(self.format?, &self.stream, self.started_at / 1000)?;
        let part = Part::of(&Bytes::from(whole));
        Some(Part { is_cut: part.is_cut || self.stream_is_cut, ..part })
    }

    /// The row, and the words that it is found by.
    fn finish(mut self, request_id: Uuid, guarded: &Guarded<'_>) -> std::io::Result<(BodyRow, String)> {
        let answer = self.answer();
        let request = Kept::of(&self.request, &self.keeping, guarded);
        let answer = answer.map(|part| Kept::of(&part, &self.keeping, guarded));
        let mut words = redaction::words(&request.text);
        if let Some(answer) = &answer {
            words.push_str(&redaction::words(&answer.text));
        }
        let words = both_ends(words);
        let row = BodyRow {
            request_id,
            key_id: self.key_id,
            expires_at: self.started_at.saturating_add(i64::from(self.keeping.days) * DAY),
            request: compressed(&request.text)?,
            response: answer.as_ref().map(|answer| compressed(&answer.text)).transpose()?,
            flags: BodyFlags {
                request_cut: request.is_cut,
                request_redacted: request.is_redacted,
                response_cut: answer.as_ref().is_some_and(|answer| answer.is_cut),
                response_redacted: answer.as_ref().is_some_and(|answer| answer.is_redacted),
            },
        };
        Ok((row, words))
    }
}

/// Of much, the beginning and the end are found: the ledger waits while words are indexed.
fn both_ends(words: String) -> String {
    if words.len() <= MOST_WORDS {
        return words;
    }
    let first = words.floor_char_boundary(MOST_WORDS / 4);
    let last = words.ceil_char_boundary(words.len() - (MOST_WORDS - first));
    format!("{} {}", &words[..first], &words[last..])
}

/// A body as it is kept.
struct Kept {
    text: String,
    is_cut: bool,
    is_redacted: bool,
}

impl Kept {
    fn of(part: &Part, keeping: &Keeping, guarded: &Guarded<'_>) -> Self {
        let redacted = keeping.redaction.body(&String::from_utf8_lossy(&part.bytes), guarded);
        let mut text = redacted.text;
        let slack = if part.bytes.len() > LARGEST { SLACK } else { 0 };
        let most = text.len().saturating_sub(slack).min(LARGEST);
        let is_cut = part.is_cut || most < text.len();
        text.truncate(text.floor_char_boundary(most));
        Self { text, is_cut, is_redacted: redacted.changed }
    }
}

/// Has the bodies of a request written. Waits for nothing.
pub fn keep(engine: &Arc<Engine>, request_id: Uuid, draft: Box<Draft>) {
    let Ok(place) = engine.bodies.room.clone().try_acquire_many_owned(draft.kilobytes()) else {
        engine.bodies.drop_one("too many wait to be written");
        return;
    };
    let engine = engine.clone();
    engine.clone().tasks.spawn(Box::pin(async move {
        if let Err(why) = write(&engine, request_id, draft).await {
            engine.bodies.drop_one(&why);
        }
        drop(place);
    }));
}

async fn write(engine: &Arc<Engine>, request_id: Uuid, draft: Box<Draft>) -> Result<(), String> {
    let _turn = engine.bodies.turn.acquire().await.map_err(|error| error.to_string())?;
    let asked = engine.clone();
    let made = engine.tasks.blocking(move || {
        let directory = asked.directory.load_full();
        let is_key = |text: &str| {
            let hash = ids::hash_key(text);
            directory.admin == Some(hash) || directory.key(&hash).is_some()
        };
        let credentials = credentials(&asked);
        draft.finish(request_id, &Guarded { credentials: &credentials, is_key: &is_key })
    });
    let (row, words) = made
        .await
        .ok_or("it was interrupted")?
        .map_err(|error| format!("it cannot be compressed: {error}"))?;
    let written = engine.store.write(move |connection| table::insert(connection, &row, &words)).await;
    written.map_err(|error| error.to_string())
}

/// Those of the vault and of the configuration file.
fn credentials(engine: &Engine) -> Vec<Secret> {
    let held = engine.credentials.lock().unwrap_or_else(PoisonError::into_inner);
    let mut all: Vec<Secret> = held.values().filter_map(|known| known.as_ref().ok().cloned()).collect();
    drop(held);
    let config = engine.config.load();
    all.extend(config.models.iter().filter_map(|model| model.litellm_params.api_key.clone()));
    all
}

fn compressed(text: &str) -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}

/// What was kept, as text again.
pub fn expanded(bytes: &[u8]) -> Result<String, Failure> {
    let mut text = String::new();
    let read = ZlibDecoder::new(bytes).take(2 * LARGEST as u64).read_to_string(&mut text);
    read.map_err(|error| Failure::internal(format!("a kept body cannot be read: {error}")))?;
    Ok(text)
}

/// Removes what has expired, a little at a time, so that ledger rows come in between.
pub async fn forget_expired(engine: &Engine) -> Result<(), StoreError> {
    let now = clock::now_ms();
    in_batches(engine, move |connection| table::prune(connection, now, REMOVED_AT_ONCE)).await.map(drop)
}

/// Removes all that is kept of a key's requests; of how many.
pub async fn forget_key(engine: &Engine, key_id: Uuid) -> Result<u64, StoreError> {
    in_batches(engine, move |connection| table::remove_of_key(connection, key_id, REMOVED_AT_ONCE)).await
}

async fn in_batches(
    engine: &Engine,
    batch: impl Fn(&postern_store::Connection) -> Result<usize, postern_store::SqlError> + Copy + Send + 'static,
) -> Result<u64, StoreError> {
    let mut removed = 0;
    loop {
        match engine.store.write(batch).await? {
            0 => return Ok(removed),
            number => removed += number as u64,
        }
    }
}

#[cfg(test)]
mod tests;
