import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import {
  DATAGRAM_BYTES,
  DATAGRAM_TYPE,
  EventReader,
  INSTRUMENT_ROW,
  PAYLOAD_WORD,
  RowCodec,
  SlotViews,
  datagramCount,
  datagramEnd,
  datagramLane,
  datagramSession,
  datagramType,
  slotFlags,
} from "../../src/log/index.ts";
import type { InstrumentRow } from "../../src/log/index.ts";
import { FLAG, venueOfCode } from "../../src/model/index.ts";
import type { SinkTrial, Written } from "../contracts/sink-trial.ts";

/** One socket for all trials, which come one after the other: what it hears belongs to the newest place. */
const socket = createSocket({ type: "udp4", recvBufferSize: 1 << 22 });
let heard: Uint8Array[] = [];
let owner = "";
socket.on("message", (bytes) => heard.push(Uint8Array.from(bytes)));
socket.bind(0, "127.0.0.1");
await once(socket, "listening");
socket.unref();

/** Slots as they lie in datagrams, without a lane that would make a ring of them. */
export const trial: SinkTrial = {
  options: ({ word }) => {
    if (word !== owner) heard = [];
    owner = word;
    return {
      destinations: [`127.0.0.1:${socket.address().port}`],
      pace: 16,
      refresh_ms: 0,
      delivery: "lapped",
      flush_ms: 100,
    };
  },
  delivery: "lapped",
  read: async (_, lane) => {
    for (let before = -1; before !== slotsHeard(); await sleep(150)) before = slotsHeard();
    return writtenOf(lane);
  },
  refusal: "a datagram takes every slot",
  credentials: "a datagram has none",
  tls: "datagrams are not encrypted",
};

function slotsHeard(): number {
  return heard.filter((bytes) => bytes[6] === DATAGRAM_TYPE.SLOTS).length;
}

function wordsOf(bytes: Uint8Array): Int32Array {
  const words = new Int32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  return words;
}

function writtenOf(lane: string): Written[] {
  const rows = new Map<string, InstrumentRow>();
  const codec = new RowCodec();
  const all: Written[] = [];
  let session = -1;
  const reader = new EventReader({
    venue: venueOfCode,
    instrument: (id) => rows.get(`${session} ${id}`) ?? null,
  });
  let first = -1;
  for (const words of heard.map(wordsOf).filter((one) => datagramLane(one) === lane)) {
    if (datagramSession(words) !== session) reader.reset();
    session = datagramSession(words);
    if (datagramType(words) === DATAGRAM_TYPE.INSTRUMENTS)
      for (let i = 0; i < datagramCount(words); i++) {
        const row = codec.instrument(words, PAYLOAD_WORD + (i * INSTRUMENT_ROW.size) / 4);
        rows.set(`${session} ${row.id}`, row);
      }
    if (datagramType(words) !== DATAGRAM_TYPE.SLOTS) continue;
    const slots = new SlotViews(words.slice(DATAGRAM_BYTES / 4).buffer, 0, datagramCount(words));
    for (let i = 0; i < slots.count; i++) {
      const seq = datagramEnd(words) - slots.count + i;
      if (first < 0) first = seq;
      const event = reader.accept(slots, i << 4);
      if ((slotFlags(slots, i << 4) & FLAG.LAST) === 0) continue;
      all.push({ seq: first, slots: seq - first + 1, key: "", event: { ...event } });
      first = -1;
    }
  }
  return all;
}
