/**
 * Distribution of the standard normal, exact to about 1e-15: Hart's rational approximation (Computer Approximations, 1968, algorithm
 * 5666) as given by West, "Better approximations to cumulative normal functions" (Wilmott, 2005).
 */
export function normal(x: number): number {
  const z = Math.abs(x);
  const tail = z > 37 ? 0 : Math.exp((-z * z) / 2) * (z < 7.07106781186547 ? ratio(z) : fraction(z));
  return x > 0 ? 1 - tail : tail;
}

const OVER = [
  3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871,
  221.213596169931, 220.206867912376,
];
const UNDER = [
  8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674,
  637.333633378831, 793.826512519948, 440.413735824752,
];

function ratio(z: number): number {
  return polynomial(OVER, z) / polynomial(UNDER, z);
}

function polynomial(factors: readonly number[], z: number): number {
  return factors.reduce((sum, factor) => sum * z + factor, 0);
}

function fraction(z: number): number {
  return 1 / (z + 1 / (z + 2 / (z + 3 / (z + 4 / (z + 0.65))))) / 2.506628274631;
}

/** Undiscounted price of a call on `forward` after Black (1976): `years` to go, `iv` a fraction. */
export function callPrice(forward: number, strike: number, years: number, iv: number): number {
  const deviation = iv * Math.sqrt(years);
  if (!(deviation > 0)) return Math.max(0, forward - strike);
  const d1 = Math.log(forward / strike) / deviation + deviation / 2;
  return forward * normal(d1) - strike * normal(d1 - deviation);
}
