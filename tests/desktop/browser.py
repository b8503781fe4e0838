"""The window from inside: WebKit's own driver starts the real binary and works its page."""

import os

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from desktop import BINARY, OUT, App, descendants

# A frame that is drawn is two frames after the change, and a little.
SETTLED = """
const done = arguments[arguments.length - 1];
requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 120)));
"""


class DrivenApp(App):
    """The application as the driver starts it: with its window open."""

    def start(self):
        environment = {**self.environment, "TAURI_AUTOMATION": "true", "TAURI_WEBVIEW_AUTOMATION": "true"}
        self.log_file = open(self.log_path, "ab")
        self.service = Service("/usr/bin/WebKitWebDriver", env=environment, log_output=self.log_file)
        options = Options()
        options.binary_location = BINARY
        for argument in [*self.arguments, "--show"]:
            options.add_argument(argument)
        self.page = webdriver.WebKitGTK(options=options, service=self.service)
        self.page.set_script_timeout(20)

    @property
    def pid(self):
        from desktop import name_of

        driver = self.service.process.pid
        return next(pid for pid in descendants(driver) if name_of(pid).startswith("postern-deskto"))

    @property
    def process(self):
        """Alive as long as the driver's session is; the driver itself owns the process."""
        return self.service.process

    def end(self):
        try:
            self.page.quit()
        finally:
            self.service.stop()
            self.log_file.close()

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
        return self.find(testid).text

    def wait_text(self, testid, accepts, what):
        def look(_):
            text = self.find(testid).text
            return text if accepts(text) else None

        return WebDriverWait(self.page, 20).until(look, f"{what} did not appear in {testid}")

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
