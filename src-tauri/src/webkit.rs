//! What WebKit leaves running when the window is gone.
//!
//! Its network process (some 60 MB) stays for as long as the application does, and there is no call to end it. WebKit
//! starts another one whenever a page needs it, so with no window open it is ended here.

use std::time::Duration;

use tauri::AppHandle;

use crate::window;

/// WebKit needs a moment to take the page down; what it still writes, it writes by then.
const AFTER: Duration = Duration::from_secs(2);

/// To be called when the window has been destroyed.
pub fn tidy_up(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(AFTER).await;
        // The check and the ending are on the thread that opens windows, so that none opens in between.
        let main = app.clone();
        if let Err(error) = app.run_on_main_thread(move || {
            if !window::is_open(&main) {
                end_network_process();
            }
        }) {
            tracing::debug!(%error, "not tidied up");
        }
    });
}

#[cfg(target_os = "linux")]
fn end_network_process() {
    use rustix::process::{Pid, Signal, kill_process};
    let Ok(children) = children_named("WebKitNetworkPr") else { return };
    for child in children {
        if let Some(pid) = i32::try_from(child).ok().and_then(Pid::from_raw)
            && let Err(error) = kill_process(pid, Signal::TERM)
        {
            tracing::debug!(%error, "WebKit's network process could not be ended");
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn end_network_process() {}

/// Direct children of this process by the (shortened) name the kernel knows them by.
#[cfg(target_os = "linux")]
fn children_named(name: &str) -> std::io::Result<Vec<u32>> {
    let own = std::process::id();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        if parent_if_named(&stat, name) == Some(own) {
            found.push(pid);
        }
    }
    Ok(found)
}

/// The parent in a line of `/proc/*/stat`: `pid (name) state parent ..`. The name may hold blanks and parentheses.
#[cfg(target_os = "linux")]
fn parent_if_named(stat: &str, name: &str) -> Option<u32> {
    let (before, after) = stat.rsplit_once(") ")?;
    let (_, found) = before.split_once(" (")?;
    if found != name {
        return None;
    }
    after.split(' ').nth(1)?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn reads_the_parent_behind_any_name() {
        let line = "4242 (WebKitNetworkPr) S 4200 4200 4200 0 -1 4194560";
        assert_eq!(parent_if_named(line, "WebKitNetworkPr"), Some(4200));
        assert_eq!(parent_if_named(line, "WebKitWebProces"), None);
        assert_eq!(parent_if_named("7 (a) (b) S 1 7", "a) (b"), Some(1));
        assert_eq!(parent_if_named("garbage", "a"), None);
    }

    #[test]
    fn finds_only_its_own_children() {
        let mut child = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        assert!(children_named("sleep").unwrap().contains(&child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!children_named("sleep").unwrap().contains(&child.id()));
    }
}
