/**
 * @file crc.h
 * Checksums: the CRC-8 of 1-Wire parts and the CRC-32 of what is kept in flash.
 */
#ifndef COOL_CRC_H
#define COOL_CRC_H

#include "cool/types.h"

/**
 * The CRC-8 of Maxim's 1-Wire parts (DS18B20 datasheet, "CRC generation"): x^8 + x^5 + x^4 + 1, least significant
 * bit first (reflected 0x8C), start value 0. Over data followed by its checksum it is 0.
 */
uint8_t cool_crc8(const void *data, size_t len);

/**
 * The CRC-32 of IEEE 802.3: reflected 0xEDB88320, start value and final exclusive-or 0xFFFFFFFF; of "123456789" it is
 * 0xCBF43926. A long text can be taken in parts: crc is 0 for the first and the result so far for each further one.
 */
uint32_t cool_crc32(uint32_t crc, const void *data, size_t len);

#endif
