//! What a fake speaks below HTTP: nothing, or TLS that no caller accepts.

use std::process::Command;
use std::sync::Arc;

use bytes::BytesMut;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use super::connection::Connection;

/// How a fake answers a new connection. All but the first have an `https` URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// HTTP without TLS.
    #[default]
    Plain,
    /// Proper TLS with a certificate for this machine that nobody vouches for. A caller that trusted it would be served.
    SelfSigned,
    /// The connection ends after the caller's hello.
    CutHandshake,
    /// The caller's hello is answered by a server that speaks HTTP only.
    PlainAnswer,
}

/// [`Transport`] with what it needs.
#[derive(Clone)]
pub enum Opening {
    Plain,
    Tls(TlsAcceptor),
    Cut,
    PlainAnswer,
}

impl Transport {
    pub fn scheme(self) -> &'static str {
        if self == Self::Plain { "http" } else { "https" }
    }

    pub fn prepare(self) -> std::io::Result<Opening> {
        Ok(match self {
            Self::Plain => Opening::Plain,
            Self::SelfSigned => Opening::Tls(acceptor()?),
            Self::CutHandshake => Opening::Cut,
            Self::PlainAnswer => Opening::PlainAnswer,
        })
    }
}

/// Reads the hello, says what a server without TLS says of it (or nothing), and ends.
pub async fn disappoint(mut connection: Connection, words: &[u8]) {
    // All of it: what is left unread would turn the end into a reset.
    let mut hello = BytesMut::with_capacity(16 * 1024);
    if let Ok(1..) = connection.read_buf(&mut hello).await {
        drop(connection.write_all(words).await);
        drop(connection.shutdown().await);
    }
}

/// What a web server says to a TLS hello on its plain port.
pub const NOT_TLS: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: 15\r\n\
    connection: close\r\n\r\n400 Bad Request";

fn acceptor() -> std::io::Result<TlsAcceptor> {
    let files = tempfile::TempDir::with_prefix("fake-upstream-")?;
    let (key, certificate) = (files.path().join("key.pem"), files.path().join("certificate.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-days", "2", "-subj", "/CN=fake upstream"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()?;
    if !made.status.success() {
        return Err(std::io::Error::other(String::from_utf8_lossy(&made.stderr).into_owned()));
    }
    let chain = vec![CertificateDer::from_pem_file(&certificate).map_err(std::io::Error::other)?];
    let key = PrivateKeyDer::from_pem_file(&key).map_err(std::io::Error::other)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
        .map_err(std::io::Error::other)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
