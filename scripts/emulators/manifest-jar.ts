import { crc32 } from "node:zlib";

const MANIFEST = "META-INF/MANIFEST.MF";
/** Max bytes of a line in a manifest (https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html#notes-on-manifest-and-signature-files). */
const MAX_LINE_BYTES = 72;

/** Creates a jar with a manifest only. The manifest names a class of other jars, for a command that accepts one jar. */
export function manifestJar(attributes: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries({ "Manifest-Version": "1.0", ...attributes }).flatMap(([name, value]) =>
    wrapped(`${name}: ${value}`),
  );
  return zipOf(MANIFEST, Buffer.from(`${lines.join("\r\n")}\r\n`));
}

/** Splits a long line: the rest goes to the next line, after a space. */
function wrapped(line: string): string[] {
  if (line.length <= MAX_LINE_BYTES) return [line];
  return [line.slice(0, MAX_LINE_BYTES), ...wrapped(` ${line.slice(MAX_LINE_BYTES)}`)];
}

/** Creates a zip with one uncompressed file: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16. */
function zipOf(name: string, content: Buffer): Buffer {
  const bytes = Buffer.from(name);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(10, 0); // version needed: 1.0
  common.writeUInt16LE(0x21, 8); // date: 1 January 1980, the earliest possible
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(content.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(bytes.length, 22);
  const local = Buffer.concat([signature(0x04034b50), common, bytes, content]);
  const madeBy = Buffer.from([10, 0]);
  const rest = Buffer.alloc(14); // no comment, first disk, no attributes; the file is at the beginning
  const directory = Buffer.concat([signature(0x02014b50), madeBy, common, rest, bytes]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4); // files on this disk
  end.writeUInt16LE(1, 6); // total files
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, directory, signature(0x06054b50), end]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
