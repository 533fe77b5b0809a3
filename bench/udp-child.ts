import { createSocket } from "node:dgram";
import { Clock } from "../src/feed/index.ts";
import { UdpLane } from "../src/feed/index.ts";
import { KIND, toMicros, venueOfCode } from "../src/model/index.ts";
import { RingReader, slotKind, WORD } from "../src/log/index.ts";
import { heapRegion } from "../src/store/index.ts";
import { venueById } from "../src/venues/index.ts";
import { SinkRunner } from "../src/app/sinks/runner.ts";
import { Udp } from "../src/app/config/sinks/udp.ts";

/** One of the processes of bench/udp.ts: role, then what it needs. */

let us: number[] = [];
const clock = new Clock();
const now = { hi: 0, lo: 0 };
const [role, ...more] = process.argv.slice(2);

process.on("disconnect", () => process.exit(0));
process.on("message", () => {
  process.send!({ us });
  us = [];
});

if (role === "lane") await lane();
else if (role === "plain") plain();
else sink(more[0]!, Number(more[1]));

/** A lane that listens, and looks at the clock behind each of its commits. */
async function lane(): Promise<void> {
  const { region } = heapRegion({ lane: "far", slots: 65_536, instruments: 16, maxStallMs: 0 });
  const one = new UdpLane({
    region,
    time: new Clock(),
    report: () => undefined,
    listen: {
      bind: "127.0.0.1:0",
      groups: [],
      from: [],
      lanes: [],
      window: 64,
      reorder_ms: 20,
      silent_ms: 3000,
    },
    venueOf: (code) => venueById(venueOfCode(code) ?? ""),
  });
  const reader = new RingReader(region.control, region.slots);
  reader.seek(0);
  const hear = one.hear.bind(one);
  one.hear = (bytes, from) => {
    hear(bytes, from);
    clock.read(now);
    const at = toMicros(now.hi, now.lo);
    reader.poll((slots, word) => {
      const [lo, hi] = [slots.i32[word + WORD.TS_RECV]!, slots.i32[word + WORD.TS_RECV + 1]!];
      if (slotKind(slots, word) === KIND.TRADE) us.push(at - toMicros(hi, lo));
    });
  };
  await one.start();
  process.send!({ port: one.address!.port });
}

function plain(): void {
  const socket = createSocket("udp4");
  socket.on("message", (bytes) => {
    us.push((performance.timeOrigin + performance.now() - bytes.readDoubleLE(0)) * 1000);
  });
  socket.bind(0, "127.0.0.1", () => process.send!({ port: socket.address().port }));
}

/** The sink in its host, as in its process of a gateway. */
function sink(path: string, port: number): void {
  const options = Udp.parse({ type: "udp", name: "udp", destinations: [`127.0.0.1:${port}`], refresh_ms: 0 });
  const runner = new SinkRunner(
    {
      sink: { ...options, name: "udp" },
      lanes: [{ name: "main", path }],
      dir: null,
      journal: false,
      secrets: {},
    },
    () => undefined,
  );
  void runner.run();
  setTimeout(() => process.send!({ port: 0 }), 1000);
}
