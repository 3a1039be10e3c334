package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"coolant"
)

// Problem is an error answer by RFC 9457 with the project's stable code.
type Problem struct {
	Type   string          `json:"type" doc:"Always about:blank: the code says what kind it is" example:"about:blank"`
	Title  string          `json:"title" doc:"The HTTP status in words" example:"Bad Request"`
	Status int             `json:"status" example:"400"`
	Detail string          `json:"detail" doc:"What went wrong this time, in English"`
	Code   coolant.Code    `json:"code" enum:"invalid,not_found,conflict,forbidden,unavailable,storage_full,internal" doc:"Stable name of the kind of error"`
	Errors []ProblemDetail `json:"errors,omitempty" doc:"Each parameter that is wrong; after a conflict, what somebody else changed"`
}

// ProblemDetail names one wrong parameter.
type ProblemDetail struct {
	Location string `json:"location" doc:"Where, such as query.width" example:"query.width"`
	Message  string `json:"message" doc:"What is allowed there" example:"must be a whole number from 1 to 10000"`
	Value    string `json:"value,omitempty" doc:"What was sent, at most 100 characters"`
}

// problemType is the content type of error answers.
const problemType = "application/problem+json"

// Error is the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status; with it a Problem is an error of huma's.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType makes huma send a Problem with its own content type.
func (p *Problem) ContentType(string) string { return problemType }

// statusOf maps the codes that cross the boundary to HTTP statuses.
func statusOf(code coolant.Code) int {
	switch code {
	case coolant.CodeInvalid:
		return http.StatusBadRequest
	case coolant.CodeNotFound:
		return http.StatusNotFound
	case coolant.CodeConflict:
		return http.StatusConflict
	case coolant.CodeForbidden:
		return http.StatusForbidden
	case coolant.CodeUnavailable:
		return http.StatusServiceUnavailable
	case coolant.CodeStorageFull:
		return http.StatusInsufficientStorage
	case coolant.CodeInternal:
	}
	return http.StatusInternalServerError
}

// codeOf maps a status that has no error of ours behind it to a code.
func codeOf(status int) coolant.Code {
	switch {
	case status == http.StatusNotFound:
		return coolant.CodeNotFound
	case status == http.StatusConflict:
		return coolant.CodeConflict
	case status == http.StatusForbidden || status == http.StatusUnauthorized:
		return coolant.CodeForbidden
	case status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests:
		return coolant.CodeUnavailable
	case status >= 400 && status < 500:
		return coolant.CodeInvalid
	}
	return coolant.CodeInternal
}

// newProblem is a Problem with the status that belongs to code.
func newProblem(code coolant.Code, detail string, errs ...ProblemDetail) *Problem {
	return problemFor(statusOf(code), code, detail, errs...)
}

func problemFor(status int, code coolant.Code, detail string, errs ...ProblemDetail) *Problem {
	return &Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Detail: detail, Code: code, Errors: errs,
	}
}

// problemOf turns err into a Problem. The text of an internal error stays
// inside: it can name files and queries. The caller logs it.
func problemOf(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	code := coolant.CodeOf(err)
	if code == coolant.CodeInternal {
		return newProblem(code, "The server made a mistake; its log says more.")
	}
	p := newProblem(code, err.Error())
	if stale, ok := errors.AsType[*coolant.StaleError](err); ok {
		for _, c := range stale.Changes {
			p.Errors = append(p.Errors, ProblemDetail{Location: "body.body." + c.Path, Message: c.String(), Value: shorten(c.After)})
		}
	}
	return p
}

// write sends p; the header must not have been sent yet.
func (p *Problem) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", problemType)
	h.Set("Cache-Control", "no-store")
	h.Del("ETag")
	h.Del("Content-Encoding")
	h.Del("Content-Length")
	h.Del("Content-Disposition")
	w.WriteHeader(p.Status)
	if r.Method == http.MethodHead {
		return
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(p) // the client is gone, and nothing can be done about it
}

// wantsPage reports whether the request comes from someone who navigates.
func wantsPage(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}
