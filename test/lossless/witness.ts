import * as fs from "node:fs";
import { createInterface } from "node:readline";
import { InstrumentReader, LAST_IN_HEAD, RingReader } from "../../src/log/index.ts";
import type { SlotHandler } from "../../src/log/index.ts";
import { venueOfCode } from "../../src/model/index.ts";
import { openRegion, stillThere } from "../../src/store/index.ts";
import type { RegionHandle } from "../../src/store/index.ts";

/**
 * The witness: `witness.ts REGION FOLDER`. A process that knows nothing of journals, sinks and lakes: it follows the ring
 * from its first slot and writes down every slot, byte for byte: FOLDER/<number of the region>.slots. When the region is replaced, the next file
 * begins. Whatever line it is told, it answers with what it has seen by then as one JSON line; it ends with its standard input.
 */

const POLL_MS = 2;
const BUFFER_SLOTS = 16_384;

/** One region, from its first slot on. */
export interface Testimony {
  readonly file: string;
  readonly first: number;
  /** Next sequence. */
  readonly end: number;
  /** Events that ended below it. */
  readonly events: number;
  /** Slots it was too slow for: a test whose witness has slept proves nothing. */
  readonly lost: number;
  /** Instrument id, venue id, native symbol: what the ids in these slots mean. */
  readonly names: readonly (readonly [number, string, string])[];
}

class Witness {
  readonly #handle: RegionHandle;
  readonly #reader: RingReader;
  readonly #fd: number;
  readonly #bytes = Buffer.alloc(BUFFER_SLOTS * 64);
  readonly #words = new Int32Array(this.#bytes.buffer, this.#bytes.byteOffset, BUFFER_SLOTS * 16);
  readonly #first: number;
  readonly #file: string;
  #count = 0;
  #events = 0;

  constructor(handle: RegionHandle, file: string) {
    const { control, slots, first } = handle.region;
    this.#handle = handle;
    this.#first = first;
    this.#file = file;
    this.#fd = fs.openSync(file, "w");
    this.#reader = new RingReader(control, slots);
    this.#reader.seek(first);
  }

  get replaced(): boolean {
    return !stillThere(this.#handle);
  }

  readonly #take: SlotHandler = ({ i32 }, word) => {
    const to = this.#count++ << 4;
    for (let i = 0; i < 16; i++) this.#words[to + i] = i32[word + i]!;
    if ((i32[word]! & LAST_IN_HEAD) !== 0) this.#events += 1;
    if (this.#count === BUFFER_SLOTS) this.#flush();
  };

  poll(): void {
    this.#reader.poll(this.#take);
  }

  #flush(): void {
    fs.writeSync(this.#fd, this.#bytes, 0, this.#count * 64);
    this.#count = 0;
  }

  tell(): Testimony {
    this.poll();
    this.#flush();
    const { cursor: end, lost } = this.#reader;
    const { control, instruments } = this.#handle.region;
    const names = new InstrumentReader(control, instruments)
      .all()
      .map(({ id, venueCode, symbol }) => [id, venueOfCode(venueCode)!, symbol] as const);
    return { file: this.#file, first: this.#first, end, events: this.#events, lost, names };
  }
}

function main(region: string, folder: string): void {
  const seen: Witness[] = [];
  const look = (): void => {
    seen.at(-1)?.poll();
    if (seen.at(-1)?.replaced === false || !fs.existsSync(region)) return;
    seen.at(-1)?.poll(); // what was committed between the first look and the end of the old file
    try {
      seen.push(new Witness(openRegion(region), `${folder}/${seen.length}.slots`));
    } catch {
      // it is just being made
    }
  };
  setInterval(look, POLL_MS);
  const lines = createInterface({ input: process.stdin });
  lines.on("line", () => {
    look();
    process.stdout.write(`${JSON.stringify(seen.map((one) => one.tell()))}\n`);
  });
  lines.on("close", () => process.exit());
}

main(process.argv[2]!, process.argv[3]!);
