/* The least a program can do to know that a paced message is there: epoll_wait, recv, the end of the frame, the clock.
   The yardstick of bench/latency.ts; no parsing but of the time the frame was due, after the clock was read.
   argv: port, core or -1. Commands on stdin: "epoll N" (sleeps until woken) or "busy N" (never sleeps); answers "ready",
   then one line: CPU us, and N latencies in us. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SIZE (128 << 10)
#define MOST 1000000
/* What the sender calls UNIX microseconds begins here (bench/latency-clock.ts). */
#define ORIGIN 1700000000000000LL

static double micros(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static double cpu(void) {
  struct rusage r;
  getrusage(RUSAGE_SELF, &r);
  return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 + r.ru_utime.tv_usec + r.ru_stime.tv_usec;
}

static int open_socket(int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) return -1;
  const char *ask = "GET /?who=C HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  if (write(fd, ask, strlen(ask)) < 0) return -1;
  char answer[4096];
  size_t length = 0;
  while (length < sizeof answer - 1) {
    if (read(fd, answer + length, 1) != 1) return -1;
    answer[++length] = 0;
    if (length >= 4 && memcmp(answer + length - 4, "\r\n\r\n", 4) == 0) break;
  }
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

/* The 16 digits behind the key, or an exit: the frames are not what they should be. */
static double due(const unsigned char *frame, size_t length) {
  const unsigned char *at = memmem(frame, length, "\"T\":", 4);
  if (at == NULL) exit(2);
  int64_t value = 0;
  for (int i = 4; i < 20; i++) value = value * 10 + at[i] - '0';
  return (double)(value - ORIGIN);
}

static void take(int fd, int loop, int busy, long messages, float *us) {
  static unsigned char buffer[SIZE];
  size_t have = 0;
  for (long n = 0; n < messages;) {
    struct epoll_event event;
    if (epoll_wait(loop, &event, 1, busy ? 0 : -1) < 1) continue;
    ssize_t got = recv(fd, buffer + have, SIZE / 2, 0);
    if (got < 0 && errno == EAGAIN) continue;
    if (got <= 0) exit(1);
    have += got;
    size_t at = 0;
    while (have - at >= 4) {
      size_t length = buffer[at + 1], head = 2;
      if (length == 126) length = buffer[at + 2] << 8 | buffer[at + 3], head = 4;
      if (have - at < head + length) break;
      double now = micros();
      if (n < messages) us[n++] = now - due(buffer + at + head, length);
      at += head + length;
    }
    memmove(buffer, buffer + at, have - at);
    have -= at;
  }
}

int main(int argc, char **argv) {
  if (argc < 3) return 1;
  if (atoi(argv[2]) >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(atoi(argv[2]), &set);
    sched_setaffinity(0, sizeof set, &set);
  }
  int fd = open_socket(atoi(argv[1])), loop = epoll_create1(0);
  struct epoll_event wanted = {.events = EPOLLIN};
  if (fd < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, fd, &wanted) != 0) return 1;
  static float us[MOST];
  char mode[16];
  long messages;
  puts("open");
  fflush(stdout);
  while (scanf("%15s %ld", mode, &messages) == 2 && messages <= MOST) {
    memset(us, 0, messages * sizeof *us);
    double used = cpu();
    puts("ready");
    fflush(stdout);
    take(fd, loop, mode[0] == 'b', messages, us);
    printf("%.0f", cpu() - used);
    for (long n = 0; n < messages; n++) printf(" %.2f", us[n]);
    puts("");
    fflush(stdout);
  }
  return 0;
}
