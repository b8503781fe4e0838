"""aider, whose model is asked for text and answers with edits."""

import unittest

from agents import AIDER, SECRET, AgentTest
from gateway import URL, received, script

EDIT = f"""I change the greeting.

greeting.txt
```
<<<<<<< SEARCH
Hello
=======
Good morning
>>>>>>> REPLACE
```
"""


class Aider(AgentTest):
    agent = "aider"

    def turn(self, provider, format_in, **environment):
        model = "agent-aider"
        group = self.deploy(provider, model)
        # To whoever aider calls itself a client of, the gateway is that provider.
        own = f"{provider}/{group}"
        script(provider, model, EDIT)
        greeting = self.project / "greeting.txt"
        greeting.write_text("Hello\n")
        done = self.run_agent(
            [AIDER, "--model", own, "--weak-model", own, "--edit-format", "diff"]
            + ["--no-git", "--yes-always", "--no-check-update", "--no-show-release-notes", "--analytics-disable"]
            + ["--no-show-model-warnings", "--no-auto-lint", "--no-pretty", "--map-tokens", "0"]
            + ["--message", "Greet as in the morning.", "greeting.txt", "--read", "answer.txt"],
            LITELLM_LOCAL_MODEL_COST_MAP="True",
            **environment,
        )
        self.assertEqual(greeting.read_text(), "Good morning\n", done.stdout)
        asked = received(provider, model)[-1]
        self.assertIn(SECRET, str(asked["messages"]))
        self.assertIs(asked.get("stream"), True)
        self.check_ledger(format_in, at_least=1)

    def test_a_turn_with_an_edit_on_openais_model(self):
        self.turn("openai", "openai_chat", OPENAI_API_BASE=f"{URL}/v1", OPENAI_API_KEY=self.key)

    def test_a_turn_with_an_edit_on_anthropics_model(self):
        self.turn("anthropic", "anthropic_messages", ANTHROPIC_API_BASE=URL, ANTHROPIC_API_KEY=self.key)


if __name__ == "__main__":
    unittest.main()
