import type { Program } from "./program.ts";
import { runGateway } from "./run.ts";

interface Options {
  readonly data?: string;
  readonly maxBytes?: string;
}

/** `record CONFIG`: the gateway, with a tape of everything that its lanes receive. */
export function register(program: Program): void {
  program
    .command("record")
    .description("run the gateway and record every frame it receives (docs/tape.md)")
    .argument("<config>", "configuration file, as for run")
    .option(
      "--data <folder>",
      "folder of everything that is kept on disk (default: data.dir of the file, or data)",
    )
    .option(
      "--max-bytes <bytes>",
      "bytes of one lane's tape; then the oldest segment goes (default: tape.max_bytes)",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  feedhorn record feedhorn.yaml\n  feedhorn replay data/tape/main && feedhorn tail replay --from oldest\n",
    )
    .action(record);
}

async function record(file: string, options: Options): Promise<void> {
  const { number } = await import("./simulate.ts");
  const most =
    options.maxBytes === undefined ? null : number("--max-bytes", options.maxBytes, 1 << 24, 2 ** 50);
  await runGateway(file, (config) => {
    const { tape } = config;
    const maxBytes = most ?? tape.max_bytes;
    const segmentBytes = Math.min(tape.segment_bytes, Math.max(1 << 20, Math.floor(maxBytes / 4)));
    return {
      ...config,
      data: { ...config.data, dir: options.data ?? config.data.dir ?? "data" },
      tape: { ...tape, enabled: true, max_bytes: maxBytes, segment_bytes: segmentBytes },
    };
  });
}
