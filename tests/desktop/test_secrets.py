"""Provider credentials: in the keychain, and nowhere on disk."""

import json
import os
import pathlib
import subprocess
import unittest

from desktop import App, Upstream, add_provider, call, chat, files_with, forget_notifications, notification_with, notifications

ADMIN = "sk-admin-for-the-tests-of-secrets"
CREDENTIAL = "sk-fake-credential-c0ffee-that-stays-in-the-keychain"


def keychain(service):
    """Every entry of that service as the keychain's own tool shows it."""
    shown = subprocess.run(
        ["secret-tool", "search", "--all", "--unlock", "service", service], capture_output=True, text=True
    )
    return shown.stdout


class Secrets(unittest.TestCase):
    def test_a_credential_lands_in_the_keychain_and_nowhere_on_disk(self):
        with Upstream() as upstream, App(environment={"POSTERN_ADMIN_KEY": ADMIN}) as app:
            provider = add_provider(app, ADMIN, upstream.urls["openai"], CREDENTIAL)
            marker = json.loads((app.data_dir / "vault.json").read_text())
            self.assertEqual(marker["kind"], "keychain")
            self.assertIn(CREDENTIAL, keychain(marker["service"]))
            self.assertEqual(chat(app.base_url(), ADMIN, "openai/gpt-4o-mini")[0], 200)

            for folder in (app.data_dir, os.environ["POSTERN_TEST_SCRATCH"]):
                self.assertEqual(files_with(folder, CREDENTIAL), [])
            for name in ("cmdline", "environ"):
                self.assertNotIn(CREDENTIAL.encode(), pathlib.Path(f"/proc/{app.pid}/{name}").read_bytes())

            # It is there after a new start, and gone when the provider is removed.
            app.end()
            app.start()
            app_url = app.base_url()
            self.assertEqual(chat(app_url, ADMIN, "openai/gpt-4o-mini")[0], 200)
            status, _, text = call(
                "DELETE", f"{app_url}/console/providers/{provider['id']}", None, {"authorization": f"Bearer {ADMIN}"}
            )
            self.assertIn(status, (200, 204), text)
            self.assertNotIn(CREDENTIAL, keychain(marker["service"]))

    def test_a_refused_credential_is_told_once(self):
        forget_notifications()
        with Upstream() as upstream, App(environment={"POSTERN_ADMIN_KEY": ADMIN}) as app:
            add_provider(app, ADMIN, upstream.urls["openai"], CREDENTIAL)
            for _ in range(3):
                self.assertNotEqual(chat(app.base_url(), ADMIN, "openai/fake-401")[0], 200)
            notification_with("refuses its credential")
            told = [title for title, _ in notifications() if "refuses its credential" in title]
            self.assertEqual(len(told), 1, told)
