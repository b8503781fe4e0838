//! A private session bus, and gnome-keyring on it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// What a case finds around it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No bus at all, as on a server.
    None,
    /// A bus that starts nothing by itself.
    Bare,
    /// A bus that could start a keychain, as on a desktop. The one it names does not exist, so a case decides when
    /// the keychain comes up.
    Promising,
}

pub struct Bus {
    daemon: Child,
    address: String,
}

impl Bus {
    pub fn start(kind: Kind, home: &Path) -> Option<Self> {
        if kind == Kind::None {
            return None;
        }
        let services = home.join("services");
        fs::create_dir_all(&services).unwrap();
        if kind == Kind::Promising {
            let service = "[D-BUS Service]\nName=org.freedesktop.secrets\nExec=/nonexistent/keychain\n";
            fs::write(services.join("org.freedesktop.secrets.service"), service).unwrap();
        }
        let config = home.join("bus.conf");
        let text = format!(
            "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" \
             \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\
             <busconfig><type>session</type><listen>unix:tmpdir={}</listen><servicedir>{}</servicedir>\
             <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
             <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
            home.display(),
            services.display(),
        );
        fs::write(&config, text).unwrap();
        let mut daemon = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", config.display()))
            .args(["--nofork", "--print-address=1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut address).unwrap();
        assert!(!address.trim().is_empty(), "dbus-daemon did not say where it listens");
        Some(Self { daemon, address: address.trim().to_owned() })
    }

    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// Nothing of the session the tests are run in, and nothing of the user's own keyrings.
pub fn isolate(command: &mut Command, home: &Path, address: Option<&str>) {
    let runtime = home.join("runtime");
    fs::create_dir_all(&runtime).unwrap();
    for name in ["DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "DBUS_STARTER_ADDRESS"] {
        command.env_remove(name);
    }
    command.env("HOME", home).env("XDG_DATA_HOME", home.join("share")).env("XDG_RUNTIME_DIR", runtime);
    if let Some(address) = address {
        command.env("DBUS_SESSION_BUS_ADDRESS", address);
    }
}

/// gnome-keyring in the foreground; it ends with its `Drop`, or with the bus.
pub struct Keyring(Child);

impl Keyring {
    /// With a password: unlocked, and set up if it was not. Without: as it is after a login without one.
    pub fn start(password: Option<&str>) -> Self {
        let mut command = Command::new("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets"]);
        if password.is_some() {
            command.arg("--unlock");
        }
        let mut daemon =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut stdin = daemon.stdin.take().unwrap();
        stdin.write_all(password.unwrap_or_default().as_bytes()).unwrap();
        Self(daemon)
    }

    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
