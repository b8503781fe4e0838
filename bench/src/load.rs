//! The load generator: HTTP/1.1 over kept-alive connections, on one thread, with nothing on the way that pools or
//! retries. Any answer but the expected one, with a whole body, ends the run: a benchmark of errors measures nothing.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::LocalSet;

/// Who is asked, and what.
#[derive(Clone, Debug)]
pub struct Call {
    /// `HOST:PORT`.
    pub address: String,
    pub path: &'static str,
    pub key: String,
    pub body: Bytes,
    /// Another answer ends the run.
    pub status: StatusCode,
}

impl Call {
    fn request(&self) -> anyhow::Result<Request<Full<Bytes>>> {
        Ok(Request::post(self.path)
            .header(HOST, &self.address)
            .header(AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {}", self.key))?)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(self.body.clone()))?)
    }
}

/// When the next request leaves.
#[derive(Clone, Copy, Debug)]
pub enum Rhythm {
    /// As soon as the connection's last answer is in.
    Closed,
    /// This many per second over all connections, whether or not the answers are in.
    PerSecond(u32),
}

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    Elapsed(Duration),
    Requests(usize),
}

/// What came back. Times are microseconds.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Request sent to last byte, sorted.
    pub whole: Vec<f64>,
    /// Request sent to first byte of the body, sorted.
    pub first: Vec<f64>,
    /// Reads of a body's pieces, over all requests.
    pub pieces: usize,
    pub elapsed: Duration,
}

impl Outcome {
    pub fn requests(&self) -> usize {
        self.whole.len()
    }

    pub fn per_second(&self) -> f64 {
        self.requests() as f64 / self.elapsed.as_secs_f64()
    }
}

struct Plan {
    call: Call,
    rhythm: Rhythm,
    until: Until,
    began: Instant,
    /// Requests handed out so far.
    taken: Cell<usize>,
    outcome: RefCell<Outcome>,
}

/// Runs `connections` workers at once and gathers what they saw.
pub async fn run(call: &Call, connections: usize, rhythm: Rhythm, until: Until) -> anyhow::Result<Outcome> {
    let mut ready = Vec::new();
    for _ in 0..connections {
        ready.push(connect(&call.address).await?);
    }
    let plan = Rc::new(Plan {
        call: call.clone(),
        rhythm,
        until,
        began: Instant::now(),
        taken: Cell::new(0),
        outcome: RefCell::default(),
    });
    let local = LocalSet::new();
    let workers: Vec<_> =
        ready.into_iter().map(|connection| local.spawn_local(work(Rc::clone(&plan), connection))).collect();
    local
        .run_until(async {
            for worker in workers {
                worker.await??;
            }
            anyhow::Ok(())
        })
        .await?;
    let mut outcome = plan.outcome.take();
    outcome.elapsed = plan.began.elapsed();
    outcome.whole.sort_by(f64::total_cmp);
    outcome.first.sort_by(f64::total_cmp);
    Ok(outcome)
}

/// One call on a connection of its own; the body.
pub async fn once(call: &Call) -> anyhow::Result<Bytes> {
    alone(&call.address, call.request()?).await
}

/// A GET on a connection of its own; the body.
pub async fn get(address: &str, path: &str, key: &str) -> anyhow::Result<Bytes> {
    let request = Request::get(path).header(HOST, address).header(AUTHORIZATION, format!("Bearer {key}"));
    alone(address, request.body(Full::default())?).await
}

async fn alone(address: &str, request: Request<Full<Bytes>>) -> anyhow::Result<Bytes> {
    let path = request.uri().path().to_owned();
    let mut connection = connect(address).await?;
    let response = connection.send_request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    if !status.is_success() {
        bail!("{path} answered {status}: {}", String::from_utf8_lossy(&body));
    }
    Ok(body)
}

#[expect(clippy::disallowed_methods, reason = "ends with the runtime of the benchmark")]
async fn connect(address: &str) -> anyhow::Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await.with_context(|| format!("nobody listens on {address}"))?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    drop(tokio::spawn(connection));
    Ok(sender)
}

async fn work(plan: Rc<Plan>, mut connection: SendRequest<Full<Bytes>>) -> anyhow::Result<()> {
    loop {
        let number = plan.taken.get();
        let enough = match plan.until {
            Until::Elapsed(time) => plan.began.elapsed() >= time,
            Until::Requests(count) => number >= count,
        };
        if enough {
            return Ok(());
        }
        plan.taken.set(number + 1);
        let sent = due(&plan, number).await;
        let response = connection.send_request(plan.call.request()?).await?;
        if response.status() != plan.call.status {
            let status = response.status();
            let body = response.into_body().collect().await?.to_bytes();
            bail!("request {number} answered {status}: {}", String::from_utf8_lossy(&body));
        }
        let mut body = response.into_body();
        let (mut first, mut pieces) = (None, 0);
        while let Some(frame) = body.frame().await {
            frame.with_context(|| format!("the body of request {number} broke off"))?;
            first.get_or_insert_with(|| sent.elapsed());
            pieces += 1;
        }
        let whole = sent.elapsed();
        let mut outcome = plan.outcome.borrow_mut();
        outcome.first.push(first.context("an empty body")?.as_secs_f64() * 1e6);
        outcome.whole.push(whole.as_secs_f64() * 1e6);
        outcome.pieces += pieces;
    }
}

/// Waits for the request's turn. Its time runs from the moment it should have left if the connection was late, and
/// from the moment it left if not: the timer's own lateness is no latency of the target.
async fn due(plan: &Plan, number: usize) -> Instant {
    let Rhythm::PerSecond(rate) = plan.rhythm else { return Instant::now() };
    let turn = plan.began + Duration::from_secs_f64(number as f64 / f64::from(rate));
    if turn <= Instant::now() {
        return turn;
    }
    tokio::time::sleep_until(turn.into()).await;
    Instant::now()
}
