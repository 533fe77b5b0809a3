import { configOf } from "./config-of.ts";
import type { ConfigOptions } from "./config-of.ts";
import { UsageError } from "./program.ts";
import type { Program } from "./program.ts";

/** `config FILE` checks and prints a configuration, `config --preset NAME` what a preset makes of another system's; `config --schema` prints the JSON schema. */
export function register(program: Program): void {
  program
    .command("config")
    .description("check a configuration file (.yaml, .toml, .json) and print it with every default filled in")
    .argument("[file]", "configuration file")
    .option("--schema", "print the JSON schema of configuration files instead")
    .option("--preset <name>", "print what a preset makes of an earlier system's own file and variables")
    .addHelpText(
      "after",
      "\nExamples:\n  feedhorn config feedhorn.yaml\n  feedhorn config --preset gemini-solusd > feedhorn.json\n",
    )
    .action(async (file: string | undefined, options: ConfigOptions & { schema?: boolean }) => {
      const { schema = false, preset } = options;
      if (schema === (file !== undefined || preset !== undefined))
        throw new UsageError("expected either a configuration file or --schema");
      process.stdout.write(schema ? await schemaText() : await checked(file, options));
    });
}

async function schemaText(): Promise<string> {
  const { jsonSchema } = await import("../app/config/schema.ts");
  return `${JSON.stringify(jsonSchema(), null, 2)}\n`;
}

async function checked(file: string | undefined, options: ConfigOptions): Promise<string> {
  const { printConfig } = await import("../app/config.ts");
  return printConfig(await configOf(file, options, (note) => process.stderr.write(`note: ${note}\n`)));
}
