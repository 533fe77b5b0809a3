import type { Link } from "./link.ts";
import type { Session } from "./session.ts";
import { endpointOf, shard } from "./subscribe.ts";
import type { Shard } from "./subscribe.ts";
import type { Subscription, Venue } from "../../model/index.ts";

/** What keeps a connection, or several that carry the same, as those see it who ask for streams. */
export type Carrier = Pick<
  Session,
  | "endpoint"
  | "shard"
  | "size"
  | "wanted"
  | "state"
  | "carries"
  | "has"
  | "standing"
  | "start"
  | "stop"
  | "add"
  | "remove"
  | "resubscribe"
>;

/** One connection of a feed: the one who keeps it, and what the hot path knows of it (of the one that leads). */
export interface Connection {
  readonly session: Carrier;
  readonly link: Link;
}

/**
 * Which connection carries what. New subscriptions go where there is room, first of all to where their symbol is already
 * heard on that endpoint; else a connection is opened. What is given up is unsubscribed, and a connection that carries
 * nothing any more is closed. Where the address itself asks, a connection that runs is not disturbed: new ones carry
 * what is new.
 */
export class Connections {
  readonly #venue: Venue;
  readonly #open: (one: Shard) => Connection;
  readonly all: Connection[] = [];

  /** `open` makes a connection that is not started yet. */
  constructor(venue: Venue, open: (one: Shard) => Connection) {
    this.#venue = venue;
    this.#open = open;
  }

  /** The connection that carries a subscription. */
  of(subscription: Subscription): Connection | undefined {
    return this.all.find(({ session }) => session.has(subscription));
  }

  /** `placed` is called for each connection before it asks for its new subscriptions. */
  place(
    subscriptions: readonly Subscription[],
    placed: (to: Connection, what: readonly Subscription[]) => void,
  ): void {
    const found = new Map<Connection, Subscription[]>();
    const homeless: Subscription[] = [];
    for (const group of this.#groups(subscriptions)) {
      const home = this.#addressed(group) ? undefined : this.#room(group, found);
      if (home === undefined) homeless.push(...group);
      else found.set(home, [...(found.get(home) ?? []), ...group]);
    }
    for (const [home, group] of found) {
      placed(home, group);
      home.session.add(group);
    }
    for (const one of shard(this.#venue, homeless)) {
      const connection = this.#open(one);
      this.all.push(connection);
      placed(connection, one.subscriptions);
      connection.session.start();
    }
  }

  /** Gives up subscriptions; returns the connections that were closed as they carried nothing else. */
  drop(subscriptions: readonly Subscription[]): Connection[] {
    const closed: Connection[] = [];
    const concerned = this.all.filter(({ session }) => subscriptions.some((one) => session.has(one)));
    for (const connection of concerned) {
      const { session } = connection;
      const ours = subscriptions.filter((one) => session.has(one));
      if (ours.length < session.wanted) session.remove(ours);
      else closed.push(this.#close(connection, ours));
    }
    return closed;
  }

  #close(connection: Connection, subscriptions: readonly Subscription[]): Connection {
    connection.session.stop();
    connection.session.remove(subscriptions);
    this.all.splice(this.all.indexOf(connection), 1);
    return connection;
  }

  /** Subscriptions of one symbol on one endpoint, which stay together so that their order is comparable. */
  #groups(subscriptions: readonly Subscription[]): Subscription[][] {
    const groups = new Map<string, Subscription[]>();
    for (const one of subscriptions) {
      const key = `${endpointOf(this.#venue, one).name} ${one.symbol}`;
      groups.set(key, [...(groups.get(key) ?? []), one]);
    }
    return [...groups.values()];
  }

  /** Whether it is the address that subscribes on this endpoint. */
  #addressed(group: readonly Subscription[]): boolean {
    return this.#venue.subscribe(group, () => 0).length === 0;
  }

  #room(
    group: readonly Subscription[],
    taken: ReadonlyMap<Connection, readonly Subscription[]>,
  ): Connection | undefined {
    const endpoint = endpointOf(this.#venue, group[0]!);
    const limit = this.#venue.limits.streamsPerSocket;
    const fits = this.all.filter(
      (one) =>
        one.session.endpoint === endpoint &&
        one.session.size + (taken.get(one)?.length ?? 0) + group.length <= limit,
    );
    return fits.find(({ session }) => session.carries(group[0]!.symbol)) ?? fits[0];
  }
}
