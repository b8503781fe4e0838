"""The window from inside: WebKit's own driver starts the real binary and works its page. The binary starts the window as a
process of its own, which finds the driver through the environment it inherits."""

import os
import signal
import socket
import subprocess

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.options import ArgOptions
from selenium.webdriver.support.ui import WebDriverWait

from desktop import BINARY, OUT, App, children, name_of
from session import until


class Options(ArgOptions):
    """Selenium's own options for WebKitGTK insist on WebKit's small browser; any that drives this binary will do."""

    default_capabilities = {}

    def to_capabilities(self):
        return {"webkitgtk:browserOptions": {"binary": BINARY, "args": self.arguments}}


# As the kernel shortens it.
APPLICATION = "postern-desktop"[:15]

# A frame that is drawn is two frames after the change, and a little.
SETTLED = """
const done = arguments[arguments.length - 1];
requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 120)));
"""


class DrivenApp(App):
    """The application as the driver starts it: with its window open."""

    def start(self):
        environment = {**self.environment, "TAURI_AUTOMATION": "true", "TAURI_WEBVIEW_AUTOMATION": "true"}
        self.log_begins = len(self.log())
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with open(self.log_path, "ab") as log:
            self.driver = subprocess.Popen(
                ["WebKitWebDriver", f"--port={port}"], env=environment, stdout=log, stderr=log
            )
        until("the driver", lambda: listens(port))
        options = Options()
        for argument in [*self.arguments, "--show"]:
            options.add_argument(argument)
        try:
            self.page = webdriver.Remote(f"http://127.0.0.1:{port}", options=options)
        except Exception:
            self.driver.terminate()
            self.driver.wait()
            raise
        self.page.set_script_timeout(20)
        self.started = next(pid for pid in children(self.driver.pid) if name_of(pid) == APPLICATION)

    @property
    def pid(self):
        return self.started

    @property
    def process(self):
        """The driver owns the application's process and lives as long as its session."""
        return self.driver

    def __exit__(self, kind, *rest):
        if kind is not None:
            self.screenshot("failed")
        super().__exit__(kind, *rest)

    def end(self):
        try:
            self.page.quit()
        finally:
            # The driver ends what it started, but not once the window, and its session with it, has been closed.
            if name_of(self.pid) == APPLICATION:
                os.kill(self.pid, signal.SIGTERM)
            self.driver.terminate()
            self.driver.wait()
        until("the application to be gone", lambda: name_of(self.pid) != APPLICATION)

    # --- the page

    def find(self, testid, within=""):
        return WebDriverWait(self.page, 20).until(
            lambda page: next(
                (e for e in page.find_elements(By.CSS_SELECTOR, f"{within}[data-testid='{testid}']") if e.is_displayed()),
                None,
            ),
            f"nothing on the page is called {testid}",
        )

    def click(self, testid):
        self.find(testid).click()

    def type(self, testid, text):
        field = self.find(testid)
        self.page.execute_script("arguments[0].select && arguments[0].select()", field)
        field.send_keys(text)

    def text(self, testid):
        # As it is in the document: the driver's own idea of visible text leaves out what a style may clip.
        return self.page.execute_script("return arguments[0].textContent", self.find(testid)).strip()

    def wait_text(self, testid, accepts, what):
        def look():
            text = self.text(testid)
            seen.append(text)
            return text if accepts(text) else None

        seen = []
        try:
            return until(what, look)
        except AssertionError as error:
            raise AssertionError(f"{error}; {testid} said {seen[-1:]}") from None

    def screenshot(self, name):
        self.page.execute_async_script(SETTLED)
        OUT.mkdir(exist_ok=True)
        self.page.save_screenshot(str(OUT / f"{name}.png"))

    def invoke(self, command, **arguments):
        """Calls one of the shell's commands as the page does. Returns [True, value] or [False, error]."""
        script = """
        const [command, values, done] = arguments;
        window.__TAURI_INTERNALS__.invoke(command, values).then((v) => done([true, v]), (e) => done([false, String(e)]));
        """
        return self.page.execute_async_script(script, command, arguments)


def listens(port):
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False
