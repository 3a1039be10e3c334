#include "statedir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_SIZE = 32 };

bool statedir_open(statedir_t *s, const char *path, char *why, size_t size) {
	if (mkdir(path, 0700) != 0 && errno != EEXIST) {
		snprintf(why, size, "make the state directory %s: %s", path, strerror(errno));
		return false;
	}
	s->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd < 0) {
		snprintf(why, size, "open the state directory %s: %s", path, strerror(errno));
		return false;
	}
	s->lock = openat(s->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock < 0 || flock(s->lock, LOCK_EX | LOCK_NB) != 0) {
		bool used = s->lock >= 0 && errno == EWOULDBLOCK;
		snprintf(why, size, "lock the state directory %s: %s", path, used ? "another firmware-host runs on it" : strerror(errno));
		return false;
	}
	return true;
}

static void file_name(char name[NAME_SIZE], cool_blob_t blob, const char *suffix) { snprintf(name, NAME_SIZE, "%s%s", cool_blob_key(blob), suffix); }

/** Reads until size bytes or the end; -1 on an error. */
static ssize_t read_all(int fd, char *buf, size_t size) {
	size_t got = 0;
	while (got < size) {
		ssize_t n = read(fd, buf + got, size - got);
		if (n < 0 && errno == EINTR) continue;
		if (n < 0) return -1;
		if (n == 0) break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

size_t statedir_load(void *ctx, cool_blob_t blob, void *buf, size_t size) {
	const statedir_t *s = ctx;
	char name[NAME_SIZE];
	file_name(name, blob, "");
	int fd = openat(s->fd, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return 0;
	struct stat info;
	size_t len = 0;
	if (fstat(fd, &info) == 0 && info.st_size > 0 && (size_t)info.st_size <= size) {
		ssize_t n = read_all(fd, buf, (size_t)info.st_size);
		len = n == (ssize_t)info.st_size ? (size_t)n : 0;
	}
	close(fd);
	return len;
}

static bool write_all(int fd, const char *data, size_t len) {
	while (len > 0) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno == EINTR) continue;
		if (n <= 0) return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

bool statedir_save(statedir_t *s, cool_blob_t blob, const void *data, size_t len) {
	char name[NAME_SIZE], fresh[NAME_SIZE];
	file_name(name, blob, "");
	file_name(fresh, blob, ".new");
	if (len == 0) return (unlinkat(s->fd, name, 0) == 0 || errno == ENOENT) && fsync(s->fd) == 0;
	int fd = openat(s->fd, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0) return false;
	bool ok = write_all(fd, data, len) && fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	ok = ok && renameat(s->fd, fresh, s->fd, name) == 0;
	if (!ok) (void)unlinkat(s->fd, fresh, 0); /* on a full disk it would hold what little room there is */
	/* The name is on disk only once the directory is. */
	return ok && fsync(s->fd) == 0;
}

bool statedir_erase(statedir_t *s) {
	bool ok = true;
	for (int b = 0; b < COOL_BLOB_COUNT; b++) {
		char fresh[NAME_SIZE];
		file_name(fresh, (cool_blob_t)b, ".new"); /* half written when the power went */
		ok = (unlinkat(s->fd, fresh, 0) == 0 || errno == ENOENT) && ok;
		ok = statedir_save(s, (cool_blob_t)b, NULL, 0) && ok;
	}
	return ok;
}
