"""What the tests of coding agents share: an agent's own home and project, how it is run, and what must hold afterwards."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile

from gateway import GatewayTest, manage, received

PACKAGES = pathlib.Path(__file__).parent / "node_modules"
NODE = os.environ.get("AGENTS_NODE", "node")
AIDER = os.environ.get("AGENTS_AIDER", "")

# What the agent is to find in its project, and what the fake model says when it has been told.
SECRET = "the-word-is-tamarind"
ANSWER = "The file holds the word tamarind, as you can see."

# Longer than any of them takes by far, even on a busy machine.
TIMEOUT = 120


def package(*alternatives):
    """The program of an npm package, by its paths on the kinds of machine it is made for."""
    for alternative in alternatives:
        for found in sorted(PACKAGES.glob(alternative)):
            return str(found)
    return str(PACKAGES / alternatives[0])


class AgentTest(GatewayTest):
    """A test with an empty home, a project with one file, and a key and models of its own."""

    agent = ""

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="postern-agent-")
        self.addCleanup(directory.cleanup)
        self.home = pathlib.Path(directory.name) / "home"
        self.project = pathlib.Path(directory.name) / "project"
        self.home.mkdir()
        self.project.mkdir()
        (self.project / "answer.txt").write_text(SECRET + "\n")
        self.alias = f"{self.agent} {self.id()}"
        self.key = manage("/key/generate", {"key_alias": self.alias})["key"]

    def run_agent(self, command, **environment):
        """Runs the agent in its project and returns how it ended, which must be well."""
        self.assertTrue(os.access(command[0], os.X_OK), f"missing: {self.agent} is not installed ({command[0]!r})")
        whole = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "TMPDIR": str(self.home),
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "NO_COLOR": "1",
            "CI": "1",
            # Whoever wants more than the gateway fails at once.
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "https_proxy": "http://127.0.0.1:9",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            **environment,
        }
        running = subprocess.Popen(
            [str(part) for part in command],
            cwd=self.project,
            env=whole,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            out, err = running.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired as expired:
            # Its own tools and helpers with it.
            os.killpg(running.pid, signal.SIGKILL)
            out, err = running.communicate()
            raise AssertionError(f"{self.agent} did not end\n--- out\n{out}\n--- err\n{err}") from expired
        done = subprocess.CompletedProcess(command, running.returncode, out, err)
        said = f"{self.agent} ended with {done.returncode}\n--- out\n{done.stdout}\n--- err\n{done.stderr}"
        if os.environ.get("AGENTS_DEBUG"):
            print(said, file=sys.stderr)
        self.assertEqual(done.returncode, 0, said)
        return done

    def check_turn(self, provider, model, done, format_in):
        """The tool's result went to the model, what the model said to the user, and nothing went wrong on the way."""
        bodies = received(provider, model)
        self.assertTrue(any(SECRET in str(results(body)) for body in bodies), f"no result among {len(bodies)} calls")
        self.assertIn(ANSWER, done.stdout)
        self.check_ledger(format_in, at_least=2)

    def check_ledger(self, format_in, at_least):
        """Each call of the agent's key has its row, and none of them is an error."""
        rows = [row for row in manage("/console/requests?limit=500")["requests"] if row["key_name"] == self.alias]
        self.assertGreaterEqual(len(rows), at_least)
        self.assertEqual([row for row in rows if row["outcome"] == "error"], [])
        self.assertEqual({row["format_in"] for row in rows}, {format_in})


def results(body):
    """The parts of a conversation that are tools' results, in whichever format."""
    found = []

    def look(value):
        if isinstance(value, dict):
            kind = str(value.get("type", ""))
            if value.get("role") == "tool" or kind == "tool_result" or kind.endswith("_call_output"):
                found.append(value)
            elif "functionResponse" in value:
                found.append(value["functionResponse"])
            for inner in (value.get("content"), value.get("parts")):
                look(inner)
        elif isinstance(value, list):
            for inner in value:
                look(inner)

    for turns in ("messages", "input", "contents"):
        look(body.get(turns))
    return found
