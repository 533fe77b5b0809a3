import { expect, it } from "vitest";
import { Marker } from "./marker.ts";

it("goes on while its cursor cannot be written, tells once, and writes the newest when it can", () => {
  const disk = { path: "lake.cursor", full: false, next: 5 };
  const write = (next: number): void => {
    if (disk.full) throw new Error("ENOSPC");
    disk.next = next;
  };
  const told: string[] = [];
  const marker = new Marker(
    { path: disk.path, write },
    (level, message) => void told.push(`${level} ${message}`),
  );
  marker.write(6);
  disk.full = true;
  marker.write(7);
  marker.write(8);
  expect([disk.next, told]).toEqual([6, ["error cursor not written: it holds the journal until it can be"]]);
  disk.full = false;
  marker.write(8);
  expect([disk.next, told.slice(1)]).toEqual([8, ["info cursor written again"]]);
  disk.full = true;
  marker.write(8);
  expect(told).toHaveLength(2);
});
