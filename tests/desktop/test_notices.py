"""Notifications: few, once, and of no harm where there is no daemon."""

import json
import socket
import unittest

from desktop import App, call, forget_notifications, notification_with, notifications
from session import until


class Notices(unittest.TestCase):
    def test_a_taken_port_is_told_once(self):
        forget_notifications()
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            with App(listen=f"127.0.0.1:{port}") as app:
                title, text = notification_with(f"Port {port} is taken")
                self.assertIn("instead", text)
                menu = app.menu()
                for _ in range(2):
                    until("the reason", lambda: menu.status().startswith("Port"))
                    menu.click("Gateway on")
                until("the reason", lambda: menu.status().startswith("Port"))
                self.assertEqual([row[0] for row in notifications()].count(title), 1)
            other.close()

    def test_a_key_that_was_rotated_by_itself_is_told(self):
        forget_notifications()
        admin = "sk-admin-for-the-tests-of-notices"
        with App(environment={"POSTERN_ADMIN_KEY": admin}) as app:
            body = {"key_alias": "<b>laptop</b>", "auto_rotate": True, "rotation_interval": "1s"}
            headers = {"authorization": f"Bearer {admin}"}
            status, _, made = call("POST", app.base_url() + "/key/generate", body, headers)
            self.assertEqual(status, 200, made)
            title, text = notification_with("was rotated")
            self.assertIn("laptop", title)
            self.assertIn("are refused after", text)
            self.assertNotIn(json.loads(made)["key"], title + text)

    def test_without_a_daemon_nothing_fails(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            # A bus on which nobody shows notifications.
            address = f"127.0.0.1:{other.getsockname()[1]}"
            with App(listen=address, environment={"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}) as app:
                until("it to give up on the notification", lambda: "no notification could be shown" in app.log())
                self.assertIsNone(app.process.poll())
                app.wait_for_window()
