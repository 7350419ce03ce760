import { describe, expect, test } from "@jest/globals";
import * as v from "valibot";
import {
  day,
  duration,
  matching,
  moment,
  oneOf,
  optional,
  positiveNumber,
  projectId,
  region,
  serverUrl,
  text,
  wholeNumber,
} from "./flag-values.ts";
import { flag, flagList, flagSwitch, flagSwitchOff, flagValues, helpOf, readFlags } from "./flags.ts";
import { UsageError } from "./usage.ts";

const line = {
  command: "npm run demo",
  about: "Shows how flags are read.",
  flags: {
    "events-per-day": flag(wholeNumber({ least: 1, most: 9 }), { value: "N", about: "events" }),
    size: flag(v.optional(oneOf(["small", "large"]), "small"), { value: "SIZE", about: "size" }),
    since: flag(optional(moment()), { value: "DAY", about: "first day" }),
    wait: flag(optional(duration()), { value: "TIME", about: "pause" }),
    url: flag(optional(serverUrl()), { value: "URL", about: "server" }),
    name: flag(optional(matching(/^[a-z]+$/, "small letters")), { value: "NAME", about: "name" }),
    json: flagSwitch("prints JSON"),
  },
};

describe("flags", () => {
  test("reads values, defaults and switches", () => {
    const args = ["--events-per-day", "3", "--since", "2026-11-20", "--wait", "2h", "--url", "http://a:1/x"];
    expect(readFlags(line, args)).toEqual({
      eventsPerDay: 3,
      size: "small",
      since: Date.parse("2026-11-20T00:00:00Z"),
      wait: 7_200_000,
      url: "http://a:1",
      name: undefined,
      json: false,
      words: [],
    });
  });

  test.each([
    [[], "--events-per-day missing: expected a whole number from 1 to 9."],
    [["--events-per-day", "10"], '--events-per-day invalid: expected a whole number from 1 to 9, got "10".'],
    [["--events-per-day", "1", "--size", "x"], '--size invalid: expected one of small, large, got "x".'],
    [["--events-per-day", "1", "--since", "2026-11-31"], "--since invalid: expected a day such as"],
    [["--events-per-day", "1", "--url", "ftp://a"], "--url invalid: expected an address such as"],
    [["--unknown"], "--events-per-day, --size"],
    [["word"], "expected --events-per-day"],
    [["--events-per-day"], "Option '--events-per-day <value>' argument missing."],
  ])("refuses %j with the expected value", (args, sentence) => {
    expect(() => readFlags(line, args)).toThrow(UsageError);
    expect(() => readFlags(line, args)).toThrow(sentence);
  });

  test("returns the words when the command takes words", () => {
    const flags = readFlags({ ...line, words: "show ID" }, ["show", "7", "--events-per-day", "1", "--json"]);
    expect(flags).toMatchObject({ words: ["show", "7"], json: true });
  });

  test("reads repeated flags, and switches that are on by default", () => {
    const other = {
      ...line,
      flags: {
        type: flagList(text("a type"), { value: "TYPE", about: "types" }),
        build: flagSwitchOff("skips the build"),
      },
      notes: "A note.",
    };
    expect(flagValues(other, [])).toEqual({ type: undefined, build: true, words: [] });
    const flags = flagValues(other, ["--type", "a", "--type", "b", "--no-build"]);
    expect(flags).toEqual({ type: ["a", "b"], build: false, words: [] });
    expect(helpOf(other)).toMatch(/--no-build +skips the build\n[\s\S]+\n\nA note\.$/);
  });

  test("lists every flag in the help", () => {
    expect(readFlags(line, ["--help"])).toBeUndefined();
    const help = helpOf(line);
    for (const name of Object.keys(line.flags)) expect(help).toContain(`--${name}`);
    expect(help).toContain("Shows how flags are read.");
  });
});

describe("flag values", () => {
  test.each([
    [day(), "2026-02-28", "2026-02-28"],
    [positiveNumber({ most: 500 }), "0.1", 0.1],
    [projectId(), "shop-prod-1", "shop-prod-1"],
    [region(), "europe-west1", "europe-west1"],
    [duration(), "0s", 0],
  ])("%# reads %j", (schema, given, value) => {
    expect(v.parse(schema as v.GenericSchema<string, unknown>, given)).toBe(value);
  });

  test.each([
    [day(), "2026-02-30"],
    [day(), "2026-02-28T10:00:00Z"],
    [positiveNumber({ most: 500 }), "0"],
    [positiveNumber({ most: 500 }), "501"],
    [projectId(), "My Shop"],
    [region(), "mars"],
    [duration(), "soon"],
    [moment(), "2026-11-31"],
  ])("%# refuses %j", (schema, given) => {
    expect(v.is(schema as v.GenericSchema<string, unknown>, given)).toBe(false);
  });
});
