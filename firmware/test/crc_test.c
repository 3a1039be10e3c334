#include "cool/crc.h"

#include "test.h"

TEST(crc8) {
	static const uint8_t rom[] = {0x28, 0xff, 0x64, 0x1e, 0x82, 0x16, 0x04, 0x61};
	static const uint8_t datasheet[] = {0x02, 0x1c, 0xb8, 0x01, 0, 0, 0, 0xa2}; /* Maxim's application note 27 */
	CHECK_EQ_INT(cool_crc8(rom, 7), 0x61);
	CHECK_EQ_INT(cool_crc8(rom, 8), 0);
	CHECK_EQ_INT(cool_crc8(datasheet, 8), 0);
	CHECK_EQ_INT(cool_crc8(NULL, 0), 0);
}

TEST(crc8_sees_every_flipped_bit) {
	uint8_t pad[] = {0xf4, 0x01, 0x4b, 0x46, 0x7f, 0xff, 0x0c, 0x10, 0xc7};
	CHECK_EQ_INT(cool_crc8(pad, sizeof pad), 0);
	for (size_t bit = 0; bit < 8 * sizeof pad; bit++) {
		pad[bit / 8] = (uint8_t)(pad[bit / 8] ^ 1u << bit % 8);
		CHECK(cool_crc8(pad, sizeof pad) != 0);
		pad[bit / 8] = (uint8_t)(pad[bit / 8] ^ 1u << bit % 8);
	}
}

TEST(crc32) {
	CHECK_EQ_INT(cool_crc32(0, "123456789", 9), 0xcbf43926u);
	CHECK_EQ_INT(cool_crc32(0, "", 0), 0);
	CHECK_EQ_INT(cool_crc32(cool_crc32(0, "1234", 4), "56789", 5), 0xcbf43926u);
	CHECK_EQ_INT(cool_crc32(0, "The quick brown fox jumps over the lazy dog", 43), 0x414fa339u);
}
