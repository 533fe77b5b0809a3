import { z } from "../zod.ts";

/** A key that names the environment variable with a secret. Who writes the secret itself there is told so, and it is not repeated. */
export const variable = z
  .string()
  .regex(
    /^[A-Z][A-Z0-9_]{0,63}$/,
    "expected the name of an environment variable (capital letters, digits, _), not the secret itself",
  )
  .optional();
