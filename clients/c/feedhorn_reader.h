/* Reading a feedhorn region: the ring and locked rows. C11 with POSIX and GNU atomics; see docs/layout.md. */
#ifndef FEEDHORN_READER_H
#define FEEDHORN_READER_H
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif
#include "feedhorn.h"

enum { FH_TIMER, FH_YIELD, FH_SPIN, FH_FUTEX }; /* how fh_wait waits */

typedef struct {
  const uint8_t *base;
  uint32_t *sleeps; /* NULL: the readers section may not be written, so the writer cannot be told of a sleep */
  const fh_header *header;
  uint64_t cursor, lost; /* next slot to read; slots missed, only grows */
  int seeking, beginning;
} fh_reader;

/* NULL, or what is wrong with the file in one line. */
static const char *fh_open(fh_reader *r, const char *path) {
  struct stat st;
  memset(r, 0, sizeof *r);
  int fd = open(path, O_RDWR | O_CLOEXEC), writable = fd >= 0;
  if (!writable) fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &st) != 0) return "expected a region, saw none; start its writer or check the path";
  if (st.st_size < (off_t)sizeof(fh_header)) { close(fd); return "expected a region, saw a file that is too short"; }
  void *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0), *readers = MAP_FAILED;
  if (at != MAP_FAILED && writable && ((const fh_header *)at)->readers_at < st.st_size)
    readers = mmap(NULL, sizeof(fh_readers_header), PROT_READ | PROT_WRITE, MAP_SHARED, fd, ((const fh_header *)at)->readers_at);
  close(fd);
  if (at == MAP_FAILED) return "expected to map the file, saw an error";
  r->base = at;
  r->header = at;
  if (readers != MAP_FAILED) r->sleeps = &((fh_readers_header *)readers)->sleeps;
  if (memcmp(r->header->magic, "FEEDHORN", 8) != 0) return "expected a file that begins with FEEDHORN, saw another";
  if (r->header->version != FH_LAYOUT_VERSION || r->header->hash != FH_LAYOUT_HASH)
    return "expected the layout this reader was made for, saw another; use the reader of the same release";
  if ((off_t)r->header->size != st.st_size) return "expected the size in the header, saw another; the file is damaged";
  return NULL;
}

/* A sequence number in two words: exact although they are read at different moments. */
static uint64_t fh_sequence(const uint32_t *low, const uint32_t *high) {
  uint32_t l = __atomic_load_n(low, __ATOMIC_ACQUIRE);
  uint64_t base = (uint64_t)__atomic_load_n(high, __ATOMIC_ACQUIRE) << 24;
  return base + (uint64_t)(int64_t)(int32_t)(l - (uint32_t)base);
}

static uint64_t fh_head(const fh_reader *r) { return fh_sequence(&r->header->head, &r->header->head_high); }
static uint64_t fh_claim(const fh_reader *r) { return fh_sequence(&r->header->claim, &r->header->claim_high); }
static uint32_t fh_epoch(const fh_reader *r) { return __atomic_load_n(&r->header->epoch, __ATOMIC_ACQUIRE); }

static void fh_from_head(fh_reader *r) { r->cursor = fh_head(r); r->seeking = 0; }

static void fh_from_oldest(fh_reader *r) {
  uint64_t head = fh_head(r), quarter = r->header->slots / 4 + 1, first = fh_sequence(&r->header->first, &r->header->first_high);
  r->cursor = head > first + quarter ? head - quarter : first;
  r->seeking = r->beginning = r->cursor > first;
}

static void fh_pass(fh_reader *r, uint64_t count) {
  r->cursor += count;
  if (!r->beginning) r->lost += count;
  if (!r->seeking) r->beginning = 0;
}

/* Copies up to `limit` slots to `out` and returns how many; 0 = nothing new. Slots missed are added to r->lost
   before the first slot of this call: when it has grown, drop a half-gathered event. */
static size_t fh_poll(fh_reader *r, fh_slot *out, size_t limit) {
  const uint64_t slots = r->header->slots;
  const uint8_t *ring = r->base + r->header->ring_at;
  for (;;) {
    uint64_t head = fh_head(r);
    size_t count = head - r->cursor < limit ? (size_t)(head - r->cursor) : limit, skip = 0;
    if (count == 0) return 0;
    for (size_t k = 0; k < count; k++) memcpy(out + k, ring + ((r->cursor + k) & (slots - 1)) * sizeof *out, sizeof *out);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (fh_claim(r) > r->cursor + slots) { /* the writer may have been there meanwhile */
      uint64_t latest = fh_head(r), target = latest - slots / 4 - 1;
      r->seeking = 1;
      fh_pass(r, (latest > slots / 4 && target > r->cursor ? target : latest) - r->cursor);
      continue;
    }
    while (r->seeking && skip < count) r->seeking = (out[skip++].flags & FH_FLAG_LAST) == 0;
    fh_pass(r, skip);
    if (skip == count) continue;
    if (skip > 0) memmove(out, out + skip, (count - skip) * sizeof *out);
    r->cursor += count - skip;
    return count - skip;
  }
}

/* One bounded wait when fh_poll answered 0; look again afterwards. FH_FUTEX sleeps until the writer commits, at most
   `ms`, and costs no processor time; where that cannot be it is FH_TIMER, a sleep of a millisecond. */
static void fh_wait(fh_reader *r, int how, int ms) {
#ifdef __linux__
  if (how == FH_FUTEX && r->sleeps && __atomic_load_n(&r->header->rings, __ATOMIC_SEQ_CST) == 1) {
    struct timespec limit = {ms / 1000, ms % 1000 * 1000000L};
    __atomic_add_fetch(r->sleeps, 1, __ATOMIC_SEQ_CST); /* tell the writer first; the kernel compares the head again */
    if (__atomic_load_n(&r->header->head, __ATOMIC_SEQ_CST) == (uint32_t)r->cursor)
      syscall(SYS_futex, &r->header->head, 0 /* FUTEX_WAIT, between processes */, (uint32_t)r->cursor, &limit, NULL, 0);
    return;
  }
#endif
  if (how == FH_YIELD) sched_yield();
  else if (how != FH_SPIN) nanosleep(&(struct timespec){0, ms < 1 ? 0 : 1000000}, NULL);
  else
    for (int i = 0; i < 10000 && fh_head(r) == r->cursor; i++) __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* Copies a sequence-locked row; 1 = consistent, 0 = never written or always being written. */
static int fh_row(const fh_reader *r, uint64_t at, size_t size, void *copy) {
  const uint32_t *lock = (const uint32_t *)(r->base + at);
  for (int attempt = 0; attempt < 1000; attempt++) {
    uint32_t before = __atomic_load_n(lock, __ATOMIC_ACQUIRE);
    if (before == 0) return 0;
    if (before & 1) continue;
    memcpy(copy, lock, size);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (__atomic_load_n(lock, __ATOMIC_RELAXED) == before) return 1;
  }
  return 0;
}

#endif
