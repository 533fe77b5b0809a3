import type { OrderReply, OrderResult, SubscriptionsSource } from "../servers/subscriptions.ts";
import type { Outcome } from "../feed/index.ts";
import type { Config } from "./config.ts";
import { explain } from "./config/explain.ts";
import { OrderSchema, orderJsonSchema } from "./config/schema.ts";
import type { SubscriptionOrder } from "./config/schema.ts";
import type { LaneAsk } from "./lane/messages.ts";
import type { RunningLane } from "./lane/start.ts";

/** Names in one order, all its parts together: what a lane does without making its frames wait. */
const MAX_NAMES = 200;
const SAMPLE = '{"add":[{"venue":"<venue>","symbols":["BTC-USD"]}]}';

type LaneOrder = LaneAsk & { type: "add" | "remove" };

/** Orders and questions about what is listened to, taken to the lanes that have a feed of the venue. */
export class LaneSubscriptions implements SubscriptionsSource {
  readonly #lanes: readonly Pick<RunningLane, "name" | "ask">[];
  readonly #config: Config;
  /** Orders are done one after the other: each finds what the one before has left. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(lanes: readonly Pick<RunningLane, "name" | "ask">[], config: Config) {
    this.#lanes = lanes;
    this.#config = config;
  }

  async report(): Promise<unknown> {
    const answers = await Promise.all(this.#lanes.map((lane) => lane.ask({ type: "report" })));
    const feeds = answers.flatMap((answer, i) =>
      answer.feeds.map((feed) => ({ lane: this.#lanes[i]!.name, ...feed })),
    );
    return { feeds };
  }

  async order(body: unknown): Promise<OrderReply> {
    const order = readOrder(body);
    if (typeof order === "string") return { type: "wrong", error: order };
    const venues = [
      ...new Set(this.#config.lanes.flatMap((lane) => lane.feeds.map((feed) => feed.venue as string))),
    ];
    const stranger = [...order.add, ...order.remove].find(({ venue }) => !venues.includes(venue));
    if (stranger !== undefined)
      return {
        type: "no_feed",
        error: `venue "${stranger.venue}" has no feed in the configuration; it has ${venues.join(", ")}`,
      };
    const done = this.#turn.then(() => this.#change(order));
    this.#turn = done.catch(() => undefined);
    return { type: "done", results: await done };
  }

  async #change({ add, remove }: SubscriptionOrder): Promise<OrderResult[]> {
    const results: OrderResult[] = [];
    for (const one of remove) results.push(...(await this.#take({ type: "remove", ...one })));
    for (const one of add) results.push(...(await this.#take({ type: "add", ...one })));
    return results;
  }

  /** Lane by lane: a name that one does not list is asked of the next; what is removed is removed from all. */
  async #take(order: LaneOrder): Promise<OrderResult[]> {
    const told = new Map<string, Outcome>();
    for (const lane of this.#lanesOf(order.venue)) {
      const symbols = order.symbols.filter((name) => order.type === "remove" || open(told.get(name)));
      if (symbols.length === 0) break;
      const { outcomes } = await lane.ask({ ...order, symbols });
      for (const one of outcomes) if (open(told.get(one.symbol))) told.set(one.symbol, one);
    }
    return [...told.values()].map((one) => ({ action: order.type, venue: order.venue, ...one }));
  }

  #lanesOf(venue: string): Pick<RunningLane, "name" | "ask">[] {
    return this.#lanes.filter((_, i) => this.#config.lanes[i]!.feeds.some((feed) => feed.venue === venue));
  }
}

/** An order, or in one line what is wrong with it. */
function readOrder(body: unknown): SubscriptionOrder | string {
  const parsed = OrderSchema.safeParse(body);
  if (!parsed.success)
    return `${explain(parsed.error.issues, body, orderJsonSchema())[0]}; an order is like ${SAMPLE}`;
  const names = [...parsed.data.add, ...parsed.data.remove].reduce((sum, one) => sum + one.symbols.length, 0);
  if (names === 0) return `expected something to add or to remove, saw neither; an order is like ${SAMPLE}`;
  if (names > MAX_NAMES)
    return `expected at most ${MAX_NAMES} names in one order, saw ${names}; send several`;
  return parsed.data;
}

/** Whether another lane may have a better answer. */
function open(outcome: Outcome | undefined): boolean {
  if (outcome === undefined) return true;
  const { outcome: word, instruments } = outcome;
  const idle = word === "accepted" && instruments.length === 0;
  return idle || word === "not_listed" || word === "not_subscribed";
}
