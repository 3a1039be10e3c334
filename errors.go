package coolant

import (
	"errors"
	"fmt"
)

// Code is a stable name of a kind of error. The API, the command line and both
// languages of the UI say the same thing by it.
type Code string

// The codes that cross a boundary.
const (
	CodeInvalid     Code = "invalid"     // the caller's mistake; the message says what and where
	CodeNotFound    Code = "not_found"   // no such thing
	CodeConflict    Code = "conflict"    // exists already, or was changed meanwhile
	CodeForbidden   Code = "forbidden"   // not allowed
	CodeUnavailable Code = "unavailable" // cannot be done now; trying later may help
	CodeStorageFull Code = "storage_full"
	CodeInternal    Code = "internal" // a defect of ours
)

// Error is an error with a code, for callers on the far side of a boundary.
type Error struct {
	Code Code
	err  error
}

// Errorf makes an [Error] with the text of fmt.Errorf; %w names its cause.
func Errorf(code Code, format string, args ...any) error {
	return &Error{Code: code, err: fmt.Errorf(format, args...)}
}

// Error is the text, without the code.
func (e *Error) Error() string { return e.err.Error() }

// Unwrap returns the cause, if one was wrapped.
func (e *Error) Unwrap() error { return errors.Unwrap(e.err) }

// CodeOf returns the code of the outermost [Error] in err's chain, CodeInternal
// where there is none, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}
