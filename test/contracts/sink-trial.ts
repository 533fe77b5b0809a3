/** What a vendor brings to be judged: `test/sinks/<type>-trial.ts` exports it, `test/sinks/<type>.test.ts` hands it to `sinkContract`. */

/** A real server on a loopback port: what test/services starts has this shape. */
export interface TrialServer {
  readonly host: string;
  readonly port: number;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Again, on the same folder and port; resolves when it answers. */
  start(): Promise<void>;
  /** SIGSTOP: it is there and says nothing. */
  pause(): Promise<void> | void;
  /** SIGCONT. */
  resume(): Promise<void> | void;
  /** Ends it and takes its folder away. */
  remove(): void;
  /** What it printed: told with a test that fails. */
  log?(): string;
  /** Of one that speaks TLS: the PEM files of its authority, and of a client; its own certificate is for 127.0.0.1 and localhost. */
  readonly certs: { readonly ca: string; readonly cert: string; readonly key: string } | null;
}

export interface TrialServers<Server extends TrialServer = TrialServer> {
  /** Why it cannot be had on this machine (the tests are skipped, on CI they fail), or null. */
  missing(): string | null;
  /** Once for all tests of a file. With a password where the server knows one. */
  start(): Promise<Server>;
}

/** Where one test writes to. */
export interface TrialPlace<Server extends TrialServer = TrialServer> {
  /** A folder of this test alone: the data folder is in it. */
  readonly dir: string;
  /** A word that no other test has, [a-z][a-z0-9]{0,15}: prefix of topics, streams, keys; schema; database. It is the sink's name as well. */
  readonly word: string;
  /** Throws for a trial without a server. */
  readonly server: Server;
}

/** One record as the vendor holds it: an event (or a part of one: a book level), or a hole. */
export interface Written {
  /** `log_seq`: sequence of the first slot it stands for. */
  readonly seq: number;
  readonly slots: number;
  readonly hole?: boolean;
  /** What order is kept for: the instrument, with the venue if the vendor's own key has it. Records of one key are judged in the order they are told in. */
  readonly key?: string;
  /** The event, or as much of it as the vendor holds, by the names and in the types of `tail`: each of these is compared. */
  readonly event?: Readonly<Record<string, unknown>>;
}

/** One record that the vendor shall refuse. */
export interface Odd {
  readonly lane: string;
  readonly logSeq: number;
  /** A book update with so many levels, all bids at `price`; no other event has that price or more than 40 levels. */
  readonly levels: number;
  readonly price: number;
}

export interface SinkTrial<Server extends TrialServer = TrialServer> {
  /** For types with several trials: what is on trial here. */
  readonly title?: string;
  /** None: the sink writes to the folder only. */
  readonly servers?: TrialServers<Server>;
  /**
   * Its part of a configuration file, without `type` and `name`; checked as in a file. With a server: with the right credentials.
   * `flush_ms` as a user would have it or shorter.
   */
  options(place: TrialPlace<Server>): object;
  /** Environment variables that the options' `_env` keys name. Their values are secrets: the suite looks for them in everything that is said. */
  env?(place: TrialPlace<Server>): Readonly<Record<string, string>>;
  /**
   * Everything of a lane that the vendor holds, in its order, when it is asked; nothing (not an error) where nothing was ever
   * written. It waits until the vendor shows what it has confirmed. An async iterable where a million are too many for an array.
   */
  read(
    place: TrialPlace<Server>,
    lane: string,
  ): Promise<readonly Written[]> | AsyncIterable<Written | readonly Written[]>;
  /**
   * Makes the vendor refuse one record and no other (a limit of message size, a CHECK): called when the sink has written ten events and is
   * closed. A string: why this vendor cannot refuse one.
   */
  readonly refusal:
    | string
    | { readonly levels: number; prepare(place: TrialPlace<Server>, odd: Odd): Promise<void> };
  /** Options and variables with wrong credentials, everything else as in `options`. A string: why there are none. */
  readonly credentials:
    | string
    | {
        options(place: TrialPlace<Server>): object;
        env(place: TrialPlace<Server>): Readonly<Record<string, string>>;
      };
  /**
   * A server that speaks TLS, and the options for it but `tls`, which the suite says (and `env` as always). A string: why it is
   * not tested. Without a server: "writes files".
   */
  readonly tls: string | { start(): Promise<Server>; options(place: TrialPlace<Server>): object };
  /** Why no proxy can stand before the server (it tells clients another address): then no answers get lost on trial. */
  readonly proxy?: string;
  /** A gateway's `sinks[].delivery` where the options ask for something else than the type promises. */
  readonly delivery?: "lossless" | "lapped" | "latest";
  /** What the sink leaves out by what it is (a scheme of trades only): true for events that it writes. Default: all of `accepts`. */
  takes?(event: Readonly<Record<string, unknown>>): boolean;
}
