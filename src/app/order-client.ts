import type { OrderResult } from "../servers/subscriptions.ts";

const TIMEOUT_MS = 15_000;

/** Gives an order to the gateway whose operations server listens on a port of this machine. Rejects with its words. */
export async function sendOrder(port: number, body: object): Promise<readonly OrderResult[]> {
  const url = `http://127.0.0.1:${port}/subscriptions`;
  const response = await reached(url, body);
  const answer = (await response.json()) as { results?: readonly OrderResult[]; error?: string };
  if (response.ok && answer.results !== undefined) return answer.results;
  throw new Error(`${url}: ${answer.error ?? `HTTP ${response.status}`}`);
}

async function reached(url: string, body: object): Promise<Response> {
  try {
    return await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw new Error(
      `${url}: no gateway answers there; start one (feedhorn run), or name its port with --port`,
      {
        cause: error,
      },
    );
  }
}
