import { expect, test } from "@jest/globals";
import { deployOptions, destroyOptions } from "./flags.ts";

const WHERE = ["--project", "shop-prod-1", "--region", "europe-west1"];
const SETTINGS = { MAIL_FROM: "a@b.example", ADMIN_EMAIL: "c@b.example" };
const deploy = (...args: string[]) => deployOptions([...WHERE, ...args], () => ({ ...SETTINGS, OTHER: "x" }));
const destroy = (...args: string[]) => destroyOptions([...WHERE, ...args], () => ({}));

test("reads the target, and only settings from the environment", () => {
  expect(deploy("--prefix", "dev", "--check")).toEqual({
    target: {
      project: "shop-prod-1",
      region: "europe-west1",
      prefix: "dev-",
      settings: SETTINGS,
    },
    dryRun: false,
    check: true,
    build: true,
  });
});

test("deploys the bundles that exist when --no-build is given", () => {
  expect(deploy("--no-build").build).toBe(false);
});

test("deletes data only when the project is repeated", () => {
  expect(destroy().withData).toBe(false);
  expect(destroy("--with-data", "shop-prod-1").withData).toBe(true);
  expect(() => destroy("--with-data", "shop-prod-2")).toThrow("--with-data invalid: expected shop-prod-1");
});

test.each([
  [["--prefix", "Dev"], "--prefix invalid: expected up to eight small letters"],
  [["--prefix", "production"], "--prefix invalid"],
  [["--region", "mars"], "--region invalid"],
  [["--project", "My Shop"], "--project invalid"],
  [["--unknown"], "Unknown option '--unknown'"],
])("refuses %j", (args, sentence) => {
  expect(() => deploy(...args)).toThrow(sentence);
});

test("names every missing setting", () => {
  expect(() => deployOptions(WHERE, () => ({}))).toThrow("MAIL_FROM and ADMIN_EMAIL missing");
});
