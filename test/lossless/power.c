/*
 * Remembers what is on the disk: preloaded into every process of a gateway, it writes one line for each fsync to the file
 * named by POWER_LOG, and keeps what is deleted or replaced in the folder POWER_GRAVE under its inode's number. From both,
 * power.ts makes the folder as a loss of power could leave it.
 *
 *   S <inode> <bytes>                a file is safe up to this length
 *   D <inode> <path>                 a folder is safe as it is now; then its entries, one a line:
 *   E <inode of the folder> <inode> <name>
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void say(const char *format, ...) {
  char line[8192];
  va_list args;
  va_start(args, format);
  int length = vsnprintf(line, sizeof line, format, args);
  va_end(args);
  const char *path = getenv("POWER_LOG");
  if (path == NULL || length <= 0 || length >= (int)sizeof line) return;
  int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return;
  if (write(fd, line, (size_t)length) != length) abort();
  close(fd);
}

static void entries(int folder, unsigned long long inode) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return;
  path[length] = 0;
  DIR *list = opendir(path);
  if (list == NULL) return;
  say("D %llu %s\n", inode, path);
  for (struct dirent *entry; (entry = readdir(list)) != NULL;)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      say("E %llu %llu %s\n", inode, (unsigned long long)entry->d_ino, entry->d_name);
  closedir(list);
}

/* The length before the call: what is written while it runs may not be safe. */
static int synced(int fd, const char *name) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  struct stat before;
  int known = fstat(fd, &before) == 0;
  int result = real(fd);
  if (result != 0 || !known) return result;
  if (S_ISREG(before.st_mode)) say("S %llu %llu\n", (unsigned long long)before.st_ino, (unsigned long long)before.st_size);
  if (S_ISDIR(before.st_mode)) entries(fd, before.st_ino);
  return result;
}

int fsync(int fd) { return synced(fd, "fsync"); }
int fdatasync(int fd) { return synced(fd, "fdatasync"); }

/* Before a name is lost, the file gets another one. */
static void bury(const char *path) {
  const char *grave = getenv("POWER_GRAVE");
  struct stat about;
  if (grave == NULL || lstat(path, &about) != 0 || !S_ISREG(about.st_mode)) return;
  char kept[4096];
  snprintf(kept, sizeof kept, "%s/%llu", grave, (unsigned long long)about.st_ino);
  if (link(path, kept) != 0) return; /* there already, or on another file system, which is not looked at */
}

int unlink(const char *path) {
  int (*real)(const char *) = (int (*)(const char *))dlsym(RTLD_NEXT, "unlink");
  bury(path);
  return real(path);
}

int rename(const char *from, const char *to) {
  int (*real)(const char *, const char *) = (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
  bury(to);
  return real(from, to);
}
