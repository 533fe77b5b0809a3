/**
 * What became of a trade's frame on its way to one client: it left whole; a fault took it; a fault changed it, so that a
 * client may or may not be able to read it.
 */
export type TradeFate = "sent" | "withheld" | "damaged";

/** One word of the simulator about one trade of the channel `trade`, told as it happens. */
export interface TradeNote {
  readonly venue: string;
  /** Native symbol. */
  readonly symbol: string;
  readonly id: number;
  /** `made`: it happened at the venue. Everything else is about one connection. */
  readonly what: "made" | TradeFate;
  /** The connection's number; 0 where none is meant. */
  readonly connection: number;
}

/** Told of every trade that happens and of every frame of one; must be quick. */
export type TradeWitness = (note: TradeNote) => void;
