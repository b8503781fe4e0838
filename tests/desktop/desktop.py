"""The application in a test: started with a data directory of its own, looked at from outside, and ended."""

import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

import dbus

from session import until

BINARY = os.environ["POSTERN_DESKTOP_BIN"]
UPSTREAM = os.environ["FAKE_UPSTREAM_BIN"]
OUT = pathlib.Path(__file__).parent / "out"
MENU_PATH = "/org/ayatana/NotificationItem/tray_icon_tray_app_postern/Menu"
MENU = "com.canonical.dbusmenu"


class App:
    """One run of the application. Use as a context; several runs may share a data directory."""

    def __init__(self, *arguments, data_dir=None, listen="127.0.0.1:0", environment=None, welcomed=True):
        self.own_dir = data_dir is None
        self.data_dir = pathlib.Path(data_dir or tempfile.mkdtemp(prefix="data-", dir=os.environ["POSTERN_TEST_SCRATCH"]))
        if welcomed and not (self.data_dir / "desktop.json").exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            (self.data_dir / "desktop.json").write_text('{"welcomed": true}')
        self.arguments = ["--data-dir", str(self.data_dir)]
        if listen:
            self.arguments += ["--listen", listen]
        self.arguments += arguments
        self.environment = {**os.environ, **(environment or {})}
        self.log_path = self.data_dir.with_suffix(".log")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            print(f"\n--- log of the application\n{self.log()[-4000:]}\n---")
        self.end()
        if self.own_dir:
            shutil.rmtree(self.data_dir, ignore_errors=True)

    def start(self):
        self.log_begins = len(self.log())
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [BINARY, *self.arguments], env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError("the application did not end within 15 s of SIGTERM") from None

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_of_this_start(self):
        return self.log()[self.log_begins :]

    @property
    def pid(self):
        return self.process.pid

    # --- the gateway

    def base_url(self):
        """As the log tells it, so that a test does not believe what it is about to check."""

        def find():
            assert self.process.poll() is None, f"the application ended early:\n{self.log()}"
            found = re.findall(r"listening.*(http://127\.0\.0\.1:\d+)", self.log_of_this_start())
            return found[-1] if found else None

        return until("the gateway to listen", find)

    def answers(self, url=None):
        try:
            return call("GET", (url or self.base_url()) + "/healthz")[0] == 200
        except OSError:
            return False

    # --- windows

    def window_processes(self):
        """The window is a process of its own, below the application's."""
        return [process for process in children(self.pid) if name_of(process) == "postern-window"]

    def windows(self):
        """Ids of the application's windows that are on the screen."""
        ids = []
        for process in self.window_processes():
            found = subprocess.run(
                ["xdotool", "search", "--onlyvisible", "--all", "--pid", str(process), "--name", "^Postern$"],
                capture_output=True,
                text=True,
            )
            ids += found.stdout.split()
        return ids

    def wait_for_window(self):
        return until("the window", self.windows)[0]

    def close_window(self):
        """As the cross in its frame does."""
        self.wait_for_window()

        def closed():
            for window in self.windows()[:1]:
                # The window manager's own key, so that the window is asked and not destroyed from outside. A window
                # that has just come up may not have the keyboard yet: then it is asked again.
                subprocess.run(["xdotool", "windowactivate", "--sync", window], capture_output=True, timeout=10)
                subprocess.run(["xdotool", "key", "alt+F4"], check=True)
                time.sleep(0.5)
            return not self.windows()

        until("the window to be gone", closed)

    def webkit_processes(self):
        return [
            process for process in descendants(self.pid) if name_of(process).startswith("WebKit")
        ]

    # --- the tray

    def menu(self):
        return Menu(self.pid)

    def resident_mb(self):
        return self.memory_mb("Rss")

    def own_mb(self):
        """What it has made itself, without the pages of its program that happen to be read in."""
        return self.memory_mb("Anonymous")

    def memory_mb(self, name):
        fields = pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return int(re.search(rf"^{name}:\s+(\d+) kB", fields, re.M)[1]) / 1024


class Menu:
    """The tray's menu over D-Bus, as a panel reads and clicks it."""

    def __init__(self, pid):
        self.bus = dbus.SessionBus()
        self.pid = pid
        self.interface = until("the tray's menu on the bus", self.find)

    def find(self):
        daemon = dbus.Interface(
            self.bus.get_object("org.freedesktop.DBus", "/org/freedesktop/DBus"), "org.freedesktop.DBus"
        )
        for name in daemon.ListNames():
            if not name.startswith(":"):
                continue
            try:
                if daemon.GetConnectionUnixProcessID(name) != self.pid:
                    continue
                interface = dbus.Interface(self.bus.get_object(name, MENU_PATH, introspect=False), MENU)
                # The application has several connections, and those that only ask never answer.
                interface.GetLayout(0, 0, dbus.Array([], signature="s"), timeout=0.5)
                return interface
            except dbus.DBusException:
                continue
        return None

    def items(self):
        """Label, enabled, mark (None, False or True) of every entry, lines left out."""
        _, (_, _, children) = self.interface.GetLayout(0, -1, dbus.Array([], signature="s"))
        rows = []
        for identity, properties, _ in children:
            if properties.get("type") == "separator" or not properties.get("visible", True):
                continue
            mark = bool(properties["toggle-state"] == 1) if properties.get("toggle-type") else None
            label = str(properties.get("label", "")).replace("__", "_")
            rows.append((int(identity), label, bool(properties.get("enabled", True)), mark))
        return rows

    def labels(self):
        return [label for _, label, _, _ in self.items()]

    def status(self):
        return self.labels()[0]

    def item(self, label):
        for row in self.items():
            if row[1] == label:
                return row
        raise AssertionError(f"no entry {label!r} in {self.labels()}")

    def is_checked(self, label):
        return self.item(label)[3]

    def click(self, label):
        identity, _, enabled, _ = self.item(label)
        assert enabled, f"{label!r} cannot be clicked"
        self.interface.Event(identity, "clicked", dbus.Int32(0, variant_level=1), dbus.UInt32(0))


class Upstream:
    """The fake providers of the test kit."""

    def __enter__(self):
        self.process = subprocess.Popen([UPSTREAM], stdout=subprocess.PIPE, text=True)
        words = self.process.stdout.readline().split()
        self.urls = dict(zip(words[1::2], words[2::2]))
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def call(method, url, body=None, headers=None, timeout=20):
    """Status, headers and text of one HTTP request."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        text = json.dumps(body) if body is not None else None
        fields = {"content-type": "application/json"} if body is not None else {}
        connection.request(method, parts.path or "/", text, {**fields, **(headers or {})})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read().decode(errors="replace")
    finally:
        connection.close()


def chat(base_url, key, model, **more):
    body = {"model": model, "messages": [{"role": "user", "content": "Hello"}], **more}
    return call("POST", base_url + "/v1/chat/completions", body, {"authorization": f"Bearer {key}"})


def add_provider(app, admin, base_url, key="sk-fake-of-no-interest"):
    """OpenAI's preset, pointed at a fake."""
    base_url = base_url.rstrip("/").removesuffix("/v1") + "/v1"
    body = {"preset": "openai", "name": "openai", "base_url": base_url, "api_key": key}
    status, _, text = call("POST", app.base_url() + "/console/providers", body, {"authorization": f"Bearer {admin}"})
    assert status in (200, 201), text
    return json.loads(text)


def has_connection_to(pid, url):
    """Whether the process has an open connection to that address."""
    sockets = set()
    for descriptor in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            sockets.add(os.readlink(descriptor))
        except OSError:
            continue
    port = f"{urllib.parse.urlsplit(url).port:04X}"
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        # 01: established.
        if fields[2].endswith(":" + port) and fields[3] == "01" and f"socket:[{fields[9]}]" in sockets:
            return True
    return False


def children(pid):
    try:
        return [
            int(child)
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:
        return []


def descendants(pid):
    own = children(pid)
    return own + [below for child in own for below in descendants(child)]


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


SEEN = set()


def notifications():
    """Title and text of what the daemon has shown since `forget_notifications`, newest first."""
    # The history holds what is closed.
    subprocess.run(["dunstctl", "close-all"], check=True)
    shown = subprocess.run(["dunstctl", "history"], capture_output=True, text=True, check=True)
    rows = [row for part in json.loads(shown.stdout)["data"] for row in part]
    return [
        (row["summary"]["data"], row["message"]["data"]) for row in rows if row["id"]["data"] not in SEEN
    ]


def forget_notifications():
    subprocess.run(["dunstctl", "close-all"], check=True)
    shown = subprocess.run(["dunstctl", "history"], capture_output=True, text=True, check=True)
    SEEN.update(row["id"]["data"] for part in json.loads(shown.stdout)["data"] for row in part)


def notification_with(text):
    def find():
        return next((row for row in notifications() if text in row[0] or text in row[1]), None)

    return until(f"a notification with {text!r}", find)


def screenshot(name):
    OUT.mkdir(exist_ok=True)
    time.sleep(0.2)
    subprocess.run(["import", "-window", "root", str(OUT / f"{name}.png")], check=True)


def files_with(folder, text):
    """Files below a folder that hold this text."""
    needle = text.encode()
    return [
        path
        for path in pathlib.Path(folder).rglob("*")
        if path.is_file() and not path.is_symlink() and needle in path.read_bytes()
    ]


def clipboard():
    """What another program would paste."""
    script = (
        "import gi; gi.require_version('Gtk', '3.0'); from gi.repository import Gtk, Gdk;"
        "print(Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD).wait_for_text() or '', end='')"
    )
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
