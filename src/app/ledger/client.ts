import { join } from "node:path";
import { HourFiles } from "../../store/index.ts";
import { readLedgerQuery } from "../../servers/ledger.ts";
import type { LedgerQuery } from "../../servers/ledger.ts";
import { readPage } from "./page.ts";
import { select } from "./select.ts";
import type { LedgerBooks, LedgerReport } from "./select.ts";

const TIMEOUT_MS = 15_000;

/** Words of a query as they were typed; what is undefined is not asked for. */
export type LedgerWords = Readonly<Record<string, string | undefined>>;

/** Asks the gateway whose operations server is at `url`. Rejects with its words. */
export async function askLedger(url: string, words: LedgerWords): Promise<LedgerReport> {
  const query = new URLSearchParams(
    Object.entries(words).filter((one): one is [string, string] => one[1] !== undefined),
  );
  const address = `${url.replace(/\/$/, "")}/ledger?${query.toString()}`;
  const response = await reached(address);
  const answer = (await response.json()) as LedgerReport & { error?: string };
  if (!response.ok) throw new Error(`${address}: ${answer.error ?? `HTTP ${response.status}`}`);
  return answer;
}

async function reached(address: string): Promise<Response> {
  try {
    return await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    throw new Error(
      `${address}: no gateway answers there; start one (feedhorn run), name its address with --url, or read its files with --dir`,
      { cause: error },
    );
  }
}

/** Reads the files under a folder. Throws Error when there are none, or the words are no query. */
export function readLedger(dir: string, words: LedgerWords): LedgerReport {
  const query = queryOf(words);
  const books = HourFiles.roots(dir).map((lane) => booksOf(lane, new HourFiles(join(dir, lane))));
  if (books.every(({ hours }) => hours.length === 0))
    throw new Error(`${dir}: expected the folder of a ledger (ledger.dir), saw no file of one`);
  return select(books, query);
}

function booksOf(name: string, files: HourFiles): LedgerBooks {
  return {
    name,
    hours: files.hours(),
    page: (hour) => {
      try {
        return readPage(files.read(hour));
      } catch (error) {
        throw new Error(`${files.file(hour)}: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      }
    },
  };
}

function queryOf(words: LedgerWords): LedgerQuery {
  const said = Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined));
  const query = readLedgerQuery(said);
  if (typeof query === "string") throw new Error(`--${query}`);
  return query;
}
