import { Spacing } from "./spacing.ts";

/** What a stream's silence means: nothing, that somebody should ask, that the stream is to be started again. */
export const SILENCE = { OK: 0, SUSPICIOUS: 1, SILENT: 2 } as const;
export type SilenceVerdict = (typeof SILENCE)[keyof typeof SILENCE];

export interface SilenceOptions {
  /** Silence of so many times the longest ordinary gap is not ordinary. */
  readonly factor: number;
  /** No shorter silence is looked at, ms; of a stream that is known well, down to a sixth of it. */
  readonly minMs: number;
  /** A stream is listened to for so long before it is judged, ms. */
  readonly learnMs: number;
  /** And has had so many gaps. */
  readonly leastGaps: number;
  /** And for so many times as long as the silence it is judged for. */
  readonly experience: number;
}

export const SILENCE_DEFAULTS: SilenceOptions = {
  factor: 4,
  minMs: 3000,
  learnMs: 900_000,
  leastGaps: 100,
  experience: 20,
};

/** Gaps shorter than this are not told apart: streams are looked at some times per second. */
const TICK_MS = 100;
/** Yesterday's night counts half: the next one surprises nobody. */
const HALF_LIFE_MS = 86_400_000;
/**
 * From so many gaps on a stream is known well. What is longer than anything in `n` gaps comes less than once in `n`: ten
 * times the gaps lower the floor, which stands for what nobody has seen yet, to a tenth, and at most to a sixth.
 */
const WELL_KNOWN = 10_000;
const LOWEST = 1 / 6;
/** From this share of the limit on a silence is worth a question. */
const SUSPICION = 0.75;
/** Siblings have said so many times what they ever say in an ordinary gap: it is not the market that is slow. */
const TALK = 1.5;
/** Siblings that have said nothing for so long, ms, are silent too: then it is the connection's matter. */
const SIBLINGS_MS = 1000;
/** Old gaps fade slowly: how often the longest is reckoned anew, ms; of a new stream more often, by its age. */
const RECKON_MS = 60_000;
const RECKON_SHARE = 0.1;

/**
 * Judges the silence of one stream (a channel of an instrument). Its measure is its own past, taken by two clocks: in
 * time, and in events of its siblings on the same connection, which run slower in a quiet night and faster in a storm.
 * Silence is strange only by both. No clock of its own: `now` is ms of the caller's, and only grows.
 */
export class SilenceJudge {
  readonly #options: SilenceOptions;
  readonly #times = new Spacing(TICK_MS, HALF_LIFE_MS);
  readonly #siblings = new Spacing(1, HALF_LIFE_MS);
  #count = -1;
  /** When the stream spoke last, and how much its siblings had said then. */
  #since = 0;
  #saidThen = 0;
  #said = 0;
  #saidAt = 0;
  /** Time listened to, ms; grows with each gap. */
  #heard = 0;
  #reckonedAt = 0;
  #now = 0;
  /** No shorter silence is judged, ms, as last reckoned. */
  #floor: number;

  constructor(options: SilenceOptions = SILENCE_DEFAULTS) {
    this.#options = options;
    this.#floor = options.minMs;
  }

  /** The longest ordinary gap (see Spacing), ms; 0 while it is not known. */
  get spacing(): number {
    return this.#times.longest;
  }

  /** How long it has been silent, ms. */
  get silence(): number {
    return this.#now - this.#since;
  }

  /** What its siblings said meanwhile, events. */
  get siblings(): number {
    return this.#said - this.#saidThen;
  }

  /** From how long a silence on the stream counts as silent, ms. */
  get limit(): number {
    return Math.max(this.#floor, this.#options.factor * this.#times.longest);
  }

  /** `count`: events of this stream so far; `siblings`: events of all others on its connection so far. */
  judge(now: number, count: number, siblings: number): SilenceVerdict {
    this.#now = now;
    if (siblings !== this.#said) this.#saidAt = now;
    this.#said = siblings;
    if (this.#count < 0) this.forget(now);
    else if (count !== this.#count) this.#spoke(now);
    else return this.#verdict(now);
    this.#count = count;
    return SILENCE.OK;
  }

  /** The silence until now says nothing (the connection was away, the market halted) and is not learned from. */
  forget(now: number): void {
    this.#now = now;
    this.#since = now;
    this.#saidThen = this.#said;
  }

  /** We did not listen for `ms`. */
  pause(ms: number): void {
    this.#since += ms;
    this.#saidAt += ms;
  }

  /** Nothing was missing: the market is that quiet, and may be so again. */
  absolve(now: number, silence = now - this.#since): void {
    this.#times.add(silence, now, 2);
    this.#siblings.add(this.siblings, now, 2);
  }

  #spoke(now: number): void {
    const gap = now - this.#since;
    this.#heard += gap;
    this.#times.add(gap, now);
    this.#siblings.add(this.siblings, now);
    this.#reckon(now);
    this.forget(now);
  }

  #verdict(now: number): SilenceVerdict {
    if (now - this.#since < SUSPICION * this.#floor) return SILENCE.OK;
    this.#reckon(now);
    const share = Math.min(
      (now - this.#since) / this.limit,
      this.siblings / Math.max(1, TALK * this.#siblings.longest),
    );
    if (share < SUSPICION || !this.#knows(now) || now - this.#saidAt > SIBLINGS_MS) return SILENCE.OK;
    return share < 1 ? SILENCE.SUSPICIOUS : SILENCE.SILENT;
  }

  #knows(now: number): boolean {
    const { learnMs, leastGaps, experience } = this.#options;
    return this.#heard >= Math.max(learnMs, experience * this.limit) && this.#times.total(now) >= leastGaps;
  }

  #reckon(now: number): void {
    if (now - this.#reckonedAt < Math.min(RECKON_MS, RECKON_SHARE * this.#heard)) return;
    this.#reckonedAt = now;
    this.#times.reckon(now);
    this.#siblings.reckon(now);
    const share = Math.max(LOWEST, WELL_KNOWN / Math.max(1, this.#times.total(now)));
    this.#floor = this.#options.minMs * Math.min(1, share);
  }
}
