package wire

import (
	"math"
	"strconv"
)

// number is a JSON number as it was written. Mantissa and scale hold it where it
// has at most 18 digits, which leaves the common ones without a second parser.
type number struct {
	text     []byte
	mantissa uint64 // all digits, the point left out
	digits   int    // how many of them; above 18 mantissa is meaningless
	scale    int    // the power of ten that the point stands for, 0 or less
	negative bool
	exponent bool // it has one; then only text is meaningful
	whole    bool // neither a point nor an exponent
}

// scanNumber reads the number at the present position into s.num.
func (s *scanner) scanNumber() bool {
	data, i := s.data, s.pos
	negative := i < len(data) && data[i] == '-'
	if negative {
		i++
	}
	first := i
	var mantissa uint64
	for ; i < len(data) && data[i]-'0' < 10; i++ {
		mantissa = mantissa*10 + uint64(data[i]-'0')
	}
	digits, scale := i-first, 0
	switch {
	case digits == 0 && negative:
		return s.failAt(i, "a digit is expected")
	case digits == 0:
		return s.failAt(i, "a value is expected")
	case digits > 1 && data[first] == '0':
		return s.failAt(first, "a number may not begin with 0")
	}
	whole, exponent := true, false
	if i < len(data) && data[i] == '.' {
		whole = false
		i++
		point := i
		for ; i < len(data) && data[i]-'0' < 10; i++ {
			mantissa = mantissa*10 + uint64(data[i]-'0')
		}
		if i == point {
			return s.failAt(i, "a digit is expected")
		}
		scale = point - i
		digits -= scale
	}
	if i < len(data) && data[i]|0x20 == 'e' {
		whole, exponent = false, true
		i++
		if i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		power := i
		for i < len(data) && data[i]-'0' < 10 {
			i++
		}
		if i == power {
			return s.failAt(i, "a digit is expected")
		}
	}
	s.num = number{
		text: data[s.pos:i], mantissa: mantissa, digits: digits, scale: scale,
		negative: negative, exponent: exponent, whole: whole,
	}
	s.pos = i
	return true
}

// tens are the powers of ten that a float64 holds exactly.
var tens = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// float returns the nearest float64, never -0; ok is false where the number is
// too large for one. A mantissa and a power of ten that are both exact make one
// correctly rounded division (Clinger, 1990); everything else goes to strconv.
func (n *number) float() (v float64, ok bool) {
	if !n.exponent && n.digits <= 18 && n.mantissa <= 1<<53 && n.scale > -len(tens) {
		v = float64(n.mantissa)
		if n.scale != 0 {
			v /= tens[-n.scale]
		}
		if n.negative && v != 0 {
			v = -v
		}
		return v, true
	}
	v, err := strconv.ParseFloat(string(n.text), 64)
	if err != nil || math.IsInf(v, 0) {
		return 0, false
	}
	return v + 0, true // -0 + 0 is 0
}

// integer returns the number if it is written without point and exponent and
// lies within plus or minus MaxInteger, which every language of the project
// holds exactly.
func (n *number) integer() (v int64, ok bool) {
	if !n.whole || n.digits > 18 || n.mantissa > MaxInteger {
		return 0, false
	}
	if n.negative {
		return -int64(n.mantissa), true
	}
	return int64(n.mantissa), true
}
