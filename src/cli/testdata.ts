import type { Level } from "../model/index.ts";
import type { Program } from "./program.ts";

/** The known figures that older programs are tried against: five levels a side, 0.05 apart. */
const BIDS: Level[] = [
  [145.85, 2.5],
  [145.8, 3],
  [145.75, 3.5],
  [145.7, 4],
  [145.65, 4.5],
];
const ASKS: Level[] = [
  [145.9, 1.8],
  [145.95, 2.3],
  [146, 2.8],
  [146.05, 3.3],
  [146.1, 3.8],
];
const TIME_MS = 1_726_311_234_567;

/** `testdata` writes both memory-mapped files with known figures. */
export function register(program: Program): void {
  program
    .command("testdata")
    .description("write an order book and a top of book file with known figures")
    .option("--book <path>", "order book file (default: OB_MMAP, or /dev/shm/solusd_order_book.mmap)")
    .option("--top <path>", "top of book file (default: TOB_MMAP, or /dev/shm/solusd_top_of_book.mmap)")
    .action(async (options: { book?: string; top?: string }) => {
      const { compatPaths } = await import("../app/config/env.ts");
      await write({ ...compatPaths(), ...options });
    });
}

async function write({ book, top }: { book: string; top: string }): Promise<void> {
  const { encodeCompatBook, encodeCompatTop } = await import("../log/compat-book-file.ts");
  const { writeCompatFile } = await import("../store/compat-files.ts");
  writeCompatFile(book, encodeCompatBook(BIDS, ASKS, TIME_MS));
  writeCompatFile(top, encodeCompatTop(BIDS[0]!, ASKS[0]!, TIME_MS));
  process.stdout.write(`order book   ${book}\ntop of book  ${top}\n`);
}
