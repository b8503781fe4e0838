"""The tray's menu, read and clicked over D-Bus as a panel does."""

import json
import re
import socket
import threading
import unittest

from desktop import App, Upstream, add_provider, chat, clipboard, forget_notifications, has_connection_to, notification_with
from session import Keychain, until


class Menu(unittest.TestCase):
    def test_says_what_there_is(self):
        with App() as app:
            app.base_url()
            menu = app.menu()
            until("the first status", lambda: menu.status() == "$0.00 today · 0 requests")
            self.assertEqual(menu.labels()[1:], ["Gateway on", "Open Postern", "Copy base URL", "Quit Postern"])
            self.assertFalse(menu.items()[0][2], "the status line is not for clicking")
            self.assertTrue(menu.is_checked("Gateway on"))

    def test_toggle_stops_and_starts_the_gateway(self):
        with App() as app:
            url = app.base_url()
            menu = app.menu()
            until("it to be on", lambda: menu.is_checked("Gateway on"))
            for _ in range(2):
                menu.click("Gateway on")
                until("it to be off", lambda: not menu.is_checked("Gateway on") and not app.answers(url))
                until("the menu to say so", lambda: menu.status().startswith("Off · "))
                until("no URL to copy", lambda: not menu.item("Copy base URL")[2])
                menu.click("Gateway on")
                # Port 0 picks a new one each time.
                until("it to be on again", lambda: menu.is_checked("Gateway on") and app.answers())
                url = app.base_url()

    def test_copies_the_base_url(self):
        with App() as app:
            url = app.base_url()
            menu = app.menu()
            until("it to be on", lambda: menu.item("Copy base URL")[2])
            menu.click("Copy base URL")
            until("the clipboard", lambda: clipboard() == url)

    def test_quit_finishes_what_is_under_way(self):
        admin = "sk-admin-for-the-tests-of-the-tray"
        with Upstream() as upstream, App(environment={"POSTERN_ADMIN_KEY": admin}) as app:
            url = app.base_url()
            add_provider(app, admin, upstream.urls["openai"])
            menu = app.menu()
            answers = []
            # A stream that takes some seconds, paced by the provider.
            stream = threading.Thread(target=lambda: answers.append(chat(url, admin, "openai/fake-paced", stream=True)))
            stream.start()
            until("the provider to be called", lambda: has_connection_to(app.pid, upstream.urls["openai"]))
            menu.click("Quit Postern")
            stream.join(30)
            self.assertEqual(answers[0][0], 200, answers)
            self.assertTrue(answers[0][2].rstrip().endswith("[DONE]"), answers[0][2][-200:])
            self.assertEqual(app.process.wait(20), 0, app.log())
            self.assertFalse(app.answers(url))

    def test_a_locked_keychain_is_said_and_goes_on_when_unlocked(self):
        with App() as app:
            app.base_url()
            app.menu()
            # The administrator's key is in the keychain by now, so the next start needs it.
            app.end()
            keychain = Keychain()
            keychain.lock()
            try:
                app.start()
                app.base_url()
                menu = app.menu()
                until("the menu to say so", lambda: "Unlock the keychain…" in menu.labels())
                self.assertIsNone(app.process.poll())
                self.assertFalse((app.data_dir / "vault.bin").exists())
            finally:
                keychain.unlock()
            until("it to go on by itself", lambda: "Unlock the keychain…" not in menu.labels())

    def test_a_taken_port_offers_another(self):
        forget_notifications()
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            with App(listen=f"127.0.0.1:{port}") as app:
                menu = app.menu()
                until("the reason", lambda: menu.status().startswith(f"Port {port} is taken"))
                self.assertFalse(menu.is_checked("Gateway on"))
                notification_with(f"Port {port} is taken")
                offer = next(label for label in menu.labels() if re.fullmatch(r"Use port \d+ instead", label))
                instead = int(offer.split()[2])
                menu.click(offer)
                until("it to listen there", lambda: app.answers(f"http://127.0.0.1:{instead}"))
                until("the menu to say so", lambda: menu.is_checked("Gateway on") and offer not in menu.labels())
                # It stays there: off and on again, and after a new start that names no port.
                menu.click("Gateway on")
                until("it to be off", lambda: not app.answers(f"http://127.0.0.1:{instead}"))
                menu.click("Gateway on")
                until("it to be on", lambda: app.answers(f"http://127.0.0.1:{instead}"))
                kept = json.loads((app.data_dir / "desktop.json").read_text())
                self.assertEqual(kept["listen"], f"127.0.0.1:{instead}")
                app.end()
                with App(data_dir=app.data_dir, listen=None) as again:
                    self.assertTrue(again.base_url().endswith(f":{instead}"))
