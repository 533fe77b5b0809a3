import { plainText, type BookEvent, type Level } from "../model/index.ts";
import type { FaultName } from "./faults.ts";
import type { Random } from "./random.ts";
import { OPCODE, frameOf, type Payload, type Wire } from "./wire.ts";

interface Strike {
  readonly data: Payload;
  readonly wire: Wire;
  readonly random: Random;
  readonly maxFrame: number;
}

/** Structural bytes overwritten until the text no longer parses. */
export function smashed(text: string, random: Random): string {
  const places = [...text].flatMap((char, i) => ('{}[]":,'.includes(char) ? [i] : []));
  const chars = [...text];
  for (let i = 0; i < 3; i++) chars[random.pick(places)] = "~";
  if (parses(chars.join(""))) chars[0] = "~";
  return chars.join("");
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** As {@link smashed}: a binary message begins with what it is and how long, and three bytes of ones are neither. */
export function smashedBytes(bytes: Uint8Array): Uint8Array {
  return bytes.slice().fill(0xff, 0, 3);
}

function bytesOf(data: Payload): Uint8Array {
  return typeof data === "string" ? Buffer.from(data) : data;
}

function opcodeOf(data: Payload): number {
  return typeof data === "string" ? OPCODE.TEXT : OPCODE.BINARY;
}

function rubbish(random: Random): Buffer {
  return Buffer.from(Array.from({ length: 64 }, () => random.below(256)));
}

function fragments(data: Payload): Buffer {
  const bytes = bytesOf(data);
  const third = Math.ceil(bytes.length / 3);
  return Buffer.concat([
    frameOf(opcodeOf(data), bytes.subarray(0, third), false),
    frameOf(OPCODE.PING, Buffer.from("between")),
    frameOf(OPCODE.CONTINUATION, bytes.subarray(third, 2 * third), false),
    frameOf(OPCODE.CONTINUATION, bytes.subarray(2 * third)),
  ]);
}

function drip({ data, wire }: Strike): void {
  const bytes = frameOf(opcodeOf(data), bytesOf(data));
  for (let i = 0; i < bytes.length; i++) wire.raw(bytes.subarray(i, i + 1));
}

function repeat({ data, wire }: Strike, times: number): void {
  for (let i = 0; i < times; i++) wire.send(data);
}

/** Numbers that stand as such become texts. */
export function quotedNumbers(text: string): string {
  const texts = String.raw`"(?:[^"\\]|\\.)*"`;
  const numbers = String.raw`-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?`;
  return text.replace(new RegExp(`${texts}|${numbers}`, "g"), (one) => (one[0] === '"' ? one : `"${one}"`));
}

/** One key has another name. */
export function renamed(text: string, random: Random): string {
  const keys = [...text.matchAll(/"(\w+)"\s*:/g)];
  if (keys.length === 0) return text;
  const key = random.pick(keys);
  const at = key.index + 1;
  return `${text.slice(0, at)}new_${text.slice(at)}`;
}

/** What each fault does with the frame it strikes. Those that need more than the frame are in event-faults.ts and the gate. */
export const FRAME_FAULTS: Partial<Record<FaultName, (strike: Strike) => void>> = {
  drop: () => {},
  drop_trades: () => {},
  duplicate: (strike) => repeat(strike, 2),
  flood: (strike) => repeat(strike, 50),
  truncate: ({ data, wire }) => wire.send(data.slice(0, Math.ceil(data.length / 2))),
  smash: ({ data, wire, random }) =>
    wire.send(typeof data === "string" ? smashed(data, random) : smashedBytes(data)),
  binary: ({ wire, random }) => wire.raw(frameOf(OPCODE.BINARY, rubbish(random))),
  empty: ({ data, wire }) => {
    wire.send("");
    wire.send(data);
  },
  unknown: ({ data, wire }) => {
    wire.send('{"simulated":{"of":"no known form"}}');
    wire.send(data);
  },
  oversize: ({ data, wire, maxFrame }) => {
    wire.send(JSON.stringify({ simulated: "x".repeat(maxFrame) }));
    wire.send(data);
  },
  fragmented: ({ data, wire }) => wire.raw(fragments(data)),
  dripped: drip,
  quoted: ({ data, wire }) => wire.send(typeof data === "string" ? quotedNumbers(data) : data),
  renamed: ({ data, wire, random }) => wire.send(typeof data === "string" ? renamed(data, random) : data),
  bad_utf8: ({ data, wire }) =>
    wire.raw(frameOf(OPCODE.TEXT, Buffer.concat([bytesOf(data).subarray(0, -1), Buffer.from([0xc3, 0x28])]))),
  bad_opcode: ({ wire }) => wire.raw(frameOf(OPCODE.RESERVED, Buffer.from("reserved"))),
};

/** Another digit in place of one digit of the number's text, so that the value differs and stays positive. */
function flipped(value: number, random: Random): number {
  const text = plainText(value);
  const places = [...text].flatMap((char, i) => (char >= "1" && char <= "8" ? [i] : []));
  if (places.length === 0) return value * 2;
  const at = random.pick(places);
  return Number(text.slice(0, at) + String(Number(text[at]) + 1) + text.slice(at + 1));
}

/**
 * A copy of the event with one digit wrong in the size of a level that the checksum covers (at or better than the
 * given prices), or null when the event sets no such level.
 */
export function flipDigit(
  event: BookEvent,
  bidFrom: number,
  askTo: number,
  random: Random,
): BookEvent | null {
  const flip = (levels: Level[], covered: (price: number) => boolean): Level[] | null => {
    const at = levels.findIndex(([price, size]) => size > 0 && covered(price));
    if (at < 0) return null;
    return levels.map(([price, size], i) => (i === at ? [price, flipped(size, random)] : [price, size]));
  };
  const bids = flip(event.bids, (price) => price >= bidFrom);
  if (bids !== null) return { ...event, bids };
  const asks = flip(event.asks, (price) => price <= askTo);
  return asks === null ? null : { ...event, asks };
}
