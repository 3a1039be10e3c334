/*
 * Numbers of JSON: the nearest double, ties to even, so that every implementation reads the same.
 * Common numbers take one exact operation (Clinger, 1990); the others go through integers as long as they need.
 */
#include "json_scan.h"

#include <string.h>

enum {
	DIGITS = 770,  /* the digits that can decide a rounding are 767; further ones only say "a little more" */
	TOP = 310,     /* a number whose first digit stands for more is too large for a double */
	BOTTOM = -324, /* one whose first digit stands for less is nearer to 0 than to the smallest double */
	WORDS = 120,   /* 10^(DIGITS - BOTTOM) has 3635 bits, and 64 more are needed */
};

/* A natural number, the lowest word first. Words from used on are 0. */
typedef struct {
	uint32_t word[WORDS];
	int used;
} big_t;

/* Multiplies by m and adds a. */
static void big_muladd(big_t *b, uint32_t m, uint32_t a) {
	uint64_t carry = a;
	for (int i = 0; i < b->used; i++) {
		carry += (uint64_t)b->word[i] * m;
		b->word[i] = (uint32_t)carry;
		carry >>= 32;
	}
	if (carry > 0) {
		b->word[b->used++] = (uint32_t)carry;
	}
}

static void big_mul10(big_t *b, int power) {
	for (; power >= 9; power -= 9) {
		big_muladd(b, 1000000000, 0);
	}
	for (; power > 0; power--) {
		big_muladd(b, 10, 0);
	}
}

static int big_bits(const big_t *b) {
	int n = b->used * 32;
	for (uint32_t top = b->word[b->used - 1]; !(top & 0x80000000u); top <<= 1) {
		n--;
	}
	return n;
}

static void big_shift(big_t *b, int bits) {
	int words = bits / 32;
	bits %= 32;
	for (int i = b->used - 1; i >= 0; i--) {
		uint64_t v = (uint64_t)b->word[i] << bits;
		b->word[i] = 0;
		b->word[i + words + 1] |= (uint32_t)(v >> 32);
		b->word[i + words] = (uint32_t)v;
	}
	b->used += words + 1;
	while (b->word[b->used - 1] == 0) {
		b->used--;
	}
}

static bool big_less(const big_t *a, const big_t *b, int words) {
	for (int i = words - 1; i >= 0; i--) {
		if (a->word[i] != b->word[i]) {
			return a->word[i] < b->word[i];
		}
	}
	return false;
}

/* a = (a - b) * 2 if a is not below b, otherwise a * 2; returns which. */
static bool big_step(big_t *a, const big_t *b, int words) {
	bool fits = !big_less(a, b, words);
	uint32_t borrow = 0, carry = 0;
	for (int i = 0; i < words; i++) {
		uint64_t v = a->word[i];
		if (fits) {
			v -= (uint64_t)b->word[i] + borrow;
			borrow = (v >> 32) != 0;
		}
		a->word[i] = ((uint32_t)v << 1) | carry;
		carry = (uint32_t)v >> 31;
	}
	return fits;
}

static bool big_zero(const big_t *b, int words) {
	for (int i = 0; i < words; i++) {
		if (b->word[i] != 0) {
			return false;
		}
	}
	return true;
}

/* A number as it is written: digits * 10^exponent. */
typedef struct {
	big_t value;
	uint64_t mantissa; /* the same where there are at most 19 digits */
	int digits;        /* from the first that is not 0, at most DIGITS + 1 */
	int32_t exponent;
	bool negative;
} decimal_t;

/* Adds a digit; those that do not fit leave a trace. */
static void add_digit(decimal_t *d, int digit, bool fraction) {
	if (d->digits == 0 && digit == 0) {
		d->exponent -= fraction;
		return;
	}
	if (d->digits < DIGITS) {
		if (d->digits < 19) {
			d->mantissa = d->mantissa * 10 + (uint64_t)digit;
		}
		big_muladd(&d->value, 10, (uint32_t)digit);
		d->digits++;
		d->exponent -= fraction;
		return;
	}
	if (digit != 0 && d->digits == DIGITS) {
		/* More than what was read so far: one more digit stands for all. */
		big_muladd(&d->value, 10, 1);
		d->digits++;
		d->exponent -= 1;
	}
	d->exponent += !fraction;
}

static void read_decimal(cool_json_t v, decimal_t *d) {
	const char *at = v.at, *end = v.at + v.len;
	bool fraction = false, down;
	int32_t power = 0;
	memset(d, 0, sizeof *d);
	d->negative = *at == '-';
	at += d->negative;
	for (; at < end && *at != 'e' && *at != 'E'; at++) {
		if (*at == '.') {
			fraction = true;
		} else {
			add_digit(d, *at - '0', fraction);
		}
	}
	if (at == end) {
		return;
	}
	at++;
	down = *at == '-';
	at += !cool_is_digit(*at);
	for (; at < end; at++) {
		/* A text has no more than some thousands of digits to make up for this. */
		if (power < 100000000) {
			power = power * 10 + (*at - '0');
		}
	}
	d->exponent += down ? -power : power;
}

/* The double of the bits: 64 of a mantissa whose highest is set, of which the lowest stands for 2^e; more: there is a rest. */
static bool compose(uint64_t m, int e, bool more, double *out) {
	int drop = 11; /* 53 bits stay */
	if (e + drop < -1074) {
		drop = -1074 - e; /* the smallest double is 2^-1074 */
	}
	if (drop > 64) {
		*out = 0;
		return true;
	}
	uint64_t kept = drop == 64 ? 0 : m >> drop;
	uint64_t half = UINT64_C(1) << (drop - 1);
	uint64_t rest = m & (half | (half - 1));
	if (rest > half || (rest == half && (more || (kept & 1)))) {
		kept++;
	}
	e += drop;
	if (kept >> 53) {
		kept >>= 1;
		e++;
	}
	if (e > 971) {
		return false;
	}
	/* A mantissa below 2^52 is a subnormal, whose exponent counts as 0. */
	uint64_t bits = kept < (UINT64_C(1) << 52) ? kept : ((uint64_t)(e + 1075) << 52) | (kept & ((UINT64_C(1) << 52) - 1));
	memcpy(out, &bits, sizeof bits);
	return true;
}

/* digits * 10^exponent by division of integers, 64 bits of the quotient and whether there is a rest. */
static bool exact(decimal_t *d, double *out) {
	big_t divisor;
	memset(&divisor, 0, sizeof divisor);
	divisor.word[0] = 1;
	divisor.used = 1;
	if (d->exponent >= 0) {
		big_mul10(&d->value, d->exponent);
	} else {
		big_mul10(&divisor, -d->exponent);
	}
	/* Both get the same number of bits, so that the quotient lies within 1/2 and 2. */
	int e = big_bits(&d->value) - big_bits(&divisor);
	if (e > 0) {
		big_shift(&divisor, e);
	} else {
		big_shift(&d->value, -e);
	}
	/* As many words as the longer one has, and one for what doubling carries. */
	int words = (d->value.used > divisor.used ? d->value.used : divisor.used) + 1;
	if (big_less(&d->value, &divisor, words)) {
		big_step(&d->value, &divisor, words); /* twice as much */
		e--;
	}
	uint64_t quotient = 0;
	for (int i = 0; i < 64; i++) {
		quotient = (quotient << 1) | big_step(&d->value, &divisor, words);
	}
	return compose(quotient, e - 63, !big_zero(&d->value, words), out);
}

bool cool_json_double(cool_json_t v, double *out) {
	/* The powers of ten that a double holds exactly. */
	static const double tens[] = {
		1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	decimal_t d;
	if (cool_json_kind(v) != COOL_JSON_NUMBER) {
		return false;
	}
	read_decimal(v, &d);
	int32_t first = d.exponent + d.digits; /* the number lies within 10^(first-1) and 10^first */
	double value;
	if (d.digits == 0 || first < BOTTOM) {
		value = 0;
	} else if (first > TOP) {
		return false;
	} else if (d.digits <= 19 && d.mantissa <= (UINT64_C(1) << 53) && d.exponent >= -22 && d.exponent <= 22) {
		value = (double)d.mantissa;
		value = d.exponent < 0 ? value / tens[-d.exponent] : value * tens[d.exponent];
	} else if (!exact(&d, &value)) {
		return false;
	}
	/* There is no -0 in the contract. */
	*out = d.negative && value != 0 ? -value : value;
	return true;
}

bool cool_json_integer(cool_json_t v, int64_t low, int64_t high, int64_t *out) {
	if (cool_json_kind(v) != COOL_JSON_NUMBER) {
		return false;
	}
	const char *at = v.at, *end = v.at + v.len;
	bool negative = *at == '-';
	int64_t n = 0;
	at += negative;
	if (end - at > 18) {
		return false;
	}
	for (; at < end; at++) {
		if (!cool_is_digit(*at)) {
			return false;
		}
		n = n * 10 + (*at - '0');
	}
	if (negative) {
		n = -n;
	}
	if (n < low || n > high) {
		return false;
	}
	*out = n;
	return true;
}
