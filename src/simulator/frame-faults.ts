import { plainText, type BookEvent, type Level } from "../model/index.ts";
import type { FaultName } from "./faults.ts";
import type { Random } from "./random.ts";
import { OPCODE, frameOf, type Wire } from "./wire.ts";

interface Strike {
  readonly text: string;
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

function rubbish(random: Random): Buffer {
  return Buffer.from(Array.from({ length: 64 }, () => random.below(256)));
}

function fragments(text: string): Buffer {
  const bytes = Buffer.from(text);
  const third = Math.ceil(bytes.length / 3);
  return Buffer.concat([
    frameOf(OPCODE.TEXT, bytes.subarray(0, third), false),
    frameOf(OPCODE.PING, Buffer.from("between")),
    frameOf(OPCODE.CONTINUATION, bytes.subarray(third, 2 * third), false),
    frameOf(OPCODE.CONTINUATION, bytes.subarray(2 * third)),
  ]);
}

function drip({ text, wire }: Strike): void {
  const bytes = frameOf(OPCODE.TEXT, Buffer.from(text));
  for (let i = 0; i < bytes.length; i++) wire.raw(bytes.subarray(i, i + 1));
}

function repeat({ text, wire }: Strike, times: number): void {
  for (let i = 0; i < times; i++) wire.send(text);
}

/** What each fault does with the frame it strikes. `reorder` and `flip_digit` need more than the frame: see the gate. */
export const FRAME_FAULTS: Partial<Record<FaultName, (strike: Strike) => void>> = {
  drop: () => {},
  duplicate: (strike) => repeat(strike, 2),
  flood: (strike) => repeat(strike, 50),
  truncate: ({ text, wire }) => wire.send(text.slice(0, Math.ceil(text.length / 2))),
  smash: ({ text, wire, random }) => wire.send(smashed(text, random)),
  binary: ({ wire, random }) => wire.raw(frameOf(OPCODE.BINARY, rubbish(random))),
  empty: ({ text, wire }) => {
    wire.send("");
    wire.send(text);
  },
  unknown: ({ text, wire }) => {
    wire.send('{"simulated":{"of":"no known form"}}');
    wire.send(text);
  },
  oversize: ({ text, wire, maxFrame }) => {
    wire.send(JSON.stringify({ simulated: "x".repeat(maxFrame) }));
    wire.send(text);
  },
  fragmented: ({ text, wire }) => wire.raw(fragments(text)),
  dripped: drip,
  bad_utf8: ({ text, wire }) =>
    wire.raw(
      frameOf(OPCODE.TEXT, Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from([0xc3, 0x28])])),
    ),
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
