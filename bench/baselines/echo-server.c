/*
 * The floor: what echoing costs on this machine without a runtime. One thread, epoll (level-triggered), non-blocking
 * sockets, accept4, TCP_NODELAY, one read and one write for each readiness. Bytes the kernel does not take are kept,
 * and nothing more is read from that client until they are gone.
 *
 * Listens on 127.0.0.1, on the port given or on one the kernel chooses, and prints it as our servers do.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 511
#define EVENTS 1024 /* libuv takes as many from one epoll_wait */
#define READ_BYTES (64 * 1024)
#define MOST_FDS (1 << 20)

struct pending {
  char *bytes;
  size_t start, end;
};

static struct pending pending[MOST_FDS];
static char buffer[READ_BYTES];
static int epoll;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void watch(int operation, int fd, unsigned events) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  if (epoll_ctl(epoll, operation, fd, &event) < 0) fail("epoll_ctl");
}

static void drop(int fd) {
  free(pending[fd].bytes);
  pending[fd] = (struct pending){0};
  close(fd);
}

static void take(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return; /* the client has gone, or no descriptor is left: the next readiness tries again */
  if (fd >= MOST_FDS) {
    close(fd);
    return;
  }
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  watch(EPOLL_CTL_ADD, fd, EPOLLIN);
}

static void echo(int fd) {
  ssize_t size = read(fd, buffer, sizeof buffer);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) {
    drop(fd);
    return;
  }
  ssize_t sent = write(fd, buffer, (size_t)size);
  if (sent < 0 && errno == EAGAIN) sent = 0;
  if (sent < 0) {
    drop(fd);
    return;
  }
  if (sent == size) return;
  struct pending *rest = &pending[fd];
  rest->start = 0;
  rest->end = (size_t)(size - sent);
  rest->bytes = malloc(rest->end);
  if (rest->bytes == NULL) fail("malloc");
  memcpy(rest->bytes, buffer + sent, rest->end);
  watch(EPOLL_CTL_MOD, fd, EPOLLOUT);
}

static void flush(int fd) {
  struct pending *rest = &pending[fd];
  ssize_t sent = write(fd, rest->bytes + rest->start, rest->end - rest->start);
  if (sent < 0 && errno == EAGAIN) return;
  if (sent < 0) {
    drop(fd);
    return;
  }
  rest->start += (size_t)sent;
  if (rest->start < rest->end) return;
  free(rest->bytes);
  *rest = (struct pending){0};
  watch(EPOLL_CTL_MOD, fd, EPOLLIN);
}

int main(int count, char **arguments) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener < 0) fail("socket");
  int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (count > 1) address.sin_port = htons((unsigned short)atoi(arguments[1]));
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
  if (listen(listener, BACKLOG) < 0) fail("listen");
  socklen_t length = sizeof address;
  getsockname(listener, (struct sockaddr *)&address, &length);

  epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) fail("epoll_create1");
  watch(EPOLL_CTL_ADD, listener, EPOLLIN);
  printf("listening tcp://127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);

  static struct epoll_event events[EVENTS];
  for (;;) {
    int ready = epoll_wait(epoll, events, EVENTS, -1);
    if (ready < 0 && errno != EINTR) fail("epoll_wait");
    for (int index = 0; index < ready; index += 1) {
      int fd = events[index].data.fd;
      if (fd == listener) take(fd);
      else if (pending[fd].bytes != NULL) flush(fd);
      else echo(fd);
    }
  }
}
