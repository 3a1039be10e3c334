package physics

import "math"

// fit is a linear regression by least squares: y = sum of coefficients times columns.
type fit struct {
	b         []float64   // coefficients
	cov       [][]float64 // their covariance, of errors that are independent
	residuals []float64   // what is left of y, row by row
}

// squares fits y by the columns x of each row. ok is false if there are not more rows than
// columns, or the columns cannot be told apart.
func squares(x [][]float64, y []float64) (f fit, ok bool) {
	if len(x) == 0 || len(x) <= len(x[0]) {
		return fit{}, false
	}
	n := len(x[0])
	// Columns are scaled to length 1, so that a pivot says how much of one is its own.
	scale := make([]float64, n)
	for _, row := range x {
		for j, v := range row {
			scale[j] += v * v
		}
	}
	for j := range scale {
		if scale[j] = math.Sqrt(scale[j]); !(scale[j] > 0) {
			return fit{}, false
		}
	}
	normal, right := square(n), make([]float64, n)
	for k, row := range x {
		for i := range n {
			right[i] += row[i] / scale[i] * y[k]
			for j := range n {
				normal[i][j] += row[i] / scale[i] * row[j] / scale[j]
			}
		}
	}
	inverse, ok := invert(normal)
	if !ok {
		return fit{}, false
	}
	f = fit{b: make([]float64, n), cov: square(n)}
	for i := range n {
		for j := range n {
			f.b[i] += inverse[i][j] * right[j] / scale[i]
		}
	}
	rest := 0.0
	for k, row := range x {
		d := y[k]
		for j, v := range row {
			d -= f.b[j] * v
		}
		rest += d * d
		f.residuals = append(f.residuals, d)
	}
	variance := rest / float64(len(x)-n)
	for i := range n {
		for j := range n {
			f.cov[i][j] = inverse[i][j] * variance / scale[i] / scale[j]
		}
	}
	return f, true
}

// combine returns the sum of the coefficients times w, and its standard uncertainty.
func (f *fit) combine(w []float64) (value, uncertainty float64) {
	variance := 0.0
	for i := range w {
		value += w[i] * f.b[i]
		for j := range w {
			variance += w[i] * w[j] * f.cov[i][j]
		}
	}
	return value, math.Sqrt(max(variance, 0))
}

// leastPivot is how much of a column may at least be its own: less, and the answer is the
// readings' noise.
const leastPivot = 1e-6

// invert inverts a positive definite matrix by the Gauss-Jordan method, which needs no
// exchange of rows for such a one. It destroys a.
func invert(a [][]float64) (inverse [][]float64, ok bool) {
	n := len(a)
	inverse = square(n)
	for i := range n {
		inverse[i][i] = 1
	}
	for i := range n {
		p := a[i][i]
		if !(p > leastPivot) {
			return nil, false
		}
		for j := range n {
			a[i][j] /= p
			inverse[i][j] /= p
		}
		for k := range n {
			if k == i {
				continue
			}
			part := a[k][i]
			for j := range n {
				a[k][j] -= part * a[i][j]
				inverse[k][j] -= part * inverse[i][j]
			}
		}
	}
	return inverse, true
}

func square(n int) [][]float64 {
	m := make([][]float64, n)
	for i := range m {
		m[i] = make([]float64, n)
	}
	return m
}
