/**
 * @file store.h
 * Blobs in the partition `cfg`. NVS replaces a blob as a whole or not at all, also when the power fails.
 */
#ifndef MAIN_STORE_H
#define MAIN_STORE_H

#include <stdbool.h>
#include <stddef.h>

/** Opens the partition, and erases it if it cannot be read: the core then starts with safe defaults, which cool. */
void store_init(void);

/** Reads a blob by its key (at most 15 characters); returns its length, 0 if there is none or it does not fit. */
size_t store_read(const char *key, void *buf, size_t size);

/** Writes a blob; false, with a line in the log, if it could not be kept. */
bool store_write(const char *key, const void *data, size_t len);

/** Forgets a blob. */
bool store_forget(const char *key);

/** Erases everything: settings, networks, the radio's calibration and the core dump. Then restart. */
void store_erase_all(void);

#endif
