"""What the window saves is a file of the user's, and can be shown; what cannot be saved is said."""

import csv
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

from browser import DrivenApp
from desktop import chat
from session import bus_has, until

ADMIN = "sk-admin-for-the-tests-of-downloads"
# Nothing names another folder here, so that the usual one below the home folder is meant.
FOLDER = pathlib.Path(os.environ["HOME"]) / "Downloads"


class FileManager:
    """The stand-in, as a context: what it was asked to show."""

    NAME = "org.freedesktop.FileManager1"

    def __enter__(self):
        script = pathlib.Path(__file__).parent / "filemanager.py"
        self.said = pathlib.Path(os.environ["POSTERN_TEST_SCRATCH"]) / "shown"
        with open(self.said, "w") as said:
            self.process = subprocess.Popen([sys.executable, str(script)], stdout=said)
        until("a file manager", lambda: bus_has(self.NAME))
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    @property
    def shown(self):
        return self.said.read_text().splitlines()


def application():
    return DrivenApp(environment={"POSTERN_ADMIN_KEY": ADMIN})


def names():
    return sorted(path.name for path in FOLDER.iterdir()) if FOLDER.is_dir() else []


def whole(count):
    """So many files, and none that is still being written."""
    return len(names()) == count and not any(name.endswith(".part") for name in names())


def told(app, text):
    """The words of what is said at the window's edge."""
    script = "return [...document.querySelectorAll('[data-sonner-toast]')].map((told) => told.textContent)"
    return until(f"{text!r} to be said", lambda: next((t for t in app.page.execute_script(script) if text in t), None))


class Downloads(unittest.TestCase):
    def setUp(self):
        if FOLDER.is_dir():
            shutil.rmtree(FOLDER)
        else:
            FOLDER.unlink(missing_ok=True)

    def test_the_log_is_exported_and_shown(self):
        with FileManager() as manager, application() as app:
            for _ in range(3):
                status, _, answer = chat(app.base_url(), ADMIN, "demo")
                self.assertEqual(status, 200, answer)
            app.click("guide-dismiss")
            app.click("nav-requests")
            app.find("request-row")
            app.click("export")
            app.click("export-csv")
            words = told(app, "Saved to")
            app.screenshot("9-saved")
            [name] = names()
            self.assertIn(str(FOLDER / name), words)
            self.assertRegex(name, r"^postern-requests-\d{4}-\d\d-\d\d\.csv$")
            with open(FOLDER / name, newline="") as file:
                rows = list(csv.DictReader(file))
            self.assertEqual([row["model_requested"] for row in rows], ["demo"] * 3)

            app.page.execute_script("document.querySelector('[data-sonner-toast] [data-button]').click()")
            until("the file to be shown", lambda: manager.shown == [(FOLDER / name).as_uri()])

            # Another time it is another file.
            app.click("export")
            app.click("export-csv")
            until("the second file", lambda: whole(2))
            self.assertEqual(names()[0], name.replace(".csv", " (2).csv"))
            app.click("export")
            app.click("export-jsonl")
            until("the third file", lambda: whole(3))
            lines = (FOLDER / name.replace(".csv", ".jsonl")).read_text().splitlines()
            self.assertEqual([json.loads(line)["model_requested"] for line in lines], ["demo"] * 3)

    def test_a_picture_of_the_chart_is_saved(self):
        with application() as app:
            status, _, answer = chat(app.base_url(), ADMIN, "demo")
            self.assertEqual(status, 200, answer)
            app.click("guide-dismiss")
            app.click("nav-overview")
            app.click("metric-requests")
            app.click("chart-share")
            app.click("picture-save")
            told(app, "Saved to")
            [name] = names()
            self.assertRegex(name, r"^postern-requests-.*\.png$")
            picture = (FOLDER / name).read_bytes()
            self.assertTrue(picture.startswith(b"\x89PNG\r\n\x1a\n"))
            self.assertTrue(picture.endswith(b"IEND\xaeB`\x82"))

    def test_what_cannot_be_saved_is_said(self):
        FOLDER.write_text("a file, where the folder should be")
        with application() as app:
            app.click("guide-dismiss")
            app.click("nav-requests")
            app.click("export")
            app.click("export-csv")
            told(app, f"{FOLDER} cannot be written")
            FOLDER.unlink()
            done, outcome = app.invoke("save_answer", path="/console/requests/no-such-request", name="none.json")
            self.assertTrue(done, outcome)
            self.assertEqual(outcome["refused"]["status"], 404, outcome)
            for path, name in (("http://example.com/", "x"), ("//", "x")):
                done, outcome = app.invoke("save_answer", path=path, name=name)
                self.assertTrue(not done or "refused" in outcome, outcome)
            time.sleep(0.2)
            self.assertEqual(names(), [])

    def test_files_stay_in_their_folder_and_nothing_else_is_shown(self):
        with FileManager() as manager, application() as app:
            app.find("nav-overview")
            done, outcome = app.invoke("save_answer", path="/console/status", name="../../.bashrc")
            self.assertTrue(done, outcome)
            self.assertEqual(outcome["saved"], str(FOLDER / "-..-.bashrc"))
            for path in ("/etc/passwd", os.environ["HOME"], str(FOLDER)):
                done, error = app.invoke("show_file", path=path)
                self.assertFalse(done, path)
                self.assertIn("was not saved from here", error)
            self.assertEqual(manager.shown, [])
