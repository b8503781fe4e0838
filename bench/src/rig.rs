//! What is measured and against what: the canned upstream and one that refuses, the bare pass-through before it, the gateway
//! before both.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use bytes::Bytes;
use http::StatusCode;
use postern_testkit::{CannedUpstream, Dialect, UpstreamOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::figures::Figure;
use crate::load::{self, Call};
use crate::process::Server;

const ADMIN_KEY: &str = "sk-admin-bench-0123456789abcdef";
const CHAT: &str = "/v1/chat/completions";

/// Who answers a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Direct,
    Floor,
    Postern,
}

pub const TARGETS: [Target; 3] = [Target::Direct, Target::Floor, Target::Postern];

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A short conversation, answered whole.
    Small,
    /// 100 KiB of conversation, answered whole.
    Large,
    /// A short conversation, answered by events some milliseconds apart.
    Paced,
    /// As small, and the first deployment refuses it.
    FailsOver,
}

pub struct Rig {
    upstream: CannedUpstream,
    refusing: CannedUpstream,
    pub floor: Server,
    pub postern: Server,
    key: String,
    _data: TempDir,
}

/// A gateway on a data directory; any free port, secrets in memory only.
pub fn gateway(postern: &Path, data: &Path) -> anyhow::Result<Server> {
    let mut command = Command::new(postern);
    command.args(["serve", "--listen", "127.0.0.1:0", "--vault", "memory", "--data-dir"]).arg(data);
    command.env("POSTERN_ADMIN_KEY", ADMIN_KEY).env("HOME", data);
    Server::start(command)
}

/// The pass-through that was built with this program.
pub fn floor(upstream: &str) -> anyhow::Result<Server> {
    let program: PathBuf = std::env::current_exe()?.with_file_name("passthrough");
    let mut command = Command::new(program);
    command.args(["--key", ADMIN_KEY, "--upstream", upstream]);
    Server::start(command)
}

/// A call that the gateway answers by itself, for measuring a start.
pub fn demo_call(gateway: &Server) -> Call {
    let body = json!({"model": "demo", "messages": [{"role": "user", "content": "Hi"}]});
    let (address, key) = (gateway.address.clone(), ADMIN_KEY.to_owned());
    Call { address, path: CHAT, key, body: bytes(&body), status: StatusCode::OK }
}

impl Rig {
    pub async fn start(postern: &Path) -> anyhow::Result<Self> {
        let upstream = CannedUpstream::start(Dialect::OpenAi, &UpstreamOptions::default())?;
        let floor = floor(&format!("http://{}", upstream.address()))?;
        let data = TempDir::with_prefix("postern-bench-")?;
        let postern = gateway(postern, data.path())?;
        let refusing =
            CannedUpstream::refusing(&UpstreamOptions::default(), StatusCode::SERVICE_UNAVAILABLE)?;
        let mut rig = Self { upstream, refusing, floor, postern, key: String::new(), _data: data };
        let deployments = [
            ("bench", &rig.upstream, 1),
            ("bench-paced", &rig.upstream, 1),
            ("bench-failover", &rig.refusing, 1),
            ("bench-failover", &rig.upstream, 2),
        ];
        for (model, upstream, order) in deployments {
            let parameters = json!({
                "model": format!("openai/{model}"),
                "api_base": upstream.url(),
                "api_key": "sk-upstream",
                "order": order,
                "cooldown_time": 0,
            });
            rig.manage("/model/new", &json!({"model_name": model, "litellm_params": parameters})).await?;
        }
        let key = rig.manage("/key/generate", &json!({})).await?;
        key["key"].as_str().context("/key/generate gave no key")?.clone_into(&mut rig.key);
        Ok(rig)
    }

    pub fn call(&self, target: Target, shape: Shape) -> Call {
        let (address, key) = match target {
            Target::Direct => (self.upstream.address().to_string(), "sk-upstream"),
            Target::Floor => (self.floor.address.clone(), ADMIN_KEY),
            Target::Postern => (self.postern.address.clone(), self.key.as_str()),
        };
        Call { address, path: CHAT, key: key.to_owned(), body: body(shape), status: StatusCode::OK }
    }

    /// To the upstream that refuses, without anything between.
    pub fn refused_call(&self) -> Call {
        let address = self.refusing.address().to_string();
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Call { address, status, ..self.call(Target::Direct, Shape::FailsOver) }
    }

    /// How many calls the one that refuses has had.
    pub fn refused(&self) -> u64 {
        self.refusing.calls()
    }

    /// The process whose CPU time counts; the upstream's own does not.
    pub fn process(&self, target: Target) -> Option<&Server> {
        match target {
            Target::Direct => None,
            Target::Floor => Some(&self.floor),
            Target::Postern => Some(&self.postern),
        }
    }

    /// Whether every answered request is a row of the ledger: a fast gateway that forgets is not fast.
    pub async fn ledger(&self, answered: usize) -> Figure {
        const NAME: &str = "answered requests without a ledger row";
        let overview = load::get(&self.postern.address, "/console/spend?range=today&tz=UTC", ADMIN_KEY).await;
        let rows = overview.and_then(|body| {
            let overview: Value = serde_json::from_slice(&body)?;
            overview["totals"]["requests"].as_f64().context("no totals.requests in /console/spend")
        });
        match rows {
            Ok(rows) => Figure::new(NAME, "", (answered as f64 - rows).abs()).under(1.0),
            Err(why) => Figure::missing(NAME, "", format!("{why:#}")),
        }
    }

    async fn manage(&self, path: &'static str, request: &Value) -> anyhow::Result<Value> {
        let call = Call {
            address: self.postern.address.clone(),
            path,
            key: ADMIN_KEY.to_owned(),
            body: bytes(request),
            status: StatusCode::OK,
        };
        Ok(serde_json::from_slice(&load::once(&call).await?)?)
    }
}

/// The upstream reads model and stream flag from the first bytes, so they come first.
fn body(shape: Shape) -> Bytes {
    let question = json!({"role": "user", "content": "Which of these are prime: 7, 8, 9, 11?"});
    bytes(&match shape {
        Shape::Small => json!({"model": "bench", "temperature": 0.2, "messages": [question]}),
        Shape::Large => json!({"model": "bench", "temperature": 0.2, "messages": conversation(100 * 1024)}),
        Shape::FailsOver => {
            json!({"model": "bench-failover", "temperature": 0.2, "messages": [question]})
        }
        Shape::Paced => json!({
            "model": "bench-paced",
            "stream": true,
            "stream_options": {"include_usage": true},
            "messages": [question],
        }),
    })
}

/// Turns as an agent sends them: code with quotes and line breaks, not one long word.
fn conversation(size: usize) -> Vec<Value> {
    let code = "fn main() {\n\tlet name = \"world\";\n\tprintln!(\"Hello, {name}! \\u{1f44b}\");\n}\n";
    let turn = |role: &str| json!({"role": role, "content": code.repeat(6)});
    let pair = [turn("user"), turn("assistant")];
    let length: usize = pair.iter().map(|turn| turn.to_string().len() + 1).sum();
    let mut turns: Vec<Value> = pair.iter().cloned().cycle().take(size / length * 2).collect();
    turns.push(turn("user"));
    turns
}

fn bytes(value: &Value) -> Bytes {
    Bytes::from(value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_have_the_size_and_the_beginning_that_are_promised() {
        let large = body(Shape::Large);
        assert!((95 * 1024..110 * 1024).contains(&large.len()), "{}", large.len());
        let paced = body(Shape::Paced);
        assert!(paced.starts_with(b"{\"model\":\"bench-paced\",\"stream\":true"));
    }
}
