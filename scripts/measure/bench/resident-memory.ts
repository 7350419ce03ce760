import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** Resident memory of a process, in bytes: now, and at its peak. */
export interface ResidentMemory {
  bytes: number;
  peakBytes: number;
}

const KIB = 1024;

/** Reads the resident memory of a process. Linux knows the peak; elsewhere the caller samples the present value. */
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
