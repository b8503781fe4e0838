//! One way to call the gateway of a data directory: the process that owns it, over its control socket, or, when none
//! does, an engine opened for the occasion.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::body::Body;
use axum::http::{Method, Request};
use http_body_util::BodyExt;
use postern_gateway::gateway::owner;
use postern_gateway::{Gateway, Options, control};
use serde_json::Value;

pub enum Connection {
    /// Another process owns the data directory.
    Running(reqwest::Client),
    Own(Box<Gateway>),
}

impl Connection {
    pub async fn open(options: Options) -> Result<Self> {
        if let Some(process) = owner(&options.data_dir) {
            let socket = control::socket_path(&options.data_dir);
            if !socket.exists() {
                bail!(
                    "process {process} owns {} and has no control socket; is it starting or stopping?",
                    options.data_dir.display()
                );
            }
            let client = reqwest::Client::builder()
                .unix_socket(socket)
                .no_proxy()
                .timeout(Duration::from_mins(1))
                .build()?;
            return Ok(Self::Running(client));
        }
        let gateway = Gateway::open(options).await?;
        if let Some(made) = gateway.new_admin_key() {
            // This was the first start of this data directory, and the key is shown at no other.
            crate::note(&format!("Administrator's key, shown this once: {}", made.expose()));
        }
        Ok(Self::Own(Box::new(gateway)))
    }

    pub fn is_running(&self) -> bool {
        matches!(self, Self::Running(_))
    }

    /// Sends JSON (`Value::Null` for none) and gives back the JSON answer; an error answer becomes its message.
    pub async fn call(&self, method: Method, path: &str, body: Value) -> Result<Value> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, text) = match self {
            Self::Running(client) => {
                let answer = client
                    .request(method, format!("http://localhost{path}"))
                    .header("content-type", "application/json")
                    .body(body)
                    .send()
                    .await
                    .context("the running gateway does not answer on its control socket")?;
                (answer.status().as_u16(), answer.text().await?)
            }
            Self::Own(gateway) => {
                let request = Request::builder().method(method).uri(path).body(Body::from(body))?;
                let answer = gateway.handle(request).await;
                let status = answer.status().as_u16();
                let bytes = answer.into_body().collect().await?.to_bytes();
                (status, String::from_utf8_lossy(&bytes).into_owned())
            }
        };
        let value: Value = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).context("the gateway's answer cannot be read")?
        };
        if !(200..300).contains(&status) {
            bail!("{}", value["error"]["message"].as_str().unwrap_or("the gateway refused"));
        }
        Ok(value)
    }

    pub async fn close(self) {
        if let Self::Own(gateway) = self {
            gateway.shutdown(Duration::from_secs(5)).await;
        }
    }
}
