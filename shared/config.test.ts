import { expect, test } from "@jest/globals";
import { parseConfig } from "./config.ts";
import { ConfigError } from "./errors.ts";

const deployed = { GCP_PROJECT_ID: "shop", INNER_DOOR: "iam" };

test("needs only a project and who verifies its callers", () => {
  expect(parseConfig(deployed)).toEqual({
    projectId: "shop",
    environment: "dev",
    region: "us-central1",
    resourcePrefix: "",
    functionUrlTemplate: "https://us-central1-shop.cloudfunctions.net/{name}",
    innerDoor: "iam",
    innerDoorKeys: undefined,
    invokerEmail: "pulsecart-invoker@shop.iam.gserviceaccount.com",
    defaultCurrency: "USD",
    abandonAfterMs: 7_200_000,
    tasksEmulatorHost: undefined,
  });
  expect(parseConfig({ GOOGLE_CLOUD_PROJECT: "shop", INNER_DOOR: "iam" }).projectId).toBe("shop");
});

test("names everything that is wrong at once, and says what would be right", () => {
  const start = () =>
    parseConfig({ DEFAULT_CURRENCY: "dollar", ABANDON_AFTER_SECONDS: "soon", FUNCTION_URL: "http://x" });
  expect(start).toThrow(ConfigError);
  expect(start).toThrow(
    /GCP_PROJECT_ID .* is missing; INNER_DOOR is missing; DEFAULT_CURRENCY must be .*; ABANDON_AFTER_SECONDS must be .*; FUNCTION_URL must contain \{name\}/,
  );
});

test.each([
  [{ ...deployed, INNER_DOOR: "open" }, 'INNER_DOOR must be "iam"'],
  [{ ...deployed, INNER_DOOR: "verify" }, "INNER_DOOR_KEYS must be a JSON Web Key Set"],
  [
    { ...deployed, INNER_DOOR: "verify", INNER_DOOR_KEYS: "[]" },
    "INNER_DOOR_KEYS must be a JSON Web Key Set",
  ],
  [{ ...deployed, ABANDON_AFTER_SECONDS: "2592001" }, "ABANDON_AFTER_SECONDS must be"],
  [{ ...deployed, ABANDON_AFTER_SECONDS: "-1" }, "ABANDON_AFTER_SECONDS must be"],
])("does not start with %j", (env, fault) => {
  expect(() => parseConfig(env)).toThrow(fault);
});
