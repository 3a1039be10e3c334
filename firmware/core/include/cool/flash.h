/**
 * @file flash.h
 * What outlives a restart, sealed: a blob says what it is, in which version, how long, and whether it is whole.
 *
 * All blobs of cool_blob_t but COOL_BLOB_CA_PROVISIONED are sealed. The glue stores the bytes as they are. Certificates
 * (COOL_BLOB_CA_A, COOL_BLOB_CA_B, COOL_BLOB_CA_PROVISIONED) are read by the glue as it connects, through cool_flash_pem.
 */
#ifndef COOL_FLASH_H
#define COOL_FLASH_H

#include "cool/types.h"

enum {
	COOL_SEAL_SIZE = 16, /**< bytes before the content: magic, kind and version, length, CRC-32 */
	COOL_FLASH_VERSION = 1,
};

/** Seals len bytes of content that stand at blob + COOL_SEAL_SIZE, by writing what comes before them. Returns the whole length. */
size_t cool_flash_seal(uint8_t *blob, uint8_t kind, size_t len);

/** Finds the content of a sealed blob; false if it is damaged, of another kind or of a later version. */
bool cool_flash_open(const uint8_t *blob, size_t size, uint8_t kind, const uint8_t **content, size_t *len);

/**
 * The certificates of a blob, as PEM ended by a NUL (which *len counts, as Mbed TLS wants it), within buf. used bytes of size are filled.
 * NULL if there are none or they are damaged: then do not connect, and say so with cool_device_disconnected.
 */
const char *cool_flash_pem(uint8_t kind, bool sealed, char *buf, size_t used, size_t size, size_t *len);

#endif
