#include "test.h"

#include "cool/sht4x.h"

TEST(the_checksum_is_the_datasheets) {
	/* The datasheet gives 0x92 for 0xBEEF. */
	const uint8_t answer[COOL_SHT4X_SIZE] = {0xBE, 0xEF, 0x92, 0xBE, 0xEF, 0x92};
	double rh, c;
	CHECK(cool_sht4x_decode(answer, &rh, &c));
	CHECK_NEAR(c, -45 + 175 * 48879.0 / 65535, 1e-9);
	CHECK_NEAR(rh, -6 + 125 * 48879.0 / 65535, 1e-9);
}

TEST(humidity_is_cut_to_what_can_be) {
	const uint8_t dry[COOL_SHT4X_SIZE] = {0x00, 0x00, 0x81, 0x00, 0x00, 0x81};
	const uint8_t wet[COOL_SHT4X_SIZE] = {0xFF, 0xFF, 0xAC, 0xFF, 0xFF, 0xAC};
	double rh, c;
	CHECK(cool_sht4x_decode(dry, &rh, &c));
	CHECK_NEAR(rh, 0, 0);
	CHECK_NEAR(c, -45, 1e-9);
	CHECK(cool_sht4x_decode(wet, &rh, &c));
	CHECK_NEAR(rh, 100, 0);
	CHECK_NEAR(c, 130, 1e-9);
}

TEST(every_changed_bit_is_noticed) {
	for (int bit = 0; bit < COOL_SHT4X_SIZE * 8; bit++) {
		uint8_t answer[COOL_SHT4X_SIZE] = {0xBE, 0xEF, 0x92, 0xBE, 0xEF, 0x92};
		double rh, c;
		answer[bit / 8] = (uint8_t)(answer[bit / 8] ^ 1U << bit % 8);
		CHECK(!cool_sht4x_decode(answer, &rh, &c));
	}
}
