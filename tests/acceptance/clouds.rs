//! Providers that want more than a key: a region or a project in the address, a signature, a token fetched for a credential.

use postern_tests::{Answer, Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

async fn add(world: &World, body: Value) -> Answer {
    world.admin(Method::POST, "/console/providers", body).await
}

/// A service account whose key was made for this test and opens nothing.
fn service_account() -> String {
    let key = std::process::Command::new("openssl")
        .args(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
        .output()
        .expect("openssl is part of every Debian");
    json!({
        "type": "service_account", "project_id": "p-1", "private_key_id": "k1",
        "private_key": String::from_utf8(key.stdout).unwrap(),
        "client_email": "tester@p-1.iam.gserviceaccount.com", "client_id": "1",
        "token_uri": "https://oauth2.googleapis.com/token",
    })
    .to_string()
}

#[tokio::test]
async fn vertex_serves_gemini_and_claude_with_a_service_accounts_token() {
    let world = World::start().await;
    let account = service_account();
    for (name, upstream) in [("vg", &world.gemini), ("va", &world.anthropic)] {
        let base = format!("http://{}/v1/projects/{{project}}/locations/{{location}}", upstream.address());
        let body = json!({"preset": "vertex", "name": name, "base_url": base, "api_key": account,
            "settings": {"project": "p-1", "location": "europe-west1"}});
        let added = add(&world, body).await.expect(201).json();
        assert_eq!(added["credential"]["hint"], "tester@p-1.iam.gserviceaccount.com", "{added}");
        assert_eq!(added["settings"]["location"], "europe-west1");
        assert_eq!(added["address"], base.replace("{project}", "p-1").replace("{location}", "europe-west1"));
        // It lists no models, but a token can be had.
        let path = format!("/console/providers/{}/test", added["id"].as_str().unwrap());
        let test = world.admin(Method::POST, &path, Value::Null).await.expect(200).json();
        assert_eq!((&test["ok"], &test["asked"]), (&json!(true), &json!(true)), "{test}");
        assert!(!added.to_string().contains("PRIVATE KEY"));
    }
    for stream in [false, true] {
        let answer = world.ask(Caller::Chat, "vg/gemini-2.5-pro", stream).await.expect(200);
        let seen = world.gemini.last_request();
        let method = if stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
        let path = format!(
            "/v1/projects/p-1/locations/europe-west1/publishers/google/models/gemini-2.5-pro:{method}"
        );
        assert_eq!(seen.path, path);
        let token = seen.header("authorization").strip_prefix("Bearer ").unwrap().to_owned();
        assert_eq!(token.split('.').count(), 3, "a signed token: {token}");
        assert_eq!(world.row(answer.request_id()).await["outcome"], "ok");

        world.ask(Caller::Messages, "va/claude-sonnet-4-5@20250929", stream).await.expect(200);
        let seen = world.anthropic.last_request();
        let method = if stream { "streamRawPredict" } else { "rawPredict" };
        assert!(
            seen.path.ends_with(&format!("/publishers/anthropic/models/claude-sonnet-4-5@20250929:{method}")),
            "{}",
            seen.path
        );
        assert_eq!(seen.json()["anthropic_version"], "vertex-2023-10-16");
        world.ask(Caller::Chat, "va/claude-sonnet-4-5@20250929", stream).await.expect(200);
    }
}

#[tokio::test]
async fn azure_is_asked_by_deployment_and_version_or_by_its_newer_paths() {
    let world = World::start().await;
    let base = format!("http://{}", world.openai.address());
    let key = "0123456789abcdef";
    let plain = json!({"preset": "azure", "name": "az", "base_url": base, "api_key": key});
    add(&world, plain).await.expect(201);
    let dated = json!({"preset": "azure", "name": "old", "base_url": format!("{base}/openai/v1"), "api_key": key,
        "settings": {"api_version": "2024-10-21"}});
    add(&world, dated).await.expect(201);
    world.ask(Caller::Chat, "az/mine", false).await.expect(200);
    let seen = world.openai.last_request();
    assert_eq!((seen.path.as_str(), seen.header("api-key")), ("/openai/v1/chat/completions", key));
    assert_eq!((seen.json()["model"].as_str(), seen.header("authorization")), (Some("mine"), ""));
    world.ask(Caller::Messages, "old/mine", true).await.expect(200);
    assert_eq!(
        world.openai.last_request().path,
        "/openai/deployments/mine/chat/completions?api-version=2024-10-21"
    );
    let body = json!({"model": "old/mine", "input": "Hi"});
    receive(world.gateway.post("/v1/responses", &world.key, &body)).await.expect(200);
    assert_eq!(world.openai.last_request().path, "/openai/responses?api-version=2024-10-21");
    // What a client of Azure asks here.
    let body = json!({"messages": [{"role": "user", "content": "Hi"}]});
    let path = "/openai/deployments/az%2Fmine/chat/completions?api-version=2024-10-21";
    let answer = receive(world.gateway.post(path, &world.key, &body)).await.expect(200);
    assert_eq!(world.row(answer.request_id()).await["model_requested"], "az/mine");
}

#[tokio::test]
async fn entra_needs_a_whole_credential_and_one_that_is_refused_says_so() {
    let world = World::start().await;
    let base = format!("http://{}", world.openai.address());
    let half = json!({"client_id": "c", "client_secret": "s3cr3t"}).to_string();
    let body = json!({"preset": "azure", "name": "half", "base_url": base, "api_key": half});
    let answer = add(&world, body).await.expect(400);
    assert!(answer.text().contains("tenant_id") && !answer.text().contains("s3cr3t"), "{}", answer.text());
}

#[tokio::test]
async fn settings_are_checked_and_can_be_changed() {
    let world = World::start().await;
    let needed =
        add(&world, json!({"preset": "databricks", "name": "db", "api_key": "dapi-1"})).await.expect(400);
    assert_eq!(needed.json()["error"]["param"], "settings.workspace", "{}", needed.text());
    for wrong in [json!({"workspace": "evil/../x"}), json!({"nothing": "x"}), json!({"workspace": "a b"})] {
        let body = json!({"preset": "databricks", "name": "db", "api_key": "dapi-1", "settings": wrong});
        add(&world, body).await.expect(400);
    }
    let body = json!({"preset": "databricks", "name": "db", "api_key": "dapi-1", "settings": {"workspace": "ws.example"}});
    let id = add(&world, body).await.expect(201).json()["id"].as_str().unwrap().to_owned();
    let path = format!("/console/providers/{id}");
    let changed =
        world.admin(Method::PATCH, &path, json!({"settings": {"workspace": "other.example"}})).await;
    assert_eq!(changed.expect(200).json()["settings"]["workspace"], "other.example");
    world.admin(Method::PATCH, &path, json!({"settings": {"workspace": ""}})).await.expect(400);
}

#[tokio::test]
async fn litellms_parameters_of_a_cloud_make_a_deployment() {
    let world = World::start().await;
    let base = format!("http://{}", world.openai.address());
    let params =
        json!({"model": "azure/mine", "api_base": base, "api_key": "k", "api_version": "2024-10-21"});
    let body = json!({"model_name": "smart", "litellm_params": params});
    world.admin(Method::POST, "/model/new", body).await.expect(200);
    world.ask(Caller::Chat, "smart", false).await.expect(200);
    assert_eq!(
        world.openai.last_request().path,
        "/openai/deployments/mine/chat/completions?api-version=2024-10-21"
    );
    // Parts of a credential go where credentials go.
    let params = json!({"model": "azure/mine", "api_base": base, "tenant_id": "t-1", "client_id": "c-1",
        "client_secret": "very-s3cr3t"});
    let body = json!({"model_name": "entra", "litellm_params": params});
    let stored = world.admin(Method::POST, "/model/new", body).await.expect(200);
    assert!(!stored.text().contains("very-s3cr3t"), "{}", stored.text());
    let info = world.admin(Method::GET, "/model/info", Value::Null).await.expect(200);
    assert!(!info.text().contains("very-s3cr3t"));
    for (wrong, named) in [
        (json!({"model": "openai/gpt", "api_key": "k", "api_version": "x"}), "api_version"),
        (json!({"model": "azure/mine", "api_base": base, "client_id": "c"}), "tenant_id"),
        (
            json!({"model": "vertex_ai/gemini-2.5-pro", "vertex_credentials": "/etc/passwd"}),
            "vertex_credentials",
        ),
    ] {
        let answer = world
            .admin(Method::POST, "/model/new", json!({"model_name": "m", "litellm_params": wrong}))
            .await;
        assert!(answer.expect(400).text().contains(named), "{named}");
    }
}

/// The fake recomputes each signature with the secret of `AKIDEXAMPLE`.
const AWS_SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

async fn bedrock(world: &World, name: &str, credential: Option<&str>) {
    let mut body = json!({"preset": "bedrock", "name": name, "base_url": world.bedrock.url(), "settings": {"region": "eu-central-1"}});
    if let Some(credential) = credential {
        body["api_key"] = json!(credential);
    }
    add(world, body).await.expect(201);
}

#[tokio::test]
async fn bedrock_is_asked_in_converse_and_claude_in_its_own_words_with_signatures_that_hold() {
    let world = World::start().await;
    world.bedrock.require_key(AWS_SECRET);
    bedrock(&world, "aws", Some(&format!("AKIDEXAMPLE:{AWS_SECRET}"))).await;
    for stream in [false, true] {
        for caller in Caller::BOTH {
            for (model, path) in [
                ("amazon.nova-pro-v1:0", if stream { "converse-stream" } else { "converse" }),
                (
                    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
                    if stream { "invoke-with-response-stream" } else { "invoke" },
                ),
                // What looks like a step in a path is part of the name, and is signed as it is sent.
                (
                    "arn:aws:bedrock:eu-central-1:1:inference-profile/../x",
                    if stream { "converse-stream" } else { "converse" },
                ),
            ] {
                let answer = world.ask(caller, &format!("aws/{model}"), stream).await.expect(200);
                let text =
                    if stream { caller.streamed_text(&answer) } else { caller.text_of(&answer.json()) };
                assert!(
                    !text.is_empty() && (!stream || caller.is_finished(&answer)),
                    "{model}: {}",
                    answer.text()
                );
                let seen = world.bedrock.last_request();
                assert!(seen.path.starts_with("/model/") && seen.path.ends_with(path), "{}", seen.path);
                assert!(
                    seen.header("authorization").contains("/eu-central-1/bedrock/aws4_request"),
                    "{}",
                    seen.header("authorization")
                );
                let row = world.row(answer.request_id()).await;
                assert_eq!(
                    (&row["outcome"], &row["usage_source"]),
                    (&json!("ok"), &json!("reported")),
                    "{row}"
                );
            }
        }
    }
    let request = world.request(Caller::Messages, &Caller::Messages.body("aws/anthropic.claude-x", true));
    receive(request.header("anthropic-beta", "one,two")).await.expect(200);
    let seen = world.bedrock.last_request();
    assert_eq!((seen.header("anthropic-beta"), &seen.json()["anthropic_beta"]), ("", &json!(["one", "two"])));
    assert_eq!(
        (&seen.json()["anthropic_version"], &seen.json()["model"]),
        (&json!("bedrock-2023-05-31"), &Value::Null)
    );
    bedrock(&world, "wrong", Some("AKIDEXAMPLE:another")).await;
    let refused = world.ask(Caller::Messages, "wrong/amazon.nova-pro-v1:0", false).await;
    assert!(matches!(refused.status, 401 | 403), "{}", refused.text());
    Caller::Messages.own_error(&refused);
}

#[tokio::test]
async fn bedrock_takes_an_api_key_or_a_profile_of_this_machine() {
    let home = tempfile::TempDir::new().unwrap();
    let file = home.path().join("credentials");
    let profile = format!("[work]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = {AWS_SECRET}\n");
    std::fs::write(&file, profile).unwrap();
    let world = World::with("litellm_settings: {num_retries: 0}", |builder| {
        builder
            .environment("AWS_SHARED_CREDENTIALS_FILE", file.to_str().unwrap())
            .environment("AWS_CONFIG_FILE", home.path().join("none").to_str().unwrap())
            .environment("AWS_EC2_METADATA_DISABLED", "true")
    })
    .await;
    world.bedrock.require_key(AWS_SECRET);
    let body = json!({"preset": "bedrock", "name": "profile", "base_url": world.bedrock.url(), "settings": {"profile": "work"}});
    add(&world, body).await.expect(201);
    world.ask(Caller::Chat, "profile/amazon.nova-pro-v1:0", false).await.expect(200);
    let body = json!({"preset": "bedrock", "name": "nobody", "base_url": world.bedrock.url(), "settings": {"profile": "missing"}});
    add(&world, body).await.expect(201);
    let refused = world.ask(Caller::Chat, "nobody/amazon.nova-pro-v1:0", false).await.expect(503);
    assert_eq!(refused.json()["error"]["code"], "credential_unavailable", "{}", refused.text());
    world.bedrock.require_key("ABSKbedrock-api-key");
    bedrock(&world, "keyed", Some("ABSKbedrock-api-key")).await;
    world.ask(Caller::Chat, "keyed/amazon.nova-pro-v1:0", true).await.expect(200);
    assert_eq!(world.bedrock.last_request().header("authorization"), "Bearer ABSKbedrock-api-key");
}

#[tokio::test]
async fn a_binary_stream_that_breaks_never_looks_finished() {
    use postern_testkit::{Behaviour, Fault};
    let world = World::start().await;
    bedrock(&world, "aws", Some("ABSKkey")).await;
    for model in ["aws/amazon.nova-pro-v1:0", "aws/anthropic.claude-x"] {
        for fault in [Fault::ErrorMidStream, Fault::Truncated, Fault::CloseMidEvent, Fault::BrokenSse] {
            for caller in Caller::BOTH {
                world.bedrock.next(Behaviour::from(fault.clone()));
                let answer = world.ask(caller, model, true).await.expect(200);
                assert!(!caller.is_finished(&answer), "{model}: {}", answer.text());
                let row = world.row(answer.request_id()).await;
                assert_eq!(row["outcome"], "error", "{row}");
            }
        }
    }
    world.assert_well().await;
}

#[tokio::test]
async fn ibms_key_is_exchanged_for_a_token_that_is_kept() {
    let world = World::start().await;
    let tokens = format!("http://{}/identity/token", world.openai.address());
    let body = json!({"preset": "watsonx", "name": "ibm", "base_url": world.openai.url(), "api_key": "ibm-key/+",
        "settings": {"iam_url": tokens}});
    add(&world, body).await.expect(201);
    for _ in 0..2 {
        world.ask(Caller::Chat, "ibm/granite", false).await.expect(200);
        assert_eq!(world.openai.last_request().header("authorization"), "Bearer ibm-token");
    }
    let seen = world.openai.requests();
    let exchanged: Vec<_> = seen.iter().filter(|seen| seen.path == "/identity/token").collect();
    let asked = "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey=ibm%2Dkey%2F%2B";
    assert_eq!((exchanged.len(), String::from_utf8_lossy(&exchanged[0].body).as_ref()), (1, asked));
}

#[tokio::test]
async fn vertex_uses_what_gcloud_left_on_this_machine() {
    let home = tempfile::TempDir::new().unwrap();
    let file = home.path().join("application_default_credentials.json");
    std::fs::write(&file, service_account()).unwrap();
    let world = World::with("litellm_settings: {num_retries: 0}", |builder| {
        builder.environment("GOOGLE_APPLICATION_CREDENTIALS", file.to_str().unwrap())
    })
    .await;
    let base = format!("http://{}/v1/projects/p/locations/l", world.gemini.address());
    let body = json!({"preset": "vertex", "name": "adc", "base_url": base, "settings": {"project": "p"}});
    let added = add(&world, body).await.expect(201).json();
    assert_eq!(added["credential"]["state"], "not_needed", "{added}");
    world.ask(Caller::Chat, "adc/gemini-2.5-pro", true).await.expect(200);
    let token = world.gemini.last_request().header("authorization").to_owned();
    assert_eq!(token.split('.').count(), 3, "{token}");
}

/// Microsoft's identities are only asked over TLS: a certificate for this machine, and a server that gives one token.
const ENTRA: &str = r#"
import http.server, json, ssl, sys
class Tokens(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = self.rfile.read(int(self.headers["content-length"])).decode()
        good = "client_secret=s3cr3t" in asked and "cognitiveservices.azure.com" in asked and "/t-1/" in self.path
        told = {"token_type": "Bearer", "expires_in": 3600, "access_token": "entra-token"}
        body = json.dumps(told if good else {"error": "invalid_client", "error_description": "no such client"}).encode()
        self.send_response(200 if good else 401)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *what): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Tokens)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

/// Ends with the test, however that ends.
struct Ended(std::process::Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn azure_takes_a_clients_secret_of_entra() {
    use std::io::BufRead;
    let home = tempfile::TempDir::new().unwrap();
    let at = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    // A server's certificate must not be an authority's.
    let authority = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=tests",
        "-keyout",
        &at("ca.key"),
        "-out",
        &at("ca.pem"),
    ];
    let server = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-CA",
        &at("ca.pem"),
        "-CAkey",
        &at("ca.key"),
        "-addext",
        "basicConstraints=critical,CA:FALSE",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        &at("key.pem"),
        "-out",
        &at("cert.pem"),
    ];
    for arguments in [authority.as_slice(), server.as_slice()] {
        let made = std::process::Command::new("openssl").args(arguments).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    let mut server = Ended(
        std::process::Command::new("python3")
            .args(["-c", ENTRA, &at("cert.pem"), &at("key.pem")])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut port = String::new();
    std::io::BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let authority = format!("https://localhost:{}", port.trim());
    let world = World::with("litellm_settings: {num_retries: 0}", |builder| {
        builder.environment("AZURE_AUTHORITY_HOST", &authority).environment("SSL_CERT_FILE", &at("ca.pem"))
    })
    .await;
    let base = format!("http://{}", world.openai.address());
    for (name, secret) in [("right", "s3cr3t"), ("wrong", "another")] {
        let client = json!({"tenant_id": "t-1", "client_id": "c-1", "client_secret": secret}).to_string();
        add(&world, json!({"preset": "azure", "name": name, "base_url": base, "api_key": client}))
            .await
            .expect(201);
    }
    world.ask(Caller::Chat, "right/mine", false).await.expect(200);
    assert_eq!(world.openai.last_request().header("authorization"), "Bearer entra-token");
    let refused = world.ask(Caller::Chat, "wrong/mine", false).await.expect(503);
    assert_eq!(refused.json()["error"]["code"], "credential_unavailable", "{}", refused.text());
    assert!(!refused.text().contains("another"));
}
