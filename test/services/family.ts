import { readFileSync, readdirSync } from "node:fs";

/** A process and everything below it, parents first: PostgreSQL works in processes of its own. */
export function familyOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const one of readdirSync("/proc").map(Number)) {
    const parent = parentOf(one);
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), one]);
  }
  const family = [pid];
  for (const one of family) family.push(...(children.get(one) ?? []));
  return family;
}

/** Null for what is no process, or ended just now. */
function parentOf(pid: number): number | null {
  const stat = statOf(pid);
  return stat === null ? null : Number(stat[1]);
}

/** Whether it runs; one that has ended and was not fetched by its parent does not. */
export function isAlive(pid: number): boolean {
  const state = statOf(pid)?.[0];
  return state !== undefined && state !== "Z" && state !== "X";
}

/** Whether SIGSTOP has reached every thread: none of them is in the middle of a system call any more. One that is gone counts. */
export function standsStill(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).every((task) => "TZX".includes(statOf(pid, task)?.[0] ?? "X"));
  } catch {
    return true;
  }
}

/** Of /proc/PID/stat what follows the name, which may hold spaces and brackets: state, parent, ...; `task`: of one of its threads */
function statOf(pid: number, task?: string): string[] | null {
  if (!Number.isInteger(pid)) return null;
  try {
    const text = readFileSync(`/proc/${pid}${task === undefined ? "" : `/task/${task}`}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}

/** Sends a signal to all of them that are still there. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids)
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
}
