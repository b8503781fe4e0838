//! What the desktop session offers, looked up before anything of GTK is touched: GTK panics where there is no display.

use std::time::Duration;

use postern_gateway::config::environment as variable;

/// Whether a window could be shown at all.
pub fn has_display() -> bool {
    cfg!(not(target_os = "linux")) || variable("DISPLAY").is_some() || variable("WAYLAND_DISPLAY").is_some()
}

/// Whether something on this desktop shows tray icons now. It may come up later: at login, panels often do.
#[cfg(target_os = "linux")]
pub fn has_tray_host() -> bool {
    has_status_notifier_watcher() || has_system_tray()
}

#[cfg(not(target_os = "linux"))]
pub fn has_tray_host() -> bool {
    true
}

/// The way of today's panels: a watcher on the session bus that icons register with.
#[cfg(target_os = "linux")]
fn has_status_notifier_watcher() -> bool {
    let Ok(bus) = dbus::blocking::Connection::new_session() else { return false };
    let proxy = bus.with_proxy("org.freedesktop.DBus", "/org/freedesktop/DBus", Duration::from_secs(2));
    let owned: Result<(bool,), _> =
        proxy.method_call("org.freedesktop.DBus", "NameHasOwner", ("org.kde.StatusNotifierWatcher",));
    matches!(owned, Ok((true,)))
}

/// The way of X11: a window that owns the tray's selection and embeds icons.
#[cfg(target_os = "linux")]
fn has_system_tray() -> bool {
    use x11rb::protocol::xproto::ConnectionExt;
    let owner = || -> Result<u32, Box<dyn std::error::Error>> {
        let (connection, screen) = x11rb::connect(None)?;
        let selection = format!("_NET_SYSTEM_TRAY_S{screen}");
        let atom = connection.intern_atom(false, selection.as_bytes())?.reply()?.atom;
        Ok(connection.get_selection_owner(atom)?.reply()?.owner)
    };
    owner().is_ok_and(|owner| owner != x11rb::NONE)
}
