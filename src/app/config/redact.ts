/** Keys whose values are never printed or logged, unless they only name the variable that holds the secret. */
export const SECRET_KEY = /secret|token|password|passphrase|key/i;
/** Keys whose values should be such names: who has put the secret itself there must not see it told. */
export const NAME_OF_A_VARIABLE = /_env$/;

const HIDDEN = "[redacted]";
const MAX_DEPTH = 16;

/** A copy with the values of secret-sounding keys hidden, and passwords cut out of URLs. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return redactUrl(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "[too deep]";
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  if (value instanceof Error) return redactError(value, depth);
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    SECRET_KEY.test(key) && !NAME_OF_A_VARIABLE.test(key) ? HIDDEN : redact(item, depth + 1),
  ]);
  return Object.fromEntries(entries) as unknown;
}

/** user:password@ and secret-sounding query values of any URL in a text. */
export function redactUrl(text: string): string {
  return text
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]*@/gi, `$1${HIDDEN}@`)
    .replace(
      /([?&][^\s=&#]*(?:secret|token|password|passphrase|key|signature)[^\s=&#]*=)[^\s&#]+/gi,
      `$1${HIDDEN}`,
    );
}

/** A text without these values, in the form they were given or as a URL writes them, and without passwords in URLs. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const forms = secrets.flatMap((secret) => [secret, encodeURIComponent(secret)]).filter((one) => one !== "");
  return redactUrl(forms.reduce((rest, form) => rest.replaceAll(form, HIDDEN), text));
}

function redactError(error: Error, depth: number): unknown {
  const { name, message, stack, cause, ...fields } = error;
  return {
    type: error.constructor.name || name,
    message: redactUrl(message),
    ...(redact(fields, depth + 1) as object),
    ...(cause === undefined ? {} : { cause: redact(cause, depth + 1) }),
    ...(stack === undefined ? {} : { stack: redactUrl(stack) }),
  };
}
