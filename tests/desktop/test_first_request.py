"""The first slice, as its user walks it: add a provider, issue a key, call it, see the request and what it cost."""

import os
import pathlib
import re
import tempfile
import unittest

from browser import DrivenApp
from desktop import Upstream, chat, clipboard, files_with, name_of
from session import until

CREDENTIAL = "sk-fake-credential-that-stays-in-the-keychain"
MONEY = re.compile(r"^\$0\.0*[1-9]")


class FirstRequest(unittest.TestCase):
    def test_from_an_empty_window_to_the_spend(self):
        with Upstream() as upstream, DrivenApp(welcomed=False) as app:
            app.find("guide")
            app.screenshot("1-first-run")
            app.click("guide-dismiss")
            app.click("nav-providers")
            app.click("add-provider")
            app.click("preset-openai")
            app.type("provider-key", CREDENTIAL)
            app.type("provider-base-url", upstream.urls["openai"].rstrip("/").removesuffix("/v1") + "/v1")
            app.screenshot("2-add-provider")
            app.click("provider-save")
            app.find("provider-row", within="")
            app.screenshot("3-providers")

            app.click("nav-keys")
            app.click("issue-key")
            app.type("key-name", "first key")
            app.click("key-issue-submit")
            key = app.wait_text("issued-key-value", lambda text: text.startswith("sk-"), "the key")
            app.screenshot("4-key")
            app.click("issued-done")

            app.click("nav-requests")
            status, _, answer = chat(app.base_url(), key, "openai/gpt-4o-mini")
            self.assertEqual(status, 200, answer)
            row = app.wait_text("request-row", lambda text: "gpt-4o-mini" in text, "the request")
            self.assertIn("first key", row)
            app.screenshot("5-requests")
            status, _, answer = chat(app.base_url(), key, "openai/gpt-4o-mini", stream=True)
            self.assertEqual(status, 200, answer)
            self.assertIn("[DONE]", answer)

            app.click("nav-overview")
            spend = app.wait_text("overview-spend", MONEY.match, "the spend")
            app.screenshot("6-overview")
            # The tray says the same, in fewer words.
            menu = app.menu()
            until("the tray to count both", lambda: menu.status().endswith("today · 2 requests"))
            self.assertRegex(menu.status(), r"^\$0\.0*[1-9]\d* today")
            self.assertTrue(spend)

            self.assertEqual(files_with(app.data_dir, CREDENTIAL), [])
            self.assertEqual(files_with(app.data_dir, key), [])
            self.assertNotIn(CREDENTIAL, app.log())


class Bridge(unittest.TestCase):
    def test_the_window_works_while_the_gateway_is_off(self):
        with DrivenApp() as app:
            url = app.base_url()
            menu = app.menu()
            app.click("guide-dismiss")
            until("it to be on", lambda: menu.is_checked("Gateway on"))
            menu.click("Gateway on")
            until("it to be off", lambda: not app.answers(url))
            done, reply = app.invoke("gateway_request", method="GET", path="/console/session", headers={}, body=None)
            self.assertTrue(done, reply)
            self.assertEqual(reply["status"], 200, reply)
            self.assertIn('"window"', reply["body"])
            # The page was told, without asking.
            app.wait_text("listener-notice", lambda text: "stopped" in text, "the notice")
            app.screenshot("7-gateway-off")

    def test_a_refused_start_is_told_in_the_window(self):
        with tempfile.TemporaryDirectory(dir=os.environ["POSTERN_TEST_SCRATCH"]) as folder:
            data_dir = pathlib.Path(folder) / "data"
            data_dir.mkdir()
            (data_dir / "postern.db").write_text("This is no database, and nothing will make it one. " * 100)
            with DrivenApp(data_dir=data_dir) as app:
                done, error = app.invoke("gateway_request", method="GET", path="/console/session", headers={}, body=None)
                self.assertFalse(done, error)
                self.assertIn("database", error)
                self.assertTrue(app.menu().status().startswith("Postern cannot start"))
                app.screenshot("8-cannot-start")

    def test_what_was_copied_outlives_the_window(self):
        with DrivenApp() as app:
            app.find("nav-overview")
            text = "line one\nline two \N{SNOWMAN} " + "x" * 200_000
            done, error = app.invoke("copy_text", text=text)
            self.assertTrue(done, error)
            below = app.window_processes()
            app.close_window()
            until("the window's process to be gone", lambda: not [p for p in below if name_of(p)])
            self.assertEqual(clipboard(), text)

    def test_the_theme_is_kept_though_the_process_is_not(self):
        with tempfile.TemporaryDirectory(dir=os.environ["POSTERN_TEST_SCRATCH"]) as folder:
            with DrivenApp(data_dir=folder + "/data") as app:
                app.find("nav-overview")
                app.page.execute_script("localStorage.setItem('postern.theme', 'dark')")
                # At once: what the page wrote last may not be on disk yet.
                app.close_window()
                until("its process to be gone", lambda: not app.window_processes())
            with DrivenApp(data_dir=folder + "/data") as app:
                app.find("nav-overview")
                self.assertEqual(app.page.execute_script("return localStorage.getItem('postern.theme')"), "dark")

    def test_commands_refuse_what_they_are_not_for(self):
        with DrivenApp() as app:
            app.find("nav-overview")
            for address in ("file:///etc/passwd", "javascript:alert(1)", "smb://somewhere", "not an address"):
                done, error = app.invoke("open_external", url=address)
                self.assertFalse(done, address)
                self.assertTrue(error)
            done, error = app.invoke("gateway_request", method="GET", path="http://example.com/", headers={}, body=None)
            self.assertFalse(done, error)
            done, error = app.invoke("plugin:opener|open_url", url="https://example.com")
            self.assertFalse(done, "plugins are not for the page")
            done, error = app.invoke("plugin:window|set_title", value="x")
            self.assertFalse(done, "windows are not for the page")

    def test_the_page_cannot_be_led_away_or_reach_out(self):
        with DrivenApp() as app:
            url = app.base_url()
            app.find("nav-overview")
            here = app.page.current_url
            app.page.execute_script(f"location.href = '{url}/ui/'")
            app.page.execute_script("window.open('https://example.com')")
            reached = app.page.execute_async_script(
                "const done = arguments[1]; fetch(arguments[0]).then(() => done('reached'), (e) => done('refused'))",
                url + "/healthz",
            )
            self.assertEqual(reached, "refused")
            self.assertEqual(app.page.current_url.split("#")[0], here.split("#")[0])
            self.assertEqual(len(app.page.window_handles), 1)
