import { VIEWS } from "../src/app/lake/views.ts";
import type { View } from "../src/app/lake/views.ts";
import { LAKE_VERSION } from "../src/sinks/parquet/schema.ts";

/** Text of docs/lake-columns.md: everything that `feedhorn query` can be asked for. */
export function lakePage(): string {
  return [HEAD, ...VIEWS.map(viewPart)].join("\n");
}

const HEAD = `# What can be asked of the lake

Made from \`src/sinks/parquet/schema.ts\` and \`src/app/lake/views.ts\` by \`npm run generate\`; do not edit. Schema version ${LAKE_VERSION}.
[lake.md](lake.md) says how to ask; \`feedhorn query --describe\` prints the same.
`;

function viewPart({ name, doc, columns }: View): string {
  const rows = columns.map(
    (one) => `| \`${one.name}\` | \`${one.type}\` | ${one.doc.replaceAll("|", "\\|")} |`,
  );
  return [
    `## ${name}`,
    "",
    `${doc[0]!.toUpperCase()}${doc.slice(1)}.`,
    "",
    "| column | type | |",
    "|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
