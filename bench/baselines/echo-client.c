/*
 * The floor of a load generator: what asking an echo server costs on this machine without a runtime. One thread, epoll
 * (level-triggered), non-blocking sockets, TCP_NODELAY; each connection has one request on its way, and sends the next when
 * as many bytes have come back. One read and one write an answer, a time stamp at each, and a count in a log-linear
 * histogram: what patterns load does, and no more.
 *
 *     echo-client PORT [connections=64] [payloadBytes=64] [durationMs=5000] [warmupMs=1000]
 *
 * The payload ends in a newline, so that it is a message to a server of lines too. Prints what bench/measure/client.ts
 * reads: a mark when the window begins, one when it ends, and the result.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 1024 /* libuv takes as many from one epoll_wait */
#define READ_BYTES (64 * 1024)
#define MOST_CONNECTIONS 65536
#define SUB_BITS 10
#define BUCKETS (42 << SUB_BITS)

struct connection {
  int fd;
  size_t missing;  /* bytes of the answer that have not come */
  size_t unwritten; /* bytes of the request that the kernel has not taken */
  uint64_t sent_at;
};

static struct connection connections[MOST_CONNECTIONS];
static char buffer[READ_BYTES];
static char *payload;
static size_t payload_bytes = 64;
static uint32_t counts[BUCKETS];
static int epoll;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static double cpu_us(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static void record(uint64_t ns) {
  if (ns < (1u << SUB_BITS)) ns = 1u << SUB_BITS;
  unsigned shift = 63 - (unsigned)__builtin_clzll(ns) - SUB_BITS;
  size_t bucket = ((size_t)shift << SUB_BITS) + (size_t)(ns >> shift) - (1u << SUB_BITS);
  counts[bucket < BUCKETS ? bucket : BUCKETS - 1] += 1;
}

static double percentile_us(double share, uint64_t total) {
  uint64_t wanted = (uint64_t)(share * (double)total), seen = 0;
  for (size_t bucket = 0; bucket < BUCKETS; bucket += 1) {
    seen += counts[bucket];
    if (seen > wanted || seen == total) {
      uint64_t shift = bucket >> SUB_BITS;
      return (double)(((bucket & ((1u << SUB_BITS) - 1)) + (1u << SUB_BITS)) << shift) / 1000;
    }
  }
  return 0;
}

/* Writes what is left of the request; waits for room where the kernel takes no more. */
static void push(struct connection *connection) {
  while (connection->unwritten > 0) {
    ssize_t taken = write(connection->fd, payload + payload_bytes - connection->unwritten, connection->unwritten);
    if (taken < 0 && errno != EAGAIN) fail("write");
    if (taken < 0) break;
    connection->unwritten -= (size_t)taken;
  }
  static char waits[MOST_CONNECTIONS];
  size_t index = (size_t)(connection - connections);
  char wait = connection->unwritten > 0;
  if (wait == waits[index]) return;
  waits[index] = wait;
  struct epoll_event event = {.events = EPOLLIN | (wait ? EPOLLOUT : 0), .data.ptr = connection};
  if (epoll_ctl(epoll, EPOLL_CTL_MOD, connection->fd, &event) < 0) fail("epoll_ctl");
}

static void ask(struct connection *connection) {
  connection->missing = connection->unwritten = payload_bytes;
  connection->sent_at = now_ns();
  push(connection);
}

static void open_connection(struct connection *connection, uint16_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int on = 1;
  connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection->fd < 0) fail("socket");
  if (connect(connection->fd, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
  if (setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0) fail("setsockopt");
  if (fcntl(connection->fd, F_SETFL, O_NONBLOCK) < 0) fail("fcntl");
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, connection->fd, &event) < 0) fail("epoll_ctl");
}

static long argument(int count, char **given, int index, long otherwise) {
  return count > index ? strtol(given[index], NULL, 10) : otherwise;
}

int main(int count, char **given) {
  if (count < 2) {
    fprintf(stderr, "usage: %s PORT [connections] [payloadBytes] [durationMs] [warmupMs]\n", given[0]);
    return 2;
  }
  long wanted = argument(count, given, 2, 64);
  payload_bytes = (size_t)argument(count, given, 3, 64);
  uint64_t duration = (uint64_t)argument(count, given, 4, 5000) * 1000000u;
  uint64_t warmup = (uint64_t)argument(count, given, 5, 1000) * 1000000u;
  if (wanted < 1 || wanted > MOST_CONNECTIONS || payload_bytes < 1) return 2;
  payload = malloc(payload_bytes);
  if (payload == NULL) fail("malloc");
  memset(payload, 'x', payload_bytes - 1);
  payload[payload_bytes - 1] = '\n';
  epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) fail("epoll_create1");
  for (long i = 0; i < wanted; i += 1) open_connection(&connections[i], (uint16_t)strtol(given[1], NULL, 10));
  for (long i = 0; i < wanted; i += 1) ask(&connections[i]);

  uint64_t from = now_ns() + warmup, until = from + duration, answered = 0, now = 0;
  double cpu_from = -1;
  while (now < until) {
    struct epoll_event events[EVENTS];
    int ready = epoll_wait(epoll, events, EVENTS, 100);
    if (ready < 0 && errno != EINTR) fail("epoll_wait");
    now = now_ns();
    if (cpu_from < 0 && now >= from) {
      puts("{\"mark\":\"begin\"}");
      fflush(stdout);
      cpu_from = cpu_us();
    }
    for (int i = 0; i < ready; i += 1) {
      struct connection *connection = events[i].data.ptr;
      if (events[i].events & EPOLLOUT) push(connection);
      if (!(events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))) continue;
      ssize_t got = read(connection->fd, buffer, READ_BYTES);
      if (got == 0 || (got < 0 && errno != EAGAIN)) {
        fprintf(stderr, "echo-client: the server closed a connection\n");
        return 1;
      }
      if (got < 0) continue;
      if ((size_t)got > connection->missing) {
        fprintf(stderr, "echo-client: more came than was sent\n");
        return 1;
      }
      connection->missing -= (size_t)got;
      if (connection->missing > 0) continue;
      now = now_ns();
      if (connection->sent_at >= from) {
        answered += 1;
        record(now - connection->sent_at);
      }
      ask(connection);
    }
  }
  double cpu = cpu_us() - cpu_from;
  puts("{\"mark\":\"end\"}");
  fflush(stdout);
  printf("{\"mark\":\"result\",\"result\":{\"messages\":%llu,\"seconds\":%.6f,\"errors\":0,"
         "\"latencyMs\":{\"p50\":%.4f,\"p99\":%.4f,\"p999\":%.4f,\"max\":%.4f},\"detail\":{\"cpuPerRequestUs\":%.3f}}}\n",
         (unsigned long long)answered, (double)(now - from) / 1e9, percentile_us(0.5, answered) / 1000,
         percentile_us(0.99, answered) / 1000, percentile_us(0.999, answered) / 1000, percentile_us(1, answered) / 1000,
         answered == 0 ? 0 : cpu / (double)answered);
  return 0;
}
