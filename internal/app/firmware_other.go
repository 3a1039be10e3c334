//go:build !linux

package app

import "syscall"

// endWithUs is for systems whose kernel does not end a child with its parent.
func endWithUs() *syscall.SysProcAttr { return nil }
