import { expect, test } from "@jest/globals";
import { flagsIn, refuseMissing } from "./flags.ts";

const WHERE = ["--project", "shop-prod-1", "--region", "europe-west1"];
const flags = (...args: string[]) =>
  flagsIn([...WHERE, ...args], () => ({ MAIL_FROM: "a@b.example", OTHER: "x" }));

test("reads where to deploy, and of the environment only what is a setting", () => {
  expect(flags("--prefix", "dev", "--check")).toEqual({
    target: {
      project: "shop-prod-1",
      region: "europe-west1",
      prefix: "dev-",
      settings: { MAIL_FROM: "a@b.example" },
    },
    dryRun: false,
    check: true,
    build: true,
    withData: false,
  });
});

test.each([
  [["--prefix", "Dev"], "--prefix takes"],
  [["--prefix", "production"], "--prefix takes"],
  [["--region", "mars"], "--region takes"],
  [["--project", "My Shop"], "--project takes"],
  [["--with-data", "shop-prod-2"], "To be sure, say: --with-data shop-prod-1"],
  [["--unknown"], "--unknown"],
])("refuses %j", (args, sentence) => {
  expect(() => flags(...args)).toThrow(sentence);
});

test("names every setting that is missing", () => {
  const target = flags()?.target;
  expect(() => target && refuseMissing({ ...target, settings: {} })).toThrow("MAIL_FROM and ADMIN_EMAIL");
});
