/** Where a database is and who asks, as libpq writes it: `host=localhost user=postgres dbname=trades`, or postgres://user@host/db. */
export interface Dsn {
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly user?: string;
  readonly password?: string;
  readonly sslmode?: SslMode;
  readonly ca_file?: string;
  readonly cert_file?: string;
  readonly key_file?: string;
}

/** disable: none; require: encrypted, whoever answers; verify-ca: its certificate is of an authority we trust; verify-full: and for its name. */
export const SSL_MODES = ["disable", "require", "verify-ca", "verify-full"] as const;
export type SslMode = (typeof SSL_MODES)[number];

type Field = keyof Dsn;

const FIELDS: Readonly<Record<string, Field>> = {
  host: "host",
  hostaddr: "host",
  port: "port",
  dbname: "database",
  user: "user",
  password: "password",
  sslmode: "sslmode",
  sslrootcert: "ca_file",
  sslcert: "cert_file",
  sslkey: "key_file",
};

/** libpq takes what it can get with these; here a connection is either encrypted or not. */
const LOOSE: Readonly<Record<string, SslMode>> = { allow: "disable", prefer: "disable" };

/** Reads either form. Error without the text itself, as it may hold a password: what was expected, and the word that was not. */
export function parseDsn(text: string): Dsn {
  return /^postgres(ql)?:\/\//i.test(text) ? ofUrl(text) : ofPairs(text);
}

function ofUrl(text: string): Dsn {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new RangeError("dsn: expected postgres://user@host:port/database, saw a URL that cannot be read");
  }
  const said: [string, string][] = [
    ["host", decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, "$1")],
    ["port", url.port],
    ["user", decodeURIComponent(url.username)],
    ["password", decodeURIComponent(url.password)],
    ["dbname", decodeURIComponent(url.pathname.slice(1))],
  ];
  return fields([...said.filter(([, value]) => value !== ""), ...url.searchParams]);
}

/** key=value key='a value' ...; a quote or backslash inside quotes stands behind a backslash. */
const PAIR = /\s*([a-z_]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))(?=\s|$)/gy;

function ofPairs(text: string): Dsn {
  const pairs: [string, string][] = [];
  PAIR.lastIndex = 0;
  let at = 0;
  for (let match = PAIR.exec(text); match !== null; match = PAIR.exec(text)) {
    at = PAIR.lastIndex;
    pairs.push([match[1]!, (match[2] ?? match[3] ?? "").replace(/\\(.)/g, "$1")]);
  }
  if (text.slice(at).trim() !== "")
    throw new RangeError(
      `dsn: expected host=localhost user=postgres dbname=trades or a postgres:// URL, saw something else behind ${pairs.length} pairs`,
    );
  return fields(pairs);
}

function fields(pairs: Iterable<readonly [string, string]>): Dsn {
  const dsn: Record<string, string | number> = {};
  for (const [key, value] of pairs) {
    const field = FIELDS[key];
    if (field === undefined) continue;
    dsn[field] = field === "port" ? port(value) : field === "sslmode" ? sslMode(value) : value;
  }
  return dsn as Dsn;
}

function port(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535) return Number(text);
  throw new RangeError(`dsn: port: expected 1 to 65535, saw "${text}"`);
}

function sslMode(text: string): SslMode {
  const mode = LOOSE[text] ?? text;
  if ((SSL_MODES as readonly string[]).includes(mode)) return mode as SslMode;
  throw new RangeError(`dsn: sslmode: expected one of ${SSL_MODES.join(", ")}, saw "${text}"`);
}
