"""Codex on a model of Anthropic's."""

import json
import unittest

from agents import ANSWER, SECRET, AgentTest, package, results
from gateway import URL, received, script

CODEX = ("@openai/codex-linux-*/vendor/*/bin/codex",)

PROVIDER = f"""
model_provider = "postern"

[model_providers.postern]
name = "Postern"
base_url = "{URL}/v1"
wire_api = "responses"
env_key = "POSTERN_KEY"
"""

PATCH = f"""*** Begin Patch
*** Update File: answer.txt
@@
-{SECRET}
+the word is gone
*** End Patch
"""


class Codex(AgentTest):
    agent = "codex"

    def run_codex(self, group, config):
        directory = self.home / ".codex"
        directory.mkdir()
        # It would ask whether to trust the project.
        trusted = f'[projects.{json.dumps(str(self.project))}]\ntrust_level = "trusted"\n'
        own = f'model = "{group}"\ncheck_for_update_on_startup = false\n'
        (directory / "config.toml").write_text(own + config + trusted)
        return self.run_agent(
            [package(*CODEX), "exec", "--skip-git-repo-check", "--sandbox", "danger-full-access"]
            + ["What does answer.txt say?"],
            CODEX_HOME=str(directory),
            POSTERN_KEY=self.key,
            CODEX_API_KEY=self.key,
        )

    def turn(self, model, config):
        group = self.deploy("anthropic", model)
        script("anthropic", model, ANSWER, ("exec_command", {"cmd": "cat answer.txt"}))
        done = self.run_codex(group, config)
        self.check_turn("anthropic", model, done, "openai_responses")
        return done

    def test_a_turn_with_a_tool_on_anthropics_model(self):
        self.turn("agent-codex", PROVIDER)

    def test_openais_own_address_is_the_gateways(self):
        done = self.turn("agent-codex-own", f'openai_base_url = "{URL}/v1"\n')
        # It asks for a WebSocket, is told once to do without, and does.
        self.assertEqual(done.stderr.count("failed to connect to Responses WebSocket"), 1, done.stderr)

    # Under names of OpenAI's it sends its own kinds of tools, and more that other providers know nothing of.

    def test_it_patches_a_file(self):
        model = "agent-codex-patch"
        group = self.deploy("anthropic", model, group="gpt-5.5")
        script("anthropic", model, ANSWER, ("apply_patch", {"input": PATCH}))
        done = self.run_codex(group, PROVIDER)
        self.assertEqual((self.project / "answer.txt").read_text(), "the word is gone\n", done.stderr)
        self.assertIn(ANSWER, done.stdout)
        self.assertTrue(results(received("anthropic", model)[-1]))
        self.check_ledger("openai_responses", at_least=2)

    def test_it_runs_a_program_in_a_namespace(self):
        model = "agent-codex-program"
        group = self.deploy("anthropic", model, group="gpt-6.2-sol")
        program = 'text(JSON.stringify(await tools.exec_command({cmd: "cat answer.txt"})));'
        script("anthropic", model, ANSWER, ("functions__exec", {"input": program}))
        self.check_turn("anthropic", model, self.run_codex(group, PROVIDER), "openai_responses")


if __name__ == "__main__":
    unittest.main()
