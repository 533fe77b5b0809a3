/** A file that is no tape of ours, or a damaged part of one. The message names the file. */
export class TapeError extends Error {
  readonly file: string;

  constructor(file: string, reason: string) {
    super(`${file}: ${reason}`);
    this.file = file;
  }
}
