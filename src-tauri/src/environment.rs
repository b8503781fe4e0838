//! What the desktop session offers, looked up before anything of GTK is touched: GTK panics where there is no display.

#[cfg(target_os = "linux")]
use std::time::Duration;

use postern_gateway::config::environment as variable;

/// Whether a window could be shown at all.
pub fn has_display() -> bool {
    cfg!(not(target_os = "linux")) || variable("DISPLAY").is_some() || variable("WAYLAND_DISPLAY").is_some()
}

/// What tells GDK to leave GL alone. The second word is none of GDK's, and says that it was not the user's choice.
pub const WITHOUT_GL: (&str, &str) = ("GDK_GL", "disable,postern-tray");

/// Whether opening the display would load the whole GL stack: the first GTK program of an X session looks for visuals that
/// GL likes and leaves what it found on the root window. Where GL is Mesa in software that costs 50 MB, which a tray
/// without a window has no use for.
#[cfg(target_os = "linux")]
pub fn would_load_gl() -> bool {
    use x11rb::connection::Connection;
    use x11rb::protocol::xproto::{AtomEnum, ConnectionExt};
    let is_found = || -> Result<bool, Box<dyn std::error::Error>> {
        let (connection, screen) = x11rb::connect(None)?;
        let root = connection.setup().roots[screen].root;
        let atom = connection.intern_atom(true, b"GDK_VISUALS")?.reply()?.atom;
        if atom == x11rb::NONE {
            return Ok(false);
        }
        let found = connection.get_property(false, root, atom, AtomEnum::ANY, 0, 2)?.reply()?;
        Ok(found.value_len > 0)
    };
    // With Wayland GDK does not look at X at all.
    variable("GDK_GL").is_none()
        && variable("WAYLAND_DISPLAY").is_none()
        && is_found().is_ok_and(|found| !found)
}

#[cfg(not(target_os = "linux"))]
pub fn would_load_gl() -> bool {
    false
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
