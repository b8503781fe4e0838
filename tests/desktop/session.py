"""What a desktop session has around an application: window manager, notifications, an unlocked keychain, a panel."""

import os
import subprocess
import sys
import time

import dbus

PASSWORD = b"login password"


def until(what, condition, seconds=20):
    """Waits for something another process does; fails after a time no working machine needs."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.05)


def bus_has(name):
    return bool(dbus.SessionBus().name_has_owner(name))


class Desktop:
    def __init__(self):
        self.processes = []

    def __enter__(self):
        self.start(["openbox", "--sm-disable"])
        self.start(["dunst", "-conf", "/dev/null"])
        keyring = self.start(
            ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"], stdin=subprocess.PIPE
        )
        keyring.stdin.write(PASSWORD)
        keyring.stdin.close()
        self.panel = Panel()
        self.panel.start()
        until("a notification daemon", lambda: bus_has("org.freedesktop.Notifications"))
        until("a keychain", lambda: bus_has("org.freedesktop.secrets"))
        until("a window manager", self.has_window_manager)
        return self

    def __exit__(self, *_):
        self.panel.stop()
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()

    def start(self, command, **more):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(command, **{**quiet, **more})
        self.processes.append(process)
        return process

    @staticmethod
    def has_window_manager():
        shown = subprocess.run(["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"], capture_output=True, text=True)
        return "window id" in shown.stdout


class Keychain:
    """The login keyring, locked and unlocked from outside as a login manager does it."""

    COLLECTION = "/org/freedesktop/secrets/collection/login"

    def __init__(self):
        service = dbus.SessionBus().get_object("org.freedesktop.secrets", "/org/freedesktop/secrets")
        self.service = dbus.Interface(service, "org.freedesktop.Secret.Service")
        # gnome-keyring's own interface for login managers; its name is its makers' joke.
        self.own = dbus.Interface(service, "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface")

    def lock(self):
        self.service.Lock([dbus.ObjectPath(self.COLLECTION)])

    def unlock(self):
        _, session = self.service.OpenSession("plain", dbus.String("", variant_level=1))
        password = dbus.Struct(
            [session, dbus.ByteArray(b""), dbus.ByteArray(PASSWORD), "text/plain"], signature="oayays"
        )
        self.own.UnlockWithMasterPassword(dbus.ObjectPath(self.COLLECTION), password)


class Panel:
    """The stand-in for a panel; can be stopped to see what happens without one."""

    current = None

    def start(self):
        here = os.path.dirname(os.path.abspath(__file__))
        self.process = subprocess.Popen([sys.executable, os.path.join(here, "panel.py")])
        Panel.current = self
        until("a panel", lambda: bus_has("org.kde.StatusNotifierWatcher"))

    def stop(self):
        self.process.terminate()
        self.process.wait()
        until("no panel", lambda: not bus_has("org.kde.StatusNotifierWatcher"))
