import type { TapeAbout } from "./about.ts";

/** What the thread of a tape is started with. */
export interface TapeData {
  readonly ring: SharedArrayBuffer;
  readonly dir: string;
  /** UNIX ns as halves. */
  readonly session: { readonly hi: number; readonly lo: number };
  readonly maxBytes: number;
  readonly segmentBytes: number;
  readonly flushMs: number;
  readonly about: Omit<TapeAbout, "connections">;
}

/** From the tape's thread. */
export type TapeMessage =
  /** Nothing can be written; it is tried again, and what the ring cannot hold meanwhile is lost. */
  | { readonly type: "failing"; readonly reason: string }
  | { readonly type: "writing" }
  | { readonly type: "deleted"; readonly file: string }
  | { readonly type: "done"; readonly rawBytes: number; readonly bytes: number };
