import { expect, test } from "vitest";
import { baseUrlProblem, freeName } from "./names";

test("a second provider of the same kind gets the next number", () => {
  expect(freeName("openai", [])).toBe("openai");
  expect(freeName("openai", ["openai", "openai-2"])).toBe("openai-3");
});

test.each(["https://api.openai.com/v1", "http://127.0.0.1:11434/v1", " https://x.test "])("%s is a base URL", (url) =>
  expect(baseUrlProblem(url)).toBeNull(),
);

test.each(["", "api.openai.com", "ftp://x.test", "https://user:sk-1@x.test", "https://x.test?key=1"])(
  "%j is refused with a reason",
  (url) => expect(baseUrlProblem(url)).toMatch(/\w/),
);
