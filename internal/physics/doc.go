// Package physics finds out what the readings of a loop say together: the heat that the
// water carries, with the error that the parts' makers leave it; the thermal resistance
// from water to air, and whether it grows over weeks, as that of a clogging radiator does;
// the time constant of the water; and the dew point.
//
// [Now], [TimeConstant], [Resistance] and [Guard] are pure: they take a [Table] of readings
// and what is known of the device (a [Loop]), and know neither clock nor store. [Reader]
// reads the tables that they need, and keeps the answers for a while.
//
// # Errors
//
// Every band is an expanded uncertainty as the "Guide to the expression of uncertainty in
// measurement" (JCGM 100:2008) defines it: a bound of a maker is a rectangular
// distribution, whose standard uncertainty is its half-width over the square root of 3;
// independent ones add as squares; and the band is twice the sum, which holds the true
// value in about 95 of 100 cases. The scatter of the readings within a window is not in
// it: it is mostly that of the load, whose mean is what is asked for.
package physics
