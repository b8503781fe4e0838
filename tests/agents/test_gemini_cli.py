"""Gemini CLI on a model of OpenAI's."""

import json
import unittest

from agents import ANSWER, NODE, PACKAGES, AgentTest
from gateway import URL, script


class GeminiCli(AgentTest):
    agent = "gemini-cli"

    def test_a_turn_with_a_tool_on_openais_model(self):
        model = "agent-gemini-cli"
        group = self.deploy("openai", model)
        script("openai", model, ANSWER, ("read_file", {"file_path": str(self.project / "answer.txt")}))
        directory = self.home / ".gemini"
        directory.mkdir()
        settings = {
            "security": {"auth": {"selectedType": "gemini-api-key"}},
            "privacy": {"usageStatisticsEnabled": False},
            "telemetry": {"enabled": False},
            "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False},
        }
        (directory / "settings.json").write_text(json.dumps(settings))
        done = self.run_agent(
            [NODE, PACKAGES / "@google/gemini-cli/bundle/gemini.js", "--model", group, "--approval-mode", "yolo"]
            + ["--prompt", "What does answer.txt say?"],
            GOOGLE_GEMINI_BASE_URL=URL,
            GEMINI_API_KEY=self.key,
            GEMINI_CLI_TRUST_WORKSPACE="true",
        )
        self.check_turn("openai", model, done, "gemini")


if __name__ == "__main__":
    unittest.main()
