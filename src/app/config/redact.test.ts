import { expect, it } from "vitest";
import { withoutSecrets } from "./redact.ts";

it("takes secrets out of whatever a vendor says, also as a URL writes them", () => {
  const text = "redis://me:p%40ss@h:1 refused p@ss, tried p%40ss and token=abc at http://h/?token=abc&x=1";
  expect(withoutSecrets(text, ["p@ss", "abc", ""])).toBe(
    "redis://[redacted]@h:1 refused [redacted], tried [redacted] and token=[redacted] at http://h/?token=[redacted]&x=1",
  );
});
