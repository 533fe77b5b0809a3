import { argumentsOf, RespWriter } from "./resp-writer.ts";

/** Text, or UTF-8 in memory that may be used again as soon as it is put into a pipeline. */
export type Value = string | Uint8Array | ValueBytes;

export interface ValueBytes {
  readonly bytes: Uint8Array;
  readonly length: number;
}

const PUBLISH = argumentsOf("PUBLISH");
const SET = argumentsOf("SET");
const DEL = argumentsOf("DEL");
const XADD = argumentsOf("XADD");
const XTRIM = argumentsOf("XTRIM");
const EX = argumentsOf("EX");
const TRIM = argumentsOf("MAXLEN", "~");
const ANY_ID = argumentsOf("*");
const MULTI = argumentsOf("MULTI");
const EXEC = argumentsOf("EXEC");

/** The commands that schemes use, put into one pipeline. */
export class Commands {
  readonly writer = new RespWriter();

  /** All up to `exec` or nothing of it: https://redis.io/docs/latest/develop/using-commands/transactions/ */
  multi(): void {
    this.writer.command(1);
    this.writer.raw(MULTI);
  }

  exec(): void {
    this.writer.command(1);
    this.writer.raw(EXEC);
  }

  /** https://redis.io/docs/latest/commands/publish/ */
  publish(channel: string, message: Value): void {
    const { writer } = this;
    writer.command(3);
    writer.raw(PUBLISH);
    writer.text(channel);
    this.#value(message);
  }

  /** `seconds`: after them it is gone; 0 = it stays. https://redis.io/docs/latest/commands/set/ */
  set(key: string, value: Value, seconds: number): void {
    const { writer } = this;
    writer.command(seconds > 0 ? 5 : 3);
    writer.raw(SET);
    writer.text(key);
    this.#value(value);
    if (seconds === 0) return;
    writer.raw(EX);
    writer.text(String(seconds));
  }

  /** https://redis.io/docs/latest/commands/del/ */
  delete(key: string): void {
    const { writer } = this;
    writer.command(2);
    writer.raw(DEL);
    writer.text(key);
  }

  /** Of a stream about so many entries are kept. https://redis.io/docs/latest/commands/xtrim/ */
  trim(stream: string, most: number): void {
    const { writer } = this;
    writer.command(5);
    writer.raw(XTRIM);
    writer.text(stream);
    writer.raw(TRIM);
    writer.text(String(most));
  }

  /**
   * An entry of a stream: `fields` are names and values by turns. `id` "" = the server gives one; `most`: about so many are kept,
   * 0 = all. https://redis.io/docs/latest/commands/xadd/
   */
  append(stream: string, id: string, most: number, fields: readonly Value[]): void {
    const { writer } = this;
    writer.command(3 + (most > 0 ? 3 : 0) + fields.length);
    writer.raw(XADD);
    writer.text(stream);
    if (most > 0) {
      writer.raw(TRIM);
      writer.text(String(most));
    }
    if (id === "") writer.raw(ANY_ID);
    else writer.text(id);
    for (const field of fields) this.#value(field);
  }

  #value(value: Value): void {
    if (typeof value === "string") this.writer.text(value);
    else if (value instanceof Uint8Array) this.writer.blob(value, value.length);
    else this.writer.blob(value.bytes, value.length);
  }
}
