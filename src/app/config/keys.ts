import type { Venue } from "../../model/index.ts";
import type { Environment } from "./env.ts";
import { ConfigError } from "./error.ts";
import type { FeedConfig } from "./schema.ts";

/** API keys by the environment variable that holds them. They go into headers of sockets and nowhere else. */
export type ApiKeys = Readonly<Record<string, string>>;

/** What can stand in a header as one word: anything else was not meant, a line break at the end for one. */
const KEY = /^[\x21-\x7e]{1,512}$/;

/** The keys that feeds name, as far as they are set. */
export function readKeys(feeds: readonly FeedConfig[], env: Environment = process.env): ApiKeys {
  const names = feeds.flatMap(({ api_key_env: name }) => (name !== undefined && env[name] ? [name] : []));
  return Object.fromEntries(names.map((name) => [name, env[name]!]));
}

/** What is wrong with the key of a feed at `path`, in words that never hold it. */
export function keyFaults(path: string, { api_key_env: name }: FeedConfig, env: Environment): string[] {
  if (name === undefined) return [];
  const key = env[name];
  const expected = `${path}.api_key_env: expected the environment variable ${name} to hold an API key`;
  if (!key) return [`${expected}, saw it unset; set it where feedhorn is started`];
  if (KEY.test(key)) return [];
  return [
    `${expected}, saw blanks, line breaks or other characters no header can carry; set it to the key alone`,
  ];
}

/** Headers that a feed's sockets need beside the venue's own. Throws ConfigError where feed and venue disagree on a key. */
export function keyHeaders(feed: FeedConfig, venue: Venue, keys: ApiKeys): Readonly<Record<string, string>> {
  const { api_key_env: name } = feed;
  if (venue.apiKey === undefined) {
    if (name === undefined) return {};
    throw fault(
      `${venue.id}: expected no api_key_env, as these sockets ask for no key, saw ${name}; remove it`,
    );
  }
  const { header, kind } = venue.apiKey;
  if (name === undefined)
    throw fault(
      `${venue.title}: expected api_key_env, the name of an environment variable that holds an ${kind}, saw none; set both`,
    );
  const key = keys[name];
  if (key === undefined)
    throw fault(
      `${venue.title}: expected an ${kind} in the environment variable ${name}, saw it unset; set it`,
    );
  return { [header]: key };
}

function fault(line: string): ConfigError {
  return new ConfigError([`feeds: ${line}`]);
}
