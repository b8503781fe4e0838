//! The tray icon and its menu, kept in step with `menu::model`. Items are changed in place: a menu that is rebuilt closes
//! under the user's hand.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};

use tauri::image::Image;
use tauri::menu::{CheckMenuItem, Menu, MenuItem, PredefinedMenuItem};
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Manager, Wry};

use crate::app::Shell;
use crate::commands;
use crate::menu::{self, Action, Glance, Item, MenuModel};

const ON: &[u8] = include_bytes!("../../icons/tray.png");
const OFF: &[u8] = include_bytes!("../../icons/tray-off.png");
/// Where remedies go: below the status line.
const REMEDIES_AT: usize = 1;

pub struct Tray {
    icon: TrayIcon,
    menu: Menu<Wry>,
    status: MenuItem<Wry>,
    toggle: CheckMenuItem<Wry>,
    open: MenuItem<Wry>,
    copy: MenuItem<Wry>,
    quit: MenuItem<Wry>,
    shown: Mutex<Shown>,
}

struct Shown {
    model: MenuModel,
    remedies: Vec<MenuItem<Wry>>,
}

/// The tray, or `None` where the system has no library for it: Postern goes on without.
pub fn build(app: &AppHandle) -> Option<Tray> {
    // The library is looked for at run time, and its absence is a panic. It has said nothing of interest by then.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let built = panic::catch_unwind(AssertUnwindSafe(|| Tray::new(app)));
    panic::set_hook(hook);
    match built {
        Ok(Ok(tray)) => Some(tray),
        Ok(Err(error)) => {
            tracing::warn!(%error, "going on without a tray icon");
            None
        }
        Err(_) => {
            tracing::warn!("going on without a tray icon: libayatana-appindicator3 is missing");
            None
        }
    }
}

/// Brings the menu in step with what is known. From any thread.
pub fn refresh(app: &AppHandle) {
    let handle = app.clone();
    let asked = app.run_on_main_thread(move || {
        let Some(shell) = handle.try_state::<Shell>() else { return };
        let model = menu::model(&shell.glance());
        if let Some(tray) = &shell.tray
            && let Err(error) = tray.show(&handle, model)
        {
            tracing::warn!(%error, "the tray could not be changed");
        }
    });
    if let Err(error) = asked {
        tracing::debug!(%error, "the tray was not refreshed");
    }
}

impl Tray {
    fn new(app: &AppHandle) -> tauri::Result<Self> {
        let model = menu::model(&Glance::default());
        let item =
            |item: &Item| MenuItem::with_id(app, item.action.id(), &item.label, item.enabled, None::<&str>);
        let status = MenuItem::with_id(app, "status", &model.status, false, None::<&str>)?;
        let toggle = CheckMenuItem::with_id(
            app,
            model.toggle.action.id(),
            &model.toggle.label,
            model.toggle.enabled,
            model.toggle_checked,
            None::<&str>,
        )?;
        let (open, copy, quit) = (item(&model.open)?, item(&model.copy)?, item(&model.quit)?);
        let line = || PredefinedMenuItem::separator(app);
        let menu =
            Menu::with_items(app, &[&status, &line()?, &toggle, &line()?, &open, &copy, &line()?, &quit])?;
        let icon = TrayIconBuilder::with_id("postern")
            .icon(Image::from_bytes(OFF)?)
            .menu(&menu)
            .show_menu_on_left_click(true)
            .on_menu_event(|app, event| {
                if let Some(action) = Action::from_id(event.id().as_ref()) {
                    commands::from_menu(app, action);
                }
            })
            .build(app)?;
        let shown = Mutex::new(Shown { model, remedies: Vec::new() });
        Ok(Self { icon, menu, status, toggle, open, copy, quit, shown })
    }

    /// Changes what is different.
    fn show(&self, app: &AppHandle, model: MenuModel) -> tauri::Result<()> {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.model.status != model.status {
            self.status.set_text(&model.status)?;
        }
        if shown.model.remedies != model.remedies {
            for remedy in shown.remedies.drain(..) {
                self.menu.remove(&remedy)?;
            }
            for (at, remedy) in model.remedies.iter().enumerate() {
                let item =
                    MenuItem::with_id(app, remedy.action.id(), &remedy.label, remedy.enabled, None::<&str>)?;
                self.menu.insert(&item, REMEDIES_AT + at)?;
                shown.remedies.push(item);
            }
        }
        // A click has already turned the mark, whatever comes of it; so the item itself is asked.
        if self.toggle.is_checked()? != model.toggle_checked {
            self.toggle.set_checked(model.toggle_checked)?;
        }
        if shown.model.toggle.enabled != model.toggle.enabled {
            self.toggle.set_enabled(model.toggle.enabled)?;
        }
        for (item, before, now) in [
            (&self.open, &shown.model.open, &model.open),
            (&self.copy, &shown.model.copy, &model.copy),
            (&self.quit, &shown.model.quit, &model.quit),
        ] {
            if before.label != now.label {
                item.set_text(&now.label)?;
            }
            if before.enabled != now.enabled {
                item.set_enabled(now.enabled)?;
            }
        }
        if shown.model.lit != model.lit {
            self.icon.set_icon(Some(Image::from_bytes(if model.lit { ON } else { OFF })?))?;
        }
        shown.model = model;
        Ok(())
    }
}
