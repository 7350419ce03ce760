import { expect, test } from "@jest/globals";
import { parseConfig } from "../../shared/config.ts";
import { functionOf, topicOf } from "../../shared/pipeline/receive/subscription-name.ts";
import { planOf } from "../plan/plan.ts";
import { accountEmail, accountId, INVOKER, urlOf } from "./target.ts";

test.each(["", "dev-"])("derives addresses and accounts from the prefix %j as functions do", prefix => {
  const target = { project: "shop-prod-1", region: "europe-west1", prefix, settings: {} };
  const env = { GCP_PROJECT_ID: "shop-prod-1", REGION: "europe-west1", CALLER_AUTH: "iam" };
  const config = parseConfig({ ...env, RESOURCE_PREFIX: prefix });
  expect(config.functionUrlTemplate.replace("{name}", "orders")).toBe(urlOf(target, "orders"));
  expect(config.invokerEmail).toBe(accountEmail(target, INVOKER));
  const [planned] = planOf([{ kind: "reaction", name: "orders", types: ["order.placed"] }]).subscriptions;
  const name = `${prefix}${planned?.name}`;
  expect([functionOf(name), topicOf(name)]).toEqual(["orders", "pulsecart.commerce-events"]);
});

test("refuses a configuration with an impossible prefix", () => {
  const env = { GCP_PROJECT_ID: "shop", CALLER_AUTH: "iam", RESOURCE_PREFIX: "Dev" };
  expect(() => parseConfig(env)).toThrow("RESOURCE_PREFIX must be like");
});

test("keeps the ids of accounts with long names distinct", () => {
  const target = { project: "p", region: "r", prefix: "staging1-", settings: {} };
  const ids = ["recommendations", "recommendation-mails"].map(name => accountId(target, name));
  expect(new Set(ids).size).toBe(2);
  for (const id of ids) expect(id).toMatch(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/);
});
