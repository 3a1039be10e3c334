#include "cool/dewpoint.h"

#include "number.h"

#define LN2 0.69314718055994530942

/* The natural logarithm of a number above 0 and up to 1.5: powers of two bring it to 0.75 and more, where the series of the inverse hyperbolic tangent of
   (x - 1) / (x + 1), at most a fifth, has 1e-16 after eleven terms. */
static double ln(double x) {
	double sum = 0;
	while (x < 0.75) {
		x *= 2;
		sum -= LN2;
	}
	double y = (x - 1) / (x + 1), square = y * y, power = y;
	for (int k = 1; k < 23; k += 2) {
		sum += 2 * power / k;
		power *= square;
	}
	return sum;
}

bool cool_dew_point(double celsius, double rh, double *dew) {
	if (!(rh >= 0.1 && rh <= 100) || !cool_within(celsius, -40, 125)) return false;
	double gamma = ln(rh / 100) + 17.625 * celsius / (243.04 + celsius);
	*dew = 243.04 * gamma / (17.625 - gamma);
	return true;
}
