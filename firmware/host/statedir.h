/**
 * @file statedir.h
 * The flash of the host program: a directory with a file for each blob. A file is either as it was or as it is meant to
 * be, also when the power goes while it is written.
 */
#ifndef COOL_HOST_STATEDIR_H
#define COOL_HOST_STATEDIR_H

#include <stdbool.h>
#include <stddef.h>

#include "cool/device.h"

/** An open directory. */
typedef struct {
	int fd;   /**< of the directory */
	int lock; /**< held as long as the program runs */
} statedir_t;

/**
 * Opens a directory, makes it (mode 0700) where it is missing, and locks it against a second program. Returns false with
 * the reason in why.
 */
bool statedir_open(statedir_t *s, const char *path, char *why, size_t size);

/** Reads a blob; a cool_load_t, whose ctx is the statedir_t. */
size_t statedir_load(void *ctx, cool_blob_t blob, void *buf, size_t size);

/** Writes a blob and returns once it is on disk, or false, with the old one in place. len 0 removes it. */
bool statedir_save(statedir_t *s, cool_blob_t blob, const void *data, size_t len);

/** Removes every blob. */
bool statedir_erase(statedir_t *s);

#endif
