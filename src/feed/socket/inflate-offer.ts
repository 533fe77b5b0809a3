/**
 * What we offer (RFC 7692, 7.1): any window and any takeover of context on the server's side. `client_max_window_bits`
 * says that the server may speak of our window; it costs nothing, because what we send is never compressed.
 */
export const OFFER = "permessage-deflate; client_max_window_bits";

/** What of the server's answer matters to us. */
export interface Agreement {
  /** A message may refer to the ones before it: server_no_context_takeover was not answered. */
  readonly takeover: boolean;
}

/** The size of a window, as its logarithm (RFC 7692, 7.1.2). */
const WINDOW_BITS = /^([89]|1[0-5])$/;
const NO_VALUE = /^$/;

/** Values of the parameters that may be answered; one that takes a value must have it. */
const PARAMETERS = new Map([
  ["server_no_context_takeover", NO_VALUE],
  ["client_no_context_takeover", NO_VALUE],
  ["server_max_window_bits", WINDOW_BITS],
  ["client_max_window_bits", WINDOW_BITS],
]);

/** Reads a Sec-WebSocket-Extensions header of a server that was sent OFFER. Throws an Error for any other answer than yes. */
export function agreedOn(header: string): Agreement {
  const [name, ...parameters] = header.split(";").map((part) => part.trim());
  // A second extension begins after a comma; none of the values that are possible here holds one.
  if (name !== "permessage-deflate" || header.includes(","))
    throw new Error("Server indicated an extension that was not requested");
  const seen = new Set<string>();
  for (const parameter of parameters) {
    const [key, value] = parsed(parameter);
    if (PARAMETERS.get(key)?.test(value) !== true || seen.has(key))
      throw new Error("Invalid Sec-WebSocket-Extensions header");
    seen.add(key);
  }
  return { takeover: !seen.has("server_no_context_takeover") };
}

/** KEY, KEY=VALUE or KEY="VALUE" (RFC 6455, 9.1). */
function parsed(parameter: string): [key: string, value: string] {
  const equals = parameter.indexOf("=");
  if (equals < 0) return [parameter, ""];
  const value = parameter.slice(equals + 1).trim();
  const plain = /^"(.*)"$/.exec(value)?.[1] ?? value;
  // "x=" is no parameter without value: it must not read as one.
  return [parameter.slice(0, equals).trim(), plain === "" ? "=" : plain];
}
