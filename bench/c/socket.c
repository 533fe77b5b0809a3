/* The least that takes websocket frames off a TCP socket: one recv into a buffer, a walk over the frame headers, the
   tail moved to the front. The yardstick of bench/socket.ts, without TLS, pings, fragments or any check.
   argv: port. Commands on stdin: number of messages; answers "wall-ns cpu-ns bytes". */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SIZE (128 << 10)

static double wall(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static double cpu(void) {
  struct rusage r;
  getrusage(RUSAGE_SELF, &r);
  return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e9 + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e3;
}

static int open_socket(int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) return -1;
  const char *ask = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  if (write(fd, ask, strlen(ask)) < 0) return -1;
  char answer[4096];
  size_t length = 0;
  while (length < sizeof answer - 1) {
    if (read(fd, answer + length, 1) != 1) return -1;
    answer[++length] = 0;
    if (length >= 4 && memcmp(answer + length - 4, "\r\n\r\n", 4) == 0) return fd;
  }
  return -1;
}

static void ask(int fd, const char *text) {
  unsigned char frame[64] = {0x81, 0x80 | (unsigned char)strlen(text)};
  memcpy(frame + 6, text, strlen(text));
  if (write(fd, frame, 6 + strlen(text)) < 0) exit(1);
}

static uint64_t take(int fd, long messages) {
  static unsigned char buffer[SIZE];
  size_t have = 0;
  uint64_t bytes = 0;
  while (messages > 0) {
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    poll(&ready, 1, -1);
    ssize_t got = recv(fd, buffer + have, SIZE / 2, 0);
    if (got <= 0) exit(1);
    have += got;
    size_t at = 0;
    while (have - at >= 4) {
      size_t length = buffer[at + 1], head = 2;
      if (length == 126) length = buffer[at + 2] << 8 | buffer[at + 3], head = 4;
      if (have - at < head + length) break;
      at += head + length;
      if (buffer[at - 1] == 'x') bytes += length;
      messages--;
    }
    memmove(buffer, buffer + at, have - at);
    have -= at;
  }
  return bytes;
}

int main(int argc, char **argv) {
  int fd = argc > 1 ? open_socket(atoi(argv[1])) : -1;
  if (fd < 0) return 1;
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    double begin = wall(), used = cpu();
    ask(fd, line);
    uint64_t bytes = take(fd, atol(line));
    printf("%.0f %.0f %llu\n", wall() - begin, cpu() - used, (unsigned long long)bytes);
    fflush(stdout);
  }
  return 0;
}
