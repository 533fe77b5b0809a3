/*
 * The general form of the order book (src/book/sorted-side.ts) in C, for bench/book.ts: per side one array
 * [key, size, ...] ascending with the best at the end, asks under the negated price, a probe of 12 levels and then
 * binary search, a loop for short shifts and memmove for long ones.
 *
 * usage: book FILE   FILE holds doubles: books, base operations, operations, then the operations themselves,
 *                    each [book, side (1 bid, 2 ask), price, size].
 * For every line on stdin it rebuilds the books from the base, runs the operations, reading the best price and
 * size of both sides after each, and prints nanoseconds per operation and the sum of what was read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PROBE 12
#define LOOP 64

typedef struct {
  double sign;
  double *levels;
  long count, capacity;
} side_t;

static long search(const side_t *s, long high, double key) {
  long low = 0, top = (high >> 1) + 1;
  while (low < top) {
    long middle = (low + top) >> 1;
    if (s->levels[2 * middle] > key) top = middle;
    else low = middle + 1;
  }
  return 2 * low - 2;
}

static void removed(side_t *s, long i) {
  long end = 2 * s->count - 2;
  if (end - i > LOOP) memmove(s->levels + i, s->levels + i + 2, (end - i) * sizeof(double));
  else for (long k = i; k < end; k++) s->levels[k] = s->levels[k + 2];
  s->count--;
}

static void inserted(side_t *s, long i, double key, double size) {
  if (2 * s->count == s->capacity) {
    s->capacity *= 2;
    s->levels = realloc(s->levels, s->capacity * sizeof(double));
    if (!s->levels) exit(3);
  }
  long end = 2 * s->count;
  if (end - i > LOOP) memmove(s->levels + i + 2, s->levels + i, (end - i) * sizeof(double));
  else for (long k = end - 1; k >= i; k--) s->levels[k + 2] = s->levels[k];
  s->levels[i] = key;
  s->levels[i + 1] = size;
  s->count++;
}

static void apply(side_t *s, double price, double size) {
  double key = price * s->sign;
  double *levels = s->levels;
  long i = 2 * s->count - 2, stop = i - 2 * PROBE;
  while (i > stop && i >= 0 && levels[i] > key) i -= 2;
  if (i == stop && i >= 0) i = search(s, i, key);
  if (i >= 0 && levels[i] == key) {
    if (size == 0) removed(s, i);
    else levels[i + 1] = size;
  } else if (size != 0) inserted(s, i + 2, key, size);
}

static double run(side_t *sides, const double *ops, long count) {
  double sum = 0;
  for (const double *op = ops; op < ops + 4 * count; op += 4) {
    side_t *both = sides + 2 * (long)op[0];
    apply(both + (long)op[1] - 1, op[2], op[3]);
    if (both[0].count > 0 && both[1].count > 0) {
      const double *bid = both[0].levels + 2 * both[0].count - 2, *ask = both[1].levels + 2 * both[1].count - 2;
      sum += bid[0] + bid[1] - ask[0] + ask[1];
    }
  }
  return sum;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv) {
  FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
  double head[3];
  if (!file || fread(head, sizeof(double), 3, file) != 3) {
    fprintf(stderr, "expected a readable file of operations, saw %s\n", argc > 1 ? argv[1] : "none");
    return 2;
  }
  long books = head[0], base = head[1], count = head[2];
  double *ops = malloc(4 * (base + count) * sizeof(double));
  side_t *sides = calloc(2 * books, sizeof(side_t));
  if (!ops || !sides || fread(ops, 4 * sizeof(double), base + count, file) != (size_t)(base + count)) return 2;
  for (long i = 0; i < 2 * books; i++) {
    sides[i].sign = i % 2 ? -1 : 1;
    sides[i].capacity = 128;
    sides[i].levels = malloc(128 * sizeof(double));
  }
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    long passes = atol(line);
    double spent = 0, sum = 0;
    for (long p = 0; p < passes; p++) {
      for (long i = 0; i < 2 * books; i++) sides[i].count = 0;
      run(sides, ops, base);
      double start = now();
      sum = run(sides, ops + 4 * base, count);
      spent += now() - start;
    }
    printf("%.3f %.17g\n", spent / (passes * (double)count), sum);
    fflush(stdout);
  }
  return 0;
}
