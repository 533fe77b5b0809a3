import { UsageError } from "./program.ts";
import type { Program } from "./program.ts";

/** `config FILE` checks and prints a configuration; `config --schema` prints its JSON schema. */
export function register(program: Program): void {
  program
    .command("config")
    .description("check a configuration file (.yaml, .toml, .json) and print it with every default filled in")
    .argument("[file]", "configuration file")
    .option("--schema", "print the JSON schema of configuration files instead")
    .action(async (file: string | undefined, { schema = false }: { schema?: boolean }) => {
      if (schema === (file !== undefined))
        throw new UsageError("expected either a configuration file or --schema");
      process.stdout.write(file === undefined ? await schemaText() : await checked(file));
    });
}

async function schemaText(): Promise<string> {
  const { jsonSchema } = await import("../app/config/schema.ts");
  return `${JSON.stringify(jsonSchema(), null, 2)}\n`;
}

async function checked(file: string): Promise<string> {
  const { printConfig, readConfig } = await import("../app/config.ts");
  return printConfig(readConfig(file));
}
