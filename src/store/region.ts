import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import {
  COPIED_WORD,
  DEFAULT_GEOMETRY,
  formatRegion,
  HEAD_WORD,
  HEADER,
  headerProblem,
  readGeometry,
  Region,
  sectionsOf,
} from "../log/index.ts";
import type { Geometry } from "../log/index.ts";
import { putMicros } from "../model/index.ts";
import type { Nanos } from "../model/index.ts";
import { Doorbell } from "./doorbell.ts";
import { libc } from "./mmap.ts";
import type { Libc, Mapping } from "./mmap.ts";
import { RegionError, systemError } from "./region-error.ts";
import { waitsOf } from "./stall.ts";

const MAX_STALL_MS = 100;

/** A lane's memory as its writer asks for it; sizes that are left out are DEFAULT_GEOMETRY's or those of the file. */
export interface RegionOptions extends Partial<Geometry> {
  /** Lane name: letters, digits, dot, dash, underscore; also the file's name. */
  readonly lane: string;
  /** Default: {@link defaultDir}. Created when missing. */
  readonly dir?: string;
  /** File mode; 0600 for private lanes. */
  readonly mode?: number;
  /** Where a journal says that the lane goes on (see laneStart); without, a new region begins at 0. */
  readonly start?: LaneStart;
  /** Longest time that the writer waits for a journal which has fallen a whole ring behind, ms; 0 never waits. Default 100. */
  readonly maxStallMs?: number;
}

/** Where the sequence of a lane goes on. */
export interface LaneStart {
  /** The journal holds everything below; a region whose head is lower is not this lane's. */
  readonly end: number;
  /** First sequence for a new region: `end`, or beyond all that a region which is gone may have held. */
  readonly first: number;
}

/** An open region. Its memory stays mapped for the life of the process, also after `close`. */
export interface RegionHandle {
  readonly region: Region;
  /** The bytes: mapped, or a SharedArrayBuffer that may be handed to worker threads. */
  readonly buffer: ArrayBufferLike;
  /** File, or null for a region in this process only. */
  readonly path: string | null;
  /** Identity of the file, to notice that the path leads to another one now; 0 without a file. */
  readonly inode: number;
  /** True when there was a region already and its sequence goes on. */
  readonly resumed: boolean;
  /** May the readers table be written? A reader without permission reads all the same, unlisted. */
  readonly listable: boolean;
  /** To sleep on the head; null where one cannot, or could not tell the writer. */
  readonly doorbell: Doorbell | null;
  /** Wakes a writer that waits for its journal. */
  wakeWriter(): void;
  /** Gives the writer's lock back. */
  close(): void;
}

export function defaultDir(): string {
  return process.platform === "linux" ? "/dev/shm/feedhorn" : path.join(os.tmpdir(), "feedhorn");
}

/** File of a lane; a name that is already a path stays one. RangeError for a name that cannot be a lane. */
export function regionPath(lane: string, dir = defaultDir()): string {
  if (lane.includes("/") || lane.includes("\\")) return lane;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,55}$/.test(lane))
    throw new RangeError(
      `lane name: expected 1 to 56 letters, digits, ".", "-" or "_", saw ${JSON.stringify(lane)}`,
    );
  return path.join(dir, `${lane}.region`);
}

/** UNIX time by the system's clock (microsecond steps at best). */
export function wallClock(): Nanos {
  const halves = new Int32Array(2);
  putMicros(Date.now() * 1000, halves, 0);
  return { lo: halves[0]!, hi: halves[1]! };
}

/** False when there is surely no such process. */
export function processAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Opens a lane's region as its one writer, creating it when there is none. After a restart or a kill the same file,
 * sequence and instruments go on. Throws RegionError; a file that is not the region asked for is left as it is.
 */
export function createRegion(options: RegionOptions): RegionHandle {
  const file = regionPath(options.lane, options.dir);
  const system = libc();
  if (system instanceof Error)
    throw new RegionError(
      "unsupported",
      file,
      `expected shared mappings, saw none (${system.message}); use heapRegion()`,
    );
  const handle = takeRegion(system, file, options);
  if (handle.region.head < (options.start?.end ?? 0)) {
    // another history: it was made while the journal was not asked
    fs.rmSync(file);
    handle.close();
    return createRegion(options);
  }
  handle.region.enter(process.pid, wallClock());
  return handle;
}

/** The region, new or there already, locked for this writer. */
function takeRegion(system: Libc, file: string, options: RegionOptions): RegionHandle {
  const created = createFile(file, options);
  // A mapping keeps the open file it was made from, and so its lock: the lock gets an open file of its own.
  const lock = openFile(file, "r+");
  try {
    if (!system.lock(lock)) throw busy(file, lock);
    const { buffer, address, inode } = mapFile(file, options, true);
    if (inode !== fs.fstatSync(lock).ino)
      throw new RegionError("busy", file, "expected one file, saw it replaced; try again");
    const doorbell = doorbellAt(system, address);
    const readersAt = sectionsOf(readGeometry(buffer)).readers;
    const stall = doorbellAt(system, address + readersAt, COPIED_WORD);
    const region = new Region(
      buffer,
      null,
      doorbell === null ? null : () => doorbell.ring(),
      waitsOf(buffer, readersAt, stall, options.maxStallMs ?? MAX_STALL_MS),
    );
    return {
      region,
      buffer,
      doorbell,
      path: file,
      inode,
      resumed: !created,
      listable: true,
      wakeWriter: () => stall?.ring(),
      close: () => fs.closeSync(lock),
    };
  } catch (error) {
    fs.closeSync(lock);
    throw systemError(file, error);
  }
}

/**
 * Opens a region for reading: everything is mapped read-only but the readers table, which is mapped writable
 * when permitted. Throws RegionError.
 */
export function openRegion(file: string): RegionHandle {
  const { buffer, address, inode } = mapFile(file, {}, false);
  const readers = mapReaders(file, inode, readGeometry(buffer));
  const region = new Region(buffer, readers?.buffer ?? null);
  const system = libc();
  const able = readers !== null && !(system instanceof Error);
  const stall = able ? doorbellAt(system, readers.address, COPIED_WORD) : null;
  return {
    region,
    buffer,
    doorbell: able ? doorbellAt(system, address) : null,
    path: file,
    inode,
    resumed: true,
    listable: readers !== null,
    wakeWriter: () => stall?.ring(),
    close: () => {},
  };
}

/** A region of another thread of this process, by its memory; `maxStallMs` is for who goes on writing it. */
export function sharedRegion(buffer: SharedArrayBuffer, maxStallMs = MAX_STALL_MS): RegionHandle {
  const waits = waitsOf(buffer, sectionsOf(readGeometry(buffer)).readers, null, maxStallMs);
  return heapHandle(new Region(buffer, null, null, waits), buffer, true);
}

/** Removes a region that another version of feedhorn made; any other file at that place stays. */
export function discardOldRegion(file: string): void {
  try {
    openRegion(file).close();
  } catch (error) {
    const old = error instanceof RegionError && (error.code === "layout" || error.code === "version");
    if (old) fs.rmSync(file);
  }
}

/** A region in this process's memory, for where nothing can be mapped; hand `buffer` to worker threads. */
export function heapRegion(options: Omit<RegionOptions, "dir" | "mode">): RegionHandle {
  const geometry = resolve(options);
  const buffer = new SharedArrayBuffer(sectionsOf(geometry).size);
  formatRegion(buffer, geometry, options.lane, wallClock(), options.start?.first);
  const waits = waitsOf(buffer, sectionsOf(geometry).readers, null, options.maxStallMs ?? MAX_STALL_MS);
  const region = new Region(buffer, null, null, waits);
  region.enter(process.pid, wallClock());
  return heapHandle(region, buffer, false);
}

function heapHandle(region: Region, buffer: SharedArrayBuffer, resumed: boolean): RegionHandle {
  return {
    region,
    buffer,
    doorbell: null,
    path: null,
    inode: 0,
    resumed,
    listable: true,
    wakeWriter: () => void Atomics.notify(region.marks, COPIED_WORD),
    close: () => {},
  };
}

/** The word `word` of what begins at `address`, to sleep on. */
function doorbellAt(system: Libc, address: number, word = HEAD_WORD): Doorbell | null {
  return system.hasFutex ? new Doorbell(system, address + word * 4) : null;
}

/** True while the path of an open region still leads to it; false when the file was deleted or replaced. */
export function stillThere(handle: RegionHandle): boolean {
  if (handle.path === null) return true;
  return fs.statSync(handle.path, { throwIfNoEntry: false })?.ino === handle.inode;
}

function resolve(options: Partial<Geometry>): Geometry {
  const keys = Object.keys(DEFAULT_GEOMETRY) as (keyof Geometry)[];
  const pairs = keys.map((key) => [key, options[key] ?? DEFAULT_GEOMETRY[key]]);
  return Object.fromEntries(pairs) as unknown as Geometry;
}

/**
 * Makes the file, complete, under another name and links it into place: two writers starting at once cannot
 * overwrite each other. Every byte is written, so that a full tmpfs fails here and not as a bus error later.
 * Returns false when there already is one.
 */
function createFile(file: string, options: RegionOptions): boolean {
  if (fs.existsSync(file)) return false;
  const geometry = resolve(options);
  const { size } = sectionsOf(geometry);
  const draft = `${file}.${process.pid}.${process.hrtime.bigint()}.tmp`;
  try {
    makeFolder(path.dirname(file));
    sweepDrafts(file);
    writeDraft(draft, geometry, options, size);
    fs.linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw systemError(file, error, size);
  } finally {
    removeDraft(draft);
  }
}

/** With all above it. One by one: Node's own `recursive` never returns where a parent refuses children (/proc). */
function makeFolder(folder: string): void {
  if (fs.existsSync(folder)) return;
  makeFolder(path.dirname(folder));
  try {
    fs.mkdirSync(folder, { mode: 0o755 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** Removes what writers left that were killed while they made the file. */
function sweepDrafts(file: string): void {
  const prefix = `${path.basename(file)}.`;
  for (const name of fs.readdirSync(path.dirname(file))) {
    if (!name.startsWith(prefix) || !name.endsWith(".tmp")) continue;
    if (!processAlive(Number(name.slice(prefix.length).split(".")[0])))
      removeDraft(path.join(path.dirname(file), name));
  }
}

function removeDraft(draft: string): void {
  try {
    fs.unlinkSync(draft);
  } catch {
    // never made or not ours to remove; a reason that matters is on its way to the caller
  }
}

function writeDraft(draft: string, geometry: Geometry, options: RegionOptions, size: number): void {
  const header = new ArrayBuffer(HEADER.size);
  formatRegion(header, geometry, options.lane, wallClock(), options.start?.first);
  const fd = fs.openSync(draft, "wx", options.mode ?? 0o644);
  try {
    const zeros = new Uint8Array(1 << 20);
    for (let at = 0; at < size; at += zeros.length)
      writeAll(fd, zeros, Math.min(zeros.length, size - at), at);
    writeAll(fd, new Uint8Array(header), HEADER.size, 0);
  } finally {
    fs.closeSync(fd);
  }
}

/** A write to a nearly full file system may be short; the next one then says ENOSPC. */
function writeAll(fd: number, bytes: Uint8Array, length: number, position: number): void {
  for (let done = 0; done < length;) done += fs.writeSync(fd, bytes, done, length - done, position + done);
}

function openFile(file: string, flags: "r" | "r+"): number {
  try {
    return fs.openSync(file, flags);
  } catch (error) {
    throw systemError(file, error);
  }
}

/** Checks a file and maps all of it; throws RegionError. */
function mapFile(file: string, wanted: Partial<Geometry>, writable: boolean): Mapping & { inode: number } {
  const system = libc();
  if (system instanceof Error)
    throw new RegionError(
      "unsupported",
      file,
      `expected shared mappings, saw none (${system.message}); use heapRegion()`,
    );
  const fd = openFile(file, writable ? "r+" : "r");
  try {
    checkFile(file, fd, wanted);
    const { ino, size } = fs.fstatSync(fd);
    return { ...system.map(fd, 0, size, writable), inode: ino };
  } catch (error) {
    throw systemError(file, error);
  } finally {
    fs.closeSync(fd);
  }
}

function readHeader(fd: number): ArrayBuffer {
  const header = new Uint8Array(HEADER.size);
  const read = fs.readSync(fd, header, 0, HEADER.size, 0);
  return header.buffer.slice(0, read);
}

/** Throws RegionError unless an open file is a whole region of the wanted sizes. */
function checkFile(file: string, fd: number, wanted: Partial<Geometry>): void {
  const header = readHeader(fd);
  const problem = headerProblem(header, fs.fstatSync(fd).size);
  if (problem !== null) throw new RegionError(problem.code, file, problem.message);
  const geometry = readGeometry(header);
  for (const key of Object.keys(geometry) as (keyof Geometry)[]) {
    const size = wanted[key];
    if (size !== undefined && size !== geometry[key])
      throw new RegionError(
        "geometry",
        file,
        `expected ${key} ${size}, saw ${geometry[key]}; use the old size, or stop its readers and delete the file`,
      );
  }
}

function busy(file: string, fd: number): RegionError {
  const header = readHeader(fd);
  const pid = header.byteLength < HEADER.size ? 0 : new Int32Array(header)[HEADER.at.writer_pid / 4];
  return new RegionError(
    "busy",
    file,
    `expected no other writer, saw process ${pid}; stop it or choose another lane`,
  );
}

function mapReaders(file: string, inode: number, geometry: Geometry): Mapping | null {
  const system = libc();
  if (system instanceof Error) return null;
  let fd: number;
  try {
    fd = fs.openSync(file, "r+");
  } catch {
    return null; // not permitted: the reader stays unlisted
  }
  try {
    const { readers, ring } = sectionsOf(geometry);
    return fs.fstatSync(fd).ino === inode ? system.map(fd, readers, ring - readers, true) : null;
  } finally {
    fs.closeSync(fd);
  }
}
