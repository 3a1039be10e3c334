package wire

// DecodeArticle reads the message of the article's sketch, {"temp":21.5}: a
// temperature in C. Only a number is a temperature; the sketch sends one, and a
// quoted number says that something else speaks on its topic. The error is a
// [*Problem].
func DecodeArticle(p []byte) (temp float64, err error) {
	o := parseObject(p)
	if o.need("temp") {
		temp, _ = o.number("temp")
	}
	if err := o.err(); err != nil {
		return 0, err
	}
	return temp, nil
}

// AppendArticle appends the JSON form of the article's message to dst. Temp must
// be finite.
func AppendArticle(dst []byte, temp float64) []byte {
	dst = append(dst, `{"temp":`...)
	dst = appendNumber(dst, temp)
	return append(dst, '}')
}
