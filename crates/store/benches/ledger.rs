//! What rows of the ledger cost: how many a second are written, how many bytes each takes with its roll-ups and indexes. Rows are
//! those of a busy year, made up from a fixed seed. `make bench-ledger` builds it for release and runs it; the database that it
//! leaves is what questions to the API are measured on.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on says so by ending")]
#![expect(clippy::print_stdout, reason = "figures are for people")]

use std::path::PathBuf;
use std::time::Instant;

use postern_store::Store;
use postern_store::table::owners::Owner;
use postern_store::table::requests::{Billing, Outcome, RequestRow, Tokens, UsageSource};
use uuid::Uuid;

const DAY: i64 = 86_400_000;
/// The days that the rows lie in, up to `END`.
const DAYS: i64 = 400;
/// Rows that are under way at once.
const AT_ONCE: usize = 4096;

/// A generator of numbers, the same each time: SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, most: u64) -> u64 {
        self.roll() % most
    }

    /// Below it, and mostly far below.
    fn skewed(&mut self, most: u64) -> u64 {
        let unit = self.below(1 << 20) as f64 / f64::from(1 << 20);
        (unit * unit * unit * most as f64) as u64
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    fn letters(&mut self, count: usize) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..count).map(|_| LETTERS[self.below(LETTERS.len() as u64) as usize] as char).collect()
    }
}

/// Group, provider, the provider's name for it, and pico-dollars per token in and out.
const MODELS: [(&str, &str, &str, u64, u64); 12] = [
    ("smart", "anthropic", "claude-sonnet-5", 3_000_000, 15_000_000),
    ("smart", "bedrock", "anthropic.claude-sonnet-5-v1:0", 3_000_000, 15_000_000),
    ("claude-haiku-4-5", "anthropic", "claude-haiku-4-5", 1_000_000, 5_000_000),
    ("claude-opus-5", "anthropic", "claude-opus-5", 5_000_000, 25_000_000),
    ("gpt-5", "openai", "gpt-5", 1_250_000, 10_000_000),
    ("gpt-5-mini", "openai", "gpt-5-mini", 250_000, 2_000_000),
    ("cheap", "deepseek", "deepseek-chat", 280_000, 420_000),
    ("cheap", "groq", "openai/gpt-oss-120b", 150_000, 750_000),
    ("gemini-3-pro", "google", "gemini-3-pro", 2_000_000, 12_000_000),
    ("gemini-3-flash", "google", "gemini-3-flash", 300_000, 2_500_000),
    ("embed", "openai", "text-embedding-3-small", 20_000, 0),
    ("local", "ollama", "qwen3:32b", 0, 0),
];
const CLIENTS: [(&str, &str); 6] = [
    ("claude-cli", "claude-cli/2.1.7 (external, cli)"),
    ("codex_cli_rs", "codex_cli_rs/0.63.0 (Ubuntu 24.4.0; x86_64) xterm-256color"),
    ("OpenAI", "OpenAI/Python 2.8.1"),
    ("Anthropic", "Anthropic/JS 0.71.0"),
    ("aider", "litellm/1.80.0"),
    ("curl", "curl/8.5.0"),
];
const KEYS: u64 = 40;
const USERS: u64 = 15;
const TEAMS: u64 = 5;
const PROJECTS: u64 = 60;
const END_USERS: u64 = 2_000;

fn key(number: u64) -> Uuid {
    Uuid::from_u128(0xbe0c_0000_0000_0000_8000_0000_0000_0000 | u128::from(number))
}

fn row(dice: &mut Dice, number: u64, rows: u64, end: i64) -> RequestRow {
    let step = (DAYS * DAY) as f64 / rows as f64;
    let started_at = end - DAYS * DAY + (number as f64 * step) as i64;
    let (group, provider, model, price_in, price_out) = MODELS[dice.skewed(MODELS.len() as u64) as usize];
    let (client_name, client) = CLIENTS[dice.skewed(CLIENTS.len() as u64) as usize];
    let key_number = dice.skewed(KEYS);
    let failed = dice.one_in(40);
    let (input, output) = (200 + dice.skewed(60_000), 20 + dice.skewed(4_000));
    let (cached, reasoning) = (if dice.one_in(2) { input / 2 } else { 0 }, output / 3);
    let (input, output, cached, reasoning) =
        if failed { (0, 0, 0, 0) } else { (input, output, cached, reasoning) };
    let rest = input - cached;
    let cost = (rest * price_in + cached * (price_in / 10) + output * price_out) / 1000;
    let is_local = provider == "ollama";
    let lines = format!(
        r#"[["input",{rest},{price_in}],["cache_read",{cached},{}],["output",{output},{price_out}]]"#,
        price_in / 10
    );
    let usage = format!(
        r#"{{"prompt_tokens":{input},"completion_tokens":{output},"total_tokens":{},"prompt_tokens_details":{{"cached_tokens":{cached},"audio_tokens":0}},"completion_tokens_details":{{"reasoning_tokens":{reasoning},"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}}"#,
        input + output
    );
    let mut id = [0_u8; 16];
    id[..6].copy_from_slice(&started_at.to_be_bytes()[2..]);
    id[6..8].copy_from_slice(&(0x7000 | (number as u16 & 0xfff)).to_be_bytes());
    id[8..].copy_from_slice(&(0x8000_0000_0000_0000 | (dice.roll() >> 2)).to_be_bytes());
    let whole = |value: u64| i64::try_from(value).unwrap();
    let user = key_number % USERS;
    RequestRow {
        id: Uuid::from_bytes(id),
        started_at,
        key_id: key(key_number),
        endpoint: if client_name == "claude-cli" { "/v1/messages" } else { "/v1/chat/completions" }.into(),
        model_requested: group.into(),
        model_group: group.into(),
        deployment_id: Some(format!("{provider}-{group}")),
        provider: Some(provider.into()),
        upstream_model: Some(model.into()),
        format_in: if client_name == "claude-cli" { "anthropic_messages" } else { "openai_chat" }.into(),
        format_out: Some(if provider == "anthropic" { "anthropic_messages" } else { "openai_chat" }.into()),
        status: if failed { 529 } else { 200 },
        outcome: if failed { Outcome::Error } else { Outcome::Ok },
        error_kind: failed.then(|| "overloaded".into()),
        error_message: failed.then(|| "Overloaded: the provider has no room for it at the moment".into()),
        streamed: dice.one_in(2),
        attempts: 1,
        latency_us: whole(300_000 + dice.skewed(30_000_000)),
        first_byte_us: Some(whole(200_000 + dice.skewed(3_000_000))),
        client: client.into(),
        client_name: client_name.into(),
        end_user: dice.one_in(8).then(|| format!("customer-{}", dice.skewed(END_USERS))),
        project: (!dice.one_in(3)).then(|| format!("project-{}", dice.skewed(PROJECTS))),
        // Sessions of forty requests.
        session: dice
            .one_in(2)
            .then(|| format!("{:032x}", 0x5e55_1000_u64 + number / 40 / KEYS * KEYS + key_number)),
        tags: if dice.one_in(10) { vec![format!("tag-{}", dice.skewed(30))] } else { Vec::new() },
        response_id: (!failed).then(|| format!("chatcmpl-{}", dice.letters(29))),
        tokens: Tokens {
            input: whole(input),
            output: whole(output),
            cache_read: whole(cached),
            reasoning: whole(reasoning),
            ..Tokens::default()
        },
        usage_source: if failed { UsageSource::None } else { UsageSource::Reported },
        usage_raw: (!failed).then_some(usage),
        billing: if is_local { Billing::Local } else { Billing::Api },
        cost_nanos: Some(if is_local { 0 } else { whole(cost) }),
        cost_lines: (!failed && !is_local).then_some(lines),
        price_source: (!failed).then(|| if is_local { "local" } else { "catalogue" }.into()),
        price_version: (!failed && !is_local).then(|| "2026.11.20-e1b1e6df".into()),
        request_bytes: whole(500 + input * 4),
        response_bytes: whole(300 + output * 4),
        owner: Owner {
            user_id: Some(format!("user-{user}").into()),
            team_id: Some(format!("team-{}", user % TEAMS).into()),
            organization_id: None,
        },
        ..RequestRow::default()
    }
}

fn argument(name: &str) -> Option<String> {
    let mut arguments = std::env::args();
    arguments.find(|argument| argument == name).and_then(|_| arguments.next())
}

fn main() {
    let rows: u64 = argument("--rows").map_or(10_000_000, |text| text.parse().unwrap());
    let kept = argument("--database").map(PathBuf::from);
    let directory = tempfile::tempdir().unwrap();
    let path = kept.unwrap_or_else(|| directory.path().join("postern.db"));
    // The last of them lie in the running hour, so that what is asked of today has something to say.
    #[expect(clippy::disallowed_methods, reason = "a benchmark does not move time")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let end = i64::try_from(now.as_millis()).unwrap();
    let store = Store::open(&path).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut dice = Dice(20_261_126);
    let started = Instant::now();
    let mut writing = std::time::Duration::ZERO;
    let mut number = 0;
    while number < rows {
        let batch: Vec<Box<RequestRow>> = (number..rows.min(number + AT_ONCE as u64))
            .map(|number| Box::new(row(&mut dice, number, rows, end)))
            .collect();
        number += batch.len() as u64;
        let handed = Instant::now();
        let acks: Vec<_> = batch.into_iter().map(|row| store.record(row)).collect();
        runtime.block_on(async {
            for ack in acks {
                assert!(ack.committed().await);
            }
        });
        writing += handed.elapsed();
    }
    let size_before = store.size_bytes();
    store.close();
    drop(store);
    let size = std::fs::metadata(&path).unwrap().len();
    println!("rows                 {rows}");
    println!("rows/s written       {:.0}", rows as f64 / writing.as_secs_f64());
    println!("bytes/row            {:.0}", size as f64 / rows as f64);
    println!(
        "database             {:.0} MB ({:.0} MB with its log)",
        size as f64 / 1e6,
        size_before as f64 / 1e6
    );
    println!("all in               {:.0} s", started.elapsed().as_secs_f64());
}
