import type { Program } from "./program.ts";

/** `reader` prints both memory-mapped files. */
export function register(program: Program): void {
  program
    .command("reader")
    .description("print a top of book file and the first ten levels of an order book file")
    .option("--book <path>", "order book file (default: OB_MMAP, or /dev/shm/solusd_order_book.mmap)")
    .option("--top <path>", "top of book file (default: TOB_MMAP, or /dev/shm/solusd_top_of_book.mmap)")
    .action(async (options: { book?: string; top?: string }) => {
      const { compatPaths } = await import("../app/config/env.ts");
      process.stdout.write(await print({ ...compatPaths(), ...options }));
    });
}

async function print(paths: { book: string; top: string }): Promise<string> {
  const { readCompatBook, readCompatTop } = await import("../store/compat-files.ts");
  const { bookText, topText } = await import("./compat-text.ts");
  const [top, book] = [readCompatTop(paths.top), readCompatBook(paths.book)];
  return `${topText(top, Date.now())}\n${bookText(book)}`;
}
