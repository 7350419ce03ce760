import type { CompositeIndex, FieldIndex } from "../local-cloud/firestore/query/index-definitions.ts";
import { TTL_FIELD } from "../plan/indexes.ts";
import type { Deployment } from "./deployment.ts";
import type { Found, Resource } from "./resource.ts";
import { differencesOf, named } from "./resource.ts";
import type { Target } from "./target.ts";
import { databaseId, inProject } from "./target.ts";

/** The queue of all changes to a database: Firestore accepts one change at a time. */
const ONE_AT_A_TIME = "database";

/** Retention of a daily backup. Point-in-time recovery covers every minute of the last seven days as well. */
const BACKUP_RETENTION = "14d";
const BACKUP_RETENTION_SECONDS = 14 * 24 * 60 * 60;

/** Returns the database, its daily backups and its rules. */
export function databaseResources({ target }: Deployment): Resource[] {
  return [database(target), backups(target), rules(target)];
}

function database(target: Target): Resource {
  const id = databaseId(target);
  const change = [`--database=${id}`, ...inProject(target)];
  return {
    kind: "database",
    name: id,
    why: "The database. Delete protection is on, and every minute of the last seven days can be read.",
    read: { args: ["firestore", "databases", "list", ...inProject(target)], find: named(id) },
    wanted: {
      type: "FIRESTORE_NATIVE",
      locationId: target.region,
      pointInTimeRecoveryEnablement: "POINT_IN_TIME_RECOVERY_ENABLED",
      deleteProtectionState: "DELETE_PROTECTION_ENABLED",
    },
    create: [
      {
        args: [
          ...["firestore", "databases", "create", `--location=${target.region}`, "--type=firestore-native"],
          ...["--enable-pitr", "--delete-protection", ...change],
        ],
      },
    ],
    update: () => [
      { args: ["firestore", "databases", "update", "--enable-pitr", "--delete-protection", ...change] },
    ],
    remove: () => [
      { args: ["firestore", "databases", "update", "--no-delete-protection", ...change] },
      { args: ["firestore", "databases", "delete", ...change] },
    ],
    holdsData: true,
    queue: ONE_AT_A_TIME,
  };
}

function backups(target: Target): Resource {
  const at = [`--database=${databaseId(target)}`, ...inProject(target)];
  const isDaily = (one: unknown) => Object(one).dailyRecurrence !== undefined;
  return {
    kind: "backups",
    name: databaseId(target),
    why: "A backup every day, kept for two weeks.",
    read: {
      args: ["firestore", "backups", "schedules", "list", ...at],
      find: answer => (Array.isArray(answer) ? answer.find(isDaily) : undefined),
    },
    wanted: { retention: `${BACKUP_RETENTION_SECONDS}s` },
    create: [
      {
        args: [
          ...["firestore", "backups", "schedules", "create", "--recurrence=daily"],
          ...[`--retention=${BACKUP_RETENTION}`, ...at],
        ],
      },
    ],
    update: found => [
      {
        args: [
          ...["firestore", "backups", "schedules", "update", `--backup-schedule=${lastPart(found)}`],
          ...[`--retention=${BACKUP_RETENTION}`, ...at],
        ],
      },
    ],
    queue: ONE_AT_A_TIME,
  };
}

/** Returns the security rules. gcloud has no command for rules, so a script sets them. */
function rules({ project, ...target }: Target): Resource {
  const args = [
    ...["scripts/deploy/close-database.ts", `--project=${project}`],
    `--database=${databaseId({ project, ...target })}`,
  ];
  return {
    kind: "rules",
    name: databaseId({ project, ...target }),
    why: "Closes the database to browsers: only functions read and write.",
    read: { program: "node", args: [...args, "--show"], find: answer => Object(answer ?? {}) },
    wanted: { isClosed: true },
    create: [{ program: "node", args }],
    queue: ONE_AT_A_TIME,
  };
}

const lastPart = (found: Found): string => String(found["name"]).split("/").at(-1) ?? "";

/** Returns the indexes and TTL policies. Firestore builds indexes in the background; `--check` names unfinished ones. */
export function indexResources({ target, indexes }: Deployment): Resource[] {
  return [
    ...indexes.exempt.map(collection => noIndexes(collection, target)),
    // Exemptions come first: otherwise Firestore would build indexes that the exemptions then remove.
    automaticIndexes(target),
    ...indexes.fields.map(index => fieldIndex(index, target)),
    ...indexes.composite.map(index => compositeIndex(index, target)),
    ...indexes.expiring.map(collection => expiry(collection, target)),
  ];
}

/** The path for all fields that have no configuration of their own. */
const EVERY_FIELD = "*";

/** The collection that stands for all collections without a configuration of their own. */
const EVERY_COLLECTION = "__default__";

/** Returns the exemption of a collection: https://cloud.google.com/firestore/docs/query-data/indexing */
function noIndexes(collection: string, target: Target): Resource {
  return field(
    { collection, field: EVERY_FIELD },
    {
      target,
      why: `No field of ${collection} has an index unless a query asks for it: each index is written with each document.`,
      flags: ["--disable-indexes"],
      indexes: [],
    },
  );
}

/** Returns the indexes of all other collections. A new database has them; an early PulseCart disabled them. */
function automaticIndexes(target: Target): Resource {
  const resource = field(
    { collection: EVERY_COLLECTION, field: EVERY_FIELD },
    {
      target,
      why: "Every field of every other collection has automatic indexes, so a new collection needs no entry.",
      flags: ["--index=order=ascending", "--index=order=descending", "--index=array-config=contains"],
      indexes: [{ order: "ASCENDING" }, { order: "DESCENDING" }, { arrayConfig: "CONTAINS" }],
    },
  );
  return { ...resource, kind: "automatic indexes" };
}

function fieldIndex({ collection, field: name, kind }: FieldIndex, target: Target): Resource {
  const isList = kind === "contains";
  return field(
    { collection, field: name },
    {
      target,
      why: `Queries look for ${collection} by ${name}.`,
      flags: [isList ? "--index=array-config=contains" : "--index=order=ascending"],
      indexes: [isList ? { arrayConfig: "CONTAINS" } : { order: "ASCENDING" }],
    },
  );
}

interface FieldWanted {
  target: Target;
  why: string;
  flags: readonly string[];
  indexes: readonly object[];
}

function field(
  { collection, field: name }: Pick<FieldIndex, "collection" | "field">,
  { target, why, flags, indexes }: FieldWanted,
): Resource {
  const at = [`--collection-group=${collection}`, `--database=${databaseId(target)}`, ...inProject(target)];
  const wanted = { indexConfig: { indexes: indexes.map(one => ({ fields: [one] })) } };
  return {
    kind: "field",
    name: `${collection}.${name}`,
    why,
    read: fieldsIn(target, `/collectionGroups/${collection}/fields/${name}`),
    wanted,
    differences: found =>
      Object(found["indexConfig"]).usesAncestorConfig === true
        ? ["the field has no configuration of its own"]
        : differencesOf(inOrderOf(indexes, found), wanted),
    create: [{ args: ["firestore", "indexes", "fields", "update", name, ...flags, "--async", ...at] }],
    queue: ONE_AT_A_TIME,
  };
}

/** Sorts found indexes like the wanted ones, because Firestore lists them in any order. */
function inOrderOf(wanted: readonly object[], found: Found): object {
  const { indexes = [] } = Object(found["indexConfig"]);
  const place = (index: unknown) =>
    wanted.findIndex(one => differencesOf(Object(index).fields?.[0], one).length === 0);
  return { indexConfig: { indexes: [...indexes].sort((left, right) => place(left) - place(right)) } };
}

/** Reads the fields of a database. Firestore lists only fields with a configuration of their own. */
function fieldsIn(target: Target, path: string): Resource["read"] {
  return {
    args: [
      "firestore",
      "indexes",
      "fields",
      "list",
      `--database=${databaseId(target)}`,
      ...inProject(target),
    ],
    find: answer =>
      Array.isArray(answer) ? answer.find(one => unquoted(Object(one).name).endsWith(path)) : undefined,
  };
}

/** Removes backticks: Firestore quotes a path with a dot only sometimes. */
const unquoted = (name: unknown) => String(name).replaceAll("`", "");

function compositeIndex({ collection, fields }: CompositeIndex, target: Target): Resource {
  const at = [`--database=${databaseId(target)}`, ...inProject(target)];
  const isThisIndex = (one: unknown) => {
    const { name = "", fields: given = [], queryScope } = Object(one);
    const own = given.filter(({ fieldPath }: { fieldPath: string }) => fieldPath !== "__name__");
    const wanted = fields.map(({ field: fieldPath, order }) => ({ fieldPath, order }));
    const isAlike = own.length === wanted.length && differencesOf(own, wanted).length === 0;
    return (
      isAlike && queryScope === "COLLECTION" && String(name).includes(`/collectionGroups/${collection}/`)
    );
  };
  return {
    kind: "index",
    name: `${collection}(${fields.map(({ field: name, order }) => `${name}${order === "DESCENDING" ? " desc" : ""}`).join(", ")})`,
    why: `Queries look for ${collection} by ${fields.map(({ field: name }) => name).join(" and ")}.`,
    read: {
      args: ["firestore", "indexes", "composite", "list", ...at],
      find: answer => (Array.isArray(answer) ? answer.find(isThisIndex) : undefined),
    },
    wanted: { state: "READY" },
    // An index under construction becomes ready automatically.
    update: () => [],
    create: [
      {
        args: [
          ...["firestore", "indexes", "composite", "create", `--collection-group=${collection}`],
          "--query-scope=collection",
          ...fields.map(
            ({ field: name, order }) => `--field-config=field-path=${name},order=${order.toLowerCase()}`,
          ),
          ...["--async", ...at],
        ],
      },
    ],
    queue: ONE_AT_A_TIME,
  };
}

function expiry(collection: string, target: Target): Resource {
  const at = [`--collection-group=${collection}`, `--database=${databaseId(target)}`, ...inProject(target)];
  return {
    kind: "expiry",
    name: `${collection}.${TTL_FIELD}`,
    why: `Deletes documents of ${collection} within a day after the time in ${TTL_FIELD}.`,
    read: fieldsIn(target, `/collectionGroups/${collection}/fields/${TTL_FIELD}`),
    wanted: {},
    differences: found => (found["ttlConfig"] ? [] : ["the field has no TTL policy"]),
    create: [
      { args: ["firestore", "fields", "ttls", "update", TTL_FIELD, "--enable-ttl", "--async", ...at] },
    ],
    queue: ONE_AT_A_TIME,
  };
}
