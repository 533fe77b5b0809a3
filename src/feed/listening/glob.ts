/** Whether a name stands for many: `*` is any text, `?` any one character. No venue has either in a name. */
export function isPattern(name: string): boolean {
  return name.includes("*") || name.includes("?");
}

/** Whether the whole text fits the pattern. Linear in their product at worst, whatever the pattern. */
export function matches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let from = 0;
  while (t < text.length) {
    if (pattern[p] === "*") {
      star = p++;
      from = t;
    } else if (pattern[p] === "?" || pattern[p] === text[t]) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      p = star + 1;
      t = ++from;
    } else return false;
  }
  while (pattern[p] === "*") p += 1;
  return p === pattern.length;
}
