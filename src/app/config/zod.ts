import { z } from "zod";

/** The one place that imports zod; the schema stands in several files. */
export { z };

export function millis(min: number, max: number): z.ZodInt {
  return z.int().min(min).max(max);
}
