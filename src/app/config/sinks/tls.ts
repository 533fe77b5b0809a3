import { z } from "../zod.ts";

const file = z.string().min(1).optional();

/** How a connection is made safe: the same keys for every vendor that has TLS. */
export const Tls = z
  .strictObject({
    ca_file: file.describe("PEM file of the authorities to trust; unset: those that Node knows"),
    cert_file: file.describe("PEM file of our certificate, for servers that ask for one"),
    key_file: file.describe("PEM file of its private key"),
    server_name: file.describe("Name that the certificate must be for; unset: the host"),
    insecure: z.boolean().default(false).describe("Whether any certificate will do; for trials only"),
  })
  .refine((tls) => (tls.cert_file === undefined) === (tls.key_file === undefined), {
    message: "expected cert_file and key_file, or neither",
  })
  .optional()
  .describe("TLS; unset: as the address says");
