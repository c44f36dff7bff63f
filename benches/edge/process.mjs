/** A process seen from outside, as Linux tells of it: a worker's own clock stands still while it works. */

import { readdirSync, readFileSync } from "node:fs";

/** Milliseconds of the unit in which Linux tells CPU time: a hundredth of a second, whatever the processor. */
export const TICK_MS = 10;

/** The processes that this one has started, by the name of their program. */
export function childrenNamed(name) {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      const stat = statOf(pid);
      return stat?.name === name && Number(stat.fields[1]) === process.pid;
    });
}

/** Milliseconds of CPU, of user and kernel, of all its threads so far. */
export function cpuOf(pid) {
  const { fields } = statOf(pid);
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** MiB that are resident, and the most that ever were. */
export function residentOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const of = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)[1]) / 1024;
  return { now: of("VmRSS"), most: of("VmHWM") };
}

/** Its name, and what stands after it: state, parent and so on (proc(5)). Nothing for a process that has ended. */
function statOf(pid) {
  try {
    const [, name, rest] = /\((.*)\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"));
    return { name, fields: rest.split(" ") };
  } catch {
    return undefined;
  }
}
