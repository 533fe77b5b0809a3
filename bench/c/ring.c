/* The ring of a feedhorn region between two processes, in C: the yardstick of bench/ring.ts.
   argv: writer|reader, path of the region. Commands on stdin and answers as in bench/ring-child.ts (batch and pace). In a
   batch the writer waits for the reader, whose cursor stands in row 0 of the readers table, so that none is lost. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include "../../clients/c/feedhorn_reader.h"

#define STEP 64
#define MAX_DELAYS 65536

static double delays[MAX_DELAYS];
static uint32_t served, loaded; /* of the bell, as in src/log/bell.ts */

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void store(uint32_t *low, uint32_t *high, uint64_t value, int order) {
  if (*high != (uint32_t)(value >> 24)) __atomic_store_n(high, (uint32_t)(value >> 24), __ATOMIC_RELEASE);
  __atomic_store_n(low, (uint32_t)value, order);
}

/* Publishes up to `end` and wakes who sleeps. */
static void commit(fh_header *h, const uint32_t *sleeps, uint64_t end) {
  store(&h->head, &h->head_high, end, __ATOMIC_SEQ_CST);
  uint32_t seen = __atomic_load_n(sleeps, __ATOMIC_SEQ_CST);
  if (seen == served) return;
  served = loaded;
  loaded = seen;
  syscall(SYS_futex, &h->head, 1 /* FUTEX_WAKE */, INT_MAX, NULL, NULL, 0);
}

static void put(fh_quote *q, uint64_t n, double bid) {
  q->kind = FH_KIND_QUOTE;
  q->flags = FH_FLAG_LAST;
  q->venue = 1;
  q->instrument = n & 15;
  q->ts_event = (int64_t)n;
  q->ts_recv = (int64_t)n;
  q->bid_price = bid;
  q->bid_size = 1;
  q->ask_price = bid + 1;
  q->ask_size = 2;
  q->update_id = n;
}

static double write_slots(uint8_t *base, const uint32_t *sleeps, fh_reader_row *reader, uint64_t count, uint64_t batch) {
  fh_header *h = (fh_header *)base;
  fh_slot *ring = (fh_slot *)(base + h->ring_at);
  uint64_t head = fh_sequence(&h->head, &h->head_high), claim = fh_sequence(&h->claim, &h->claim_high);
  const uint64_t end = head + count, mask = h->slots - 1;
  double sum = 0;
  for (uint64_t n = head; n < end; n++) {
    if (n >= claim) {
      while (n + STEP > fh_sequence(&reader->cursor, &reader->cursor_high) + h->slots) __builtin_ia32_pause();
      store(&h->claim, &h->claim_high, claim += STEP, __ATOMIC_SEQ_CST);
    }
    fh_quote *q = (fh_quote *)(ring + (n & mask));
    put(q, n, (double)(n & 1023));
    sum += q->bid_price + q->ask_price;
    if ((n + 1) % batch == 0 || n + 1 == end) commit(h, sleeps, n + 1);
  }
  return sum;
}

static double read_slots(fh_reader *r, fh_reader_row *row, uint64_t count) {
  const uint64_t end = r->cursor + count;
  fh_slot slots[STEP];
  double sum = 0;
  while (r->cursor < end) {
    size_t n = fh_poll(r, slots, STEP);
    for (size_t i = 0; i < n; i++) sum += ((fh_quote *)&slots[i])->bid_price + ((fh_quote *)&slots[i])->ask_price;
    if (n == 0) __builtin_ia32_pause();
    else store(&row->cursor, &row->cursor_high, r->cursor, __ATOMIC_SEQ_CST);
  }
  return sum;
}

/* One slot per `gap` ns, the time of its commit as bid price. */
static void write_paced(uint8_t *base, const uint32_t *sleeps, uint64_t count, uint64_t gap) {
  fh_header *h = (fh_header *)base;
  fh_slot *ring = (fh_slot *)(base + h->ring_at);
  uint64_t head = fh_sequence(&h->head, &h->head_high), claim = fh_sequence(&h->claim, &h->claim_high), next = now();
  for (uint64_t n = head; n < head + count; n++) {
    next += gap;
    while (now() < next) __builtin_ia32_pause();
    if (n >= claim) store(&h->claim, &h->claim_high, claim += STEP, __ATOMIC_SEQ_CST);
    put((fh_quote *)(ring + (n & (h->slots - 1))), n, (double)now());
    commit(h, sleeps, n + 1);
  }
}

static int by_size(const void *a, const void *b) { return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b); }

static void read_paced(fh_reader *r, uint64_t count, int how) {
  fh_slot slots[STEP];
  for (uint64_t seen = 0; seen < count;) {
    size_t n = fh_poll(r, slots, STEP);
    for (size_t i = 0; i < n; i++) delays[seen++] = (double)now() - ((fh_quote *)&slots[i])->bid_price;
    if (n == 0) fh_wait(r, how, 250);
  }
  qsort(delays, count, sizeof(double), by_size);
}

int main(int argc, char **argv) {
  fh_reader r;
  uint64_t count, number;
  char what[16], how[16];
  if (argc != 3 || fh_open(&r, argv[2]) || !r.sleeps) return 1;
  int fd = open(argv[2], O_RDWR);
  uint8_t *base = mmap(NULL, r.header->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (base == MAP_FAILED) return 1;
  fh_reader_row *row = (fh_reader_row *)(base + r.header->readers_at + sizeof(fh_readers_header));
  int writer = strcmp(argv[1], "writer") == 0;
  if (writer) ((fh_header *)base)->rings = 1;
  loaded = *r.sleeps;
  served = loaded - 1;
  puts("ready");
  fflush(stdout);
  while (scanf("%15s %" SCNu64 " %" SCNu64, what, &count, &number) == 3) {
    int paced = strcmp(what, "pace") == 0;
    if (paced && (scanf("%15s", how) != 1 || count > MAX_DELAYS)) return 1;
    if (!writer) fh_from_head(&r);
    puts("begun");
    fflush(stdout);
    uint64_t start = now();
    double sum = 0;
    if (paced && writer) write_paced(base, r.sleeps, count, number);
    else if (paced) read_paced(&r, count, how[0] == 'f' ? FH_FUTEX : FH_SPIN);
    else sum = writer ? write_slots(base, r.sleeps, row, count, number) : read_slots(&r, row, count);
    if (paced && !writer) printf("%.0f %.0f\n", delays[count / 2], delays[count * 9 / 10]);
    else printf("%" PRIu64 " %.0f\n", now() - start, sum);
    fflush(stdout);
  }
  return 0;
}
