// Loads the named module in a process of its own, and prints the classes of all objects in memory.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { getHeapSnapshot } from "node:v8";

const [, , path = ""] = process.argv;
createRequire(path)(path);

const { snapshot, nodes, strings } = JSON.parse(await text(getHeapSnapshot()));
const { node_fields: fields, node_types: types } = snapshot.meta;
const [typeAt, nameAt] = [fields.indexOf("type"), fields.indexOf("name")];
const object = types[typeAt].indexOf("object");
const classes = new Set<string>();
for (let i = 0; i < nodes.length; i += fields.length) {
  if (nodes[i + typeAt] === object) classes.add(strings[nodes[i + nameAt]]);
}
console.log(JSON.stringify([...classes]));
