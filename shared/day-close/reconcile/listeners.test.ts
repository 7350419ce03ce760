import { expect, test } from "@jest/globals";
import { declarations } from "../../../scripts/plan/declarations.ts";
import { LISTENERS, PROJECTIONS } from "./listeners.ts";

test("the night knows every reaction, and what it handles", async () => {
  const env = { GCP_PROJECT_ID: "demo-night", CALLER_AUTH: "iam", PUBLIC_URL: "https://shop.example" };
  Object.assign(process.env, env);
  const reactions = (await declarations()).filter(declaration => declaration.kind === "reaction");
  const handled = reactions
    .filter(({ name }) => name !== "archive")
    .map(({ name, types }) => [name, [...types].sort()]);
  expect(LISTENERS).toEqual(Object.fromEntries(handled));
  expect(PROJECTIONS).toEqual(reactions.filter(({ projection }) => projection).map(({ name }) => name));
});
