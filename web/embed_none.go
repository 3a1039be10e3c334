//go:build !ui

package web

import "io/fs"

// FS returns the built page, with index.html at its root, or nil in a binary
// that was built without it.
func FS() fs.FS { return nil }
