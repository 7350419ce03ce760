import { expect, test } from "@jest/globals";
import { parseConfig } from "./config.ts";
import { ConfigError } from "./errors.ts";

const deployed = { GCP_PROJECT_ID: "shop", CALLER_AUTH: "iam" };

test("needs only a project and the kind of caller authentication", () => {
  expect(parseConfig(deployed)).toEqual({
    projectId: "shop",
    environment: "dev",
    region: "us-central1",
    resourcePrefix: "",
    functionUrlTemplate: "https://us-central1-shop.cloudfunctions.net/{name}",
    callerAuth: "iam",
    callerAuthKeys: undefined,
    invokerEmail: "pulsecart-invoker@shop.iam.gserviceaccount.com",
    defaultCurrency: "USD",
    abandonAfterMs: 7_200_000,
    tasksEmulatorHost: undefined,
  });
  expect(parseConfig({ GOOGLE_CLOUD_PROJECT: "shop", CALLER_AUTH: "iam" }).projectId).toBe("shop");
});

test("names every invalid variable with the expected value", () => {
  const start = () =>
    parseConfig({ DEFAULT_CURRENCY: "dollar", ABANDON_AFTER_SECONDS: "soon", FUNCTION_URL: "http://x" });
  expect(start).toThrow(ConfigError);
  expect(start).toThrow(
    /GCP_PROJECT_ID .* is missing; CALLER_AUTH is missing; DEFAULT_CURRENCY must be .*; ABANDON_AFTER_SECONDS must be .*; FUNCTION_URL must contain \{name\}/,
  );
});

test.each([
  [{ ...deployed, INNER_DOOR: "iam" }, "INNER_DOOR has a new name: expected CALLER_AUTH"],
  [{ ...deployed, CALLER_AUTH: "open" }, 'CALLER_AUTH must be "iam"'],
  [{ ...deployed, CALLER_AUTH: "verify" }, "CALLER_AUTH_KEYS must be a JSON Web Key Set"],
  [
    { ...deployed, CALLER_AUTH: "verify", CALLER_AUTH_KEYS: "[]" },
    "CALLER_AUTH_KEYS must be a JSON Web Key Set",
  ],
  [{ ...deployed, ABANDON_AFTER_SECONDS: "2592001" }, "ABANDON_AFTER_SECONDS must be"],
  [{ ...deployed, DEFAULT_CURRENCY: "BGN" }, 'an ISO 4217 currency code such as EUR, not "BGN"'],
  [{ ...deployed, MAIL_POSTAL_ADDRESS: "Street" }, "MAIL_POSTAL_ADDRESS must be"],
  [{ ...deployed, MAIL_POSTAL_ADDRESS: "1 Example Street\nBcc: x" }, "MAIL_POSTAL_ADDRESS must be"],
  [{ ...deployed, MAIL_POSTAL_ADDRESS: "1 Example Street|CALLER_AUTH=x" }, "MAIL_POSTAL_ADDRESS must be"],
  [{ ...deployed, STOREFRONT_CART_URL: "javascript:alert(1)" }, "STOREFRONT_CART_URL must begin"],
  [{ ...deployed, ABANDON_AFTER_SECONDS: "-1" }, "ABANDON_AFTER_SECONDS must be"],
])("refuses to start with %j", (env, fault) => {
  expect(() => parseConfig(env)).toThrow(fault);
});
