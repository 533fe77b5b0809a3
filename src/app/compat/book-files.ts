import { CompatBookImage, CompatTopImage } from "../../log/compat-book-image.ts";
import type { RowCopy } from "../../log/index.ts";
import { CompatOpenFile } from "../../store/compat-open-file.ts";
import type { BookFilesConfig } from "../config/compat.ts";
import type { Taker } from "./followed.ts";
import type { CompatFiles, FileCounts } from "./files.ts";

/** The order book and the top of book of one instrument, each in its file. A book that is not live is an empty one. */
export class BookFiles implements Taker, CompatFiles {
  readonly #book: ImageFile;
  readonly #top: ImageFile;

  /** Both files are empty then. Throws CompatFileError. */
  constructor({ book_file: book, top_file: top }: Pick<BookFilesConfig, "book_file" | "top_file">) {
    this.#book = new ImageFile(book, new CompatBookImage());
    this.#top = new ImageFile(top, new CompatTopImage());
  }

  depth(row: RowCopy | null): void {
    this.#book.show(row);
  }

  top(row: RowCopy | null): void {
    this.#top.show(row);
  }

  get counts(): readonly FileCounts[] {
    return [this.#book.counts, this.#top.counts];
  }

  restore(): readonly string[] {
    return [this.#book, this.#top].filter((one) => one.restore()).map(({ path }) => path);
  }

  close(): void {
    this.#book.close();
    this.#top.close();
  }
}

/** One file and what stands in it. */
class ImageFile {
  readonly #image: CompatBookImage | CompatTopImage;
  readonly #file: CompatOpenFile;
  #written = 0;
  #emptied = 0;
  #unfit = 0;
  #shown = false;

  constructor(path: string, image: CompatBookImage | CompatTopImage) {
    this.#image = image;
    image.empty(Date.now());
    this.#file = new CompatOpenFile(path, image.bytes);
  }

  get path(): string {
    return this.#file.path;
  }

  get counts(): FileCounts {
    return { path: this.path, written: this.#written, emptied: this.#emptied, unfit: this.#unfit };
  }

  show(row: RowCopy | null): void {
    if (row === null && !this.#shown) return;
    if (row === null) {
      this.#image.empty(Date.now());
      this.#emptied += 1;
    } else {
      this.#image.take(row);
      this.#written += 1;
      this.#unfit += this.#image.unfit;
    }
    this.#shown = row !== null;
    this.#file.write(this.#image.bytes);
  }

  restore(): boolean {
    return this.#file.restore(this.#image.bytes);
  }

  close(): void {
    this.#file.close();
  }
}
