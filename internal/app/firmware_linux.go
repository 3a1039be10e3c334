package app

import "syscall"

// endWithUs lets the kernel ask a child process to end when this process is gone,
// however it went.
func endWithUs() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}
