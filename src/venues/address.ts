/** Addresses of REST requests, read back: by recordings, replays and the simulator. */

/** Path, and the parameters of the query. */
export function addressOf(path: string): {
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
} {
  const [before = "", query = ""] = path.split("?");
  const pairs = query.split("&").map((pair): [string, string] => {
    const at = pair.indexOf("=");
    return at < 0 ? [pair, ""] : [pair.slice(0, at), decoded(pair.slice(at + 1))];
  });
  return { path: before, query: new Map(pairs) };
}

/** The symbol that a request to `path` asks for by the parameter `name`; null for any other request. */
export function symbolAsked(url: string, path: string, name: string): string | null {
  const { path: address, query } = addressOf(url);
  const symbol = query.get(name);
  return address.endsWith(path) && symbol !== undefined && symbol !== "" ? symbol : null;
}

/** As decodeURIComponent, but a broken escape leaves the text as it is instead of throwing. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
