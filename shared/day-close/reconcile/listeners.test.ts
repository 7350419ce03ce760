import { beforeAll, expect, test } from "@jest/globals";
import { declarations } from "../../../scripts/plan/declarations.ts";
import { LISTENERS, PROJECTIONS } from "./listeners.ts";

beforeAll(() => {
  const env = { GCP_PROJECT_ID: "demo-day-close", CALLER_AUTH: "iam", PUBLIC_URL: "https://shop.example" };
  Object.assign(process.env, env);
});

const declaredReactions = async () =>
  (await declarations()).filter(declaration => declaration.kind === "reaction");

test("lists every reaction but the archive with its event types", async () => {
  const handled = (await declaredReactions())
    .filter(({ name }) => name !== "archive")
    .map(({ name, types }) => [name, [...types].sort()]);
  expect(LISTENERS).toEqual(Object.fromEntries(handled));
});

test("lists every projection", async () => {
  const projections = (await declaredReactions()).filter(({ projection }) => projection);
  expect(PROJECTIONS).toEqual(projections.map(({ name }) => name));
});
