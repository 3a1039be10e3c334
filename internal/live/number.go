package live

import (
	"encoding/json"
	"math"
	"strconv"
)

// AppendNumber appends v as a JSON number in its shortest exact form, and null
// where v is not finite. What it appends reads back as exactly v.
//
// Readings rarely have more than four decimals. For those the digits are those
// of the integer v*10000, which is several times faster than the general
// algorithm: where n/10000 rounds to v, the decimal n*10^-4 reads back as v, and
// below 2^53 no shorter decimal does.
func AppendNumber(dst []byte, v float64) []byte {
	const scale, limit = 1e4, 1e12
	if x := v * scale; x < limit && x > -limit {
		n := int64(x)
		if float64(n) == x && float64(n)/scale == v && (n != 0 || !math.Signbit(v)) {
			return appendScaled(dst, n)
		}
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(dst, "null"...)
	}
	format := byte('f')
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, v, format, -1, 64)
}

// appendScaled appends n/10000 without trailing zeros.
func appendScaled(dst []byte, n int64) []byte {
	if n < 0 {
		dst = append(dst, '-')
		n = -n
	}
	dst = strconv.AppendInt(dst, n/1e4, 10)
	f := n % 1e4
	if f == 0 {
		return dst
	}
	dst = append(dst, '.', byte('0'+f/1000), byte('0'+f/100%10), byte('0'+f/10%10), byte('0'+f%10))
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// appendString appends s as a JSON string. Ids and metric names need no
// escapes, and those are nearly all there is.
func appendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, err := json.Marshal(s)
			if err != nil { // cannot be: invalid UTF-8 is replaced
				quoted = []byte(`""`)
			}
			return append(dst, quoted...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}
