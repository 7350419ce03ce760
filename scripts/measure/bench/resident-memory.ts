import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** Bytes of a process that are in memory now, and the most that ever were as far as the system tells. */
export interface ResidentMemory {
  bytes: number;
  peakBytes: number;
}

const KIB = 1024;

/** Linux tells both; elsewhere `ps` knows the present, and whoever asks often enough sees the peak. */
export function residentMemory(pid: number): ResidentMemory {
  const status = `/proc/${pid}/status`;
  if (existsSync(status)) {
    const text = readFileSync(status, "utf8");
    const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1]);
    return { bytes: kib("VmRSS") * KIB, peakBytes: kib("VmHWM") * KIB };
  }
  const bytes = Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })) * KIB;
  return { bytes, peakBytes: bytes };
}
