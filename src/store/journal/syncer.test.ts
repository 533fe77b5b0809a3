import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect, it } from "vitest";
import { wallClock } from "../region.ts";
import { segmentEnd } from "./segment-end.ts";
import { SegmentWriter } from "./segment-writer.ts";
import { Syncer } from "./syncer.ts";

it("does not believe a file after a call has failed, and writes it anew", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "feedhorn-sync-"));
  const now = wallClock();
  const make = (first: number): SegmentWriter =>
    new SegmentWriter(folder, { lane: "main", session: now, first, created: now, begins: true }, 1);
  const marks: number[] = [];
  const sync = new Syncer(folder, 0, (durable) => marks.push(durable));
  const [bad, good] = [make(0), make(5)];
  const inode = fs.statSync(bad.path).ino;
  const broken = Object.create(bad, {
    fd: { value: 9999 },
    close: { value: () => bad.close() },
  }) as SegmentWriter;
  await expect(sync.finish(broken, 5)).rejects.toThrow("EBADF");
  await expect(sync.finish(broken, 5)).rejects.toThrow("EBADF"); // it may still grow
  expect([sync.durable, marks, fs.statSync(bad.path).ino]).toEqual([0, [], inode]);
  sync.retire(broken);
  await sync.finish(good, 7);
  expect([sync.durable, marks]).toEqual([7, [7]]);
  expect(fs.statSync(bad.path).ino).not.toBe(inode);
  expect(segmentEnd(bad.path)).toMatchObject({ first: 0, next: 0, lane: "main", whole: 128, size: 128 });
  good.close();
  fs.rmSync(folder, { recursive: true });
});
