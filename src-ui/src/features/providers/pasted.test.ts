import { expect, test } from "vitest";
import { pasted } from "./pasted";

const ACCOUNT = `{
  "type": "service_account",
  "project_id": "my-project",
  "private_key": "-----BEGIN PRIVATE KEY-----\\nMII\\n-----END PRIVATE KEY-----\\n",
  "client_email": "gateway@my-project.iam.gserviceaccount.com"
}
`;

test("a service account's file tells whose it is and its project", () =>
  expect(pasted(ACCOUNT)).toEqual({
    kind: "document",
    whose: "gateway@my-project.iam.gserviceaccount.com",
    project: "my-project",
  }));

test("a client's document tells the client", () =>
  expect(pasted('{"tenant_id": "t", "client_id": "c-1", "client_secret": "s"}')).toEqual({
    kind: "document",
    whose: "c-1",
    project: null,
  }));

test("half a file is noticed, and a plain key is none", () => {
  expect(pasted(ACCOUNT.slice(0, 60))).toEqual({ kind: "broken" });
  expect(pasted("AKIAEXAMPLE:secret")).toEqual({ kind: "text" });
  expect(pasted("")).toEqual({ kind: "text" });
});
