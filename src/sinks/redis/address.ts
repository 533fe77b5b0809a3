/** Where a Redis server is. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Number of the database. */
  readonly database: number;
}

const FORM = "redis://host:6379/0 or rediss://host:6379/0";

/** Of a URL without credentials. Throws in words that never hold one. */
export function redisAddress(text: string): RedisAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== "redis:" && url.protocol !== "rediss:") || url.hostname === "")
    throw new RangeError(`expected ${FORM}, saw another form of URL`);
  if (url.username !== "" || url.password !== "")
    throw new RangeError(
      `expected ${FORM} without a user or password, saw some in it: use username and password_env`,
    );
  const database = url.pathname.replace(/^\//, "");
  if (!/^\d{0,4}$/.test(database) || url.search !== "" || url.hash !== "")
    throw new RangeError(`expected ${FORM}, saw more behind the host than a database number`);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? 6379 : Number(url.port),
    tls: url.protocol === "rediss:",
    database: Number(database),
  };
}

/** For people: never with credentials. */
export function addressText({ host, port, tls, database }: RedisAddress): string {
  return `redis${tls ? "s" : ""}://${host.includes(":") ? `[${host}]` : host}:${port}/${database}`;
}
