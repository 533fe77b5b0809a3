/* The ring of a feedhorn region between two processes, in C: the yardstick of bench/ring.ts.
   argv: writer|reader, path of the region. Commands on stdin: "slots batch"; a writer commits every `batch` slots and
   waits for the reader (whose cursor stands in row 0 of the readers table) so that none is lost. Answers "ns sum". */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include "../../clients/c/feedhorn_reader.h"

#define STEP 64

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void store(uint32_t *low, uint32_t *high, uint64_t value, int order) {
  if (*high != (uint32_t)(value >> 24)) __atomic_store_n(high, (uint32_t)(value >> 24), __ATOMIC_RELEASE);
  __atomic_store_n(low, (uint32_t)value, order);
}

static double write_slots(uint8_t *base, fh_reader_row *reader, uint64_t count, uint64_t batch) {
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
    q->kind = FH_KIND_QUOTE;
    q->flags = FH_FLAG_LAST;
    q->venue = 1;
    q->instrument = n & 15;
    q->ts_event = (int64_t)n;
    q->ts_recv = (int64_t)n;
    q->bid_price = (double)(n & 1023);
    q->bid_size = 1;
    q->ask_price = (double)(n & 1023) + 1;
    q->ask_size = 2;
    q->update_id = n;
    sum += q->bid_price + q->ask_price;
    if ((n + 1) % batch == 0 || n + 1 == end) store(&h->head, &h->head_high, n + 1, __ATOMIC_SEQ_CST);
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

int main(int argc, char **argv) {
  fh_reader r;
  uint64_t count, batch;
  if (argc != 3 || fh_open(&r, argv[2])) return 1;
  int fd = open(argv[2], O_RDWR);
  uint8_t *base = mmap(NULL, r.header->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (base == MAP_FAILED) return 1;
  fh_reader_row *row = (fh_reader_row *)(base + r.header->readers_at + sizeof(fh_readers_header));
  int writer = strcmp(argv[1], "writer") == 0;
  puts("ready");
  fflush(stdout);
  while (scanf("%" SCNu64 " %" SCNu64, &count, &batch) == 2) {
    if (!writer) fh_from_head(&r);
    puts("begun");
    fflush(stdout);
    uint64_t start = now();
    double sum = writer ? write_slots(base, row, count, batch) : read_slots(&r, row, count);
    printf("%" PRIu64 " %.0f\n", now() - start, sum);
    fflush(stdout);
  }
  return 0;
}
