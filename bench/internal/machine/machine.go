// Package machine describes the computer that a measurement was taken on, and
// reads what the kernel knows of a process. It is for Linux.
package machine

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Machine is what a reader has to know to judge a number.
type Machine struct {
	CPU         string        `json:"cpu"`
	Cores       int           `json:"cores"`
	MemoryMiB   int           `json:"memory_mib"`
	Kernel      string        `json:"kernel"`
	Go          string        `json:"go"`
	Filesystem  string        `json:"filesystem"`
	Sync        time.Duration `json:"sync_median_ns"` // 4 KiB written and fdatasync, median
	SyncP99     time.Duration `json:"sync_p99_ns"`
	Load        float64       `json:"load_before"` // load average of the minute before
	OpenFiles   uint64        `json:"open_files"`
	Limitations []string      `json:"limitations,omitempty"`
}

// Describe looks at the machine; dir is where the databases will be.
func Describe(dir string) (Machine, error) {
	m := Machine{
		CPU: field("/proc/cpuinfo", "model name"), Cores: runtime.NumCPU(), Go: runtime.Version(), Filesystem: filesystem(dir),
	}
	if kib, err := strconv.Atoi(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB")); err == nil {
		m.MemoryMiB = kib / 1024
	}
	var uts unix.Utsname
	if err := unix.Uname(&uts); err == nil {
		m.Kernel = unix.ByteSliceToString(uts.Sysname[:]) + " " + unix.ByteSliceToString(uts.Release[:])
	}
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		first, _, _ := strings.Cut(string(b), " ")
		m.Load, _ = strconv.ParseFloat(first, 64)
	}
	var err error
	m.Sync, m.SyncP99, err = syncLatency(dir, 300)
	return m, err
}

// RaiseOpenFiles lets this process, and those that it starts, have as many open
// files as the hard limit allows, or more where it may raise that too. It
// returns the limit it got.
func RaiseOpenFiles(want uint64) (uint64, error) {
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		return 0, fmt.Errorf("read the limit of open files: %w", err)
	}
	if lim.Max < want {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: want, Max: want}); err == nil {
			return want, nil
		}
	}
	lim.Cur = lim.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		return 0, fmt.Errorf("raise the limit of open files to %d: %w", lim.Max, err)
	}
	return lim.Cur, nil
}

func field(file, name string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
		key, value, found := strings.Cut(s.Text(), ":")
		if found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// filesystem names the kind of file system that dir lies on.
func filesystem(dir string) string {
	var fs unix.Statfs_t
	if unix.Statfs(dir, &fs) != nil {
		return "unknown"
	}
	names := map[int64]string{
		unix.EXT4_SUPER_MAGIC: "ext4", unix.XFS_SUPER_MAGIC: "xfs", unix.BTRFS_SUPER_MAGIC: "btrfs",
		unix.TMPFS_MAGIC: "tmpfs (not a disk: nothing is durable)", unix.OVERLAYFS_SUPER_MAGIC: "overlayfs",
	}
	if n, ok := names[fs.Type]; ok {
		return n
	}
	return fmt.Sprintf("type %#x", fs.Type)
}

// syncLatency appends n blocks of 4 KiB to a file in dir, each with fdatasync:
// what one durable commit costs the disk at least.
func syncLatency(dir string, n int) (median, p99 time.Duration, err error) {
	f, err := os.Create(filepath.Join(dir, "sync-latency"))
	if err != nil {
		return 0, 0, fmt.Errorf("measure the disk: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	block := make([]byte, 4096)
	times := make([]time.Duration, n)
	for i := range times {
		start := time.Now()
		if _, err := f.Write(block); err != nil {
			return 0, 0, fmt.Errorf("measure the disk: %w", err)
		}
		if err := unix.Fdatasync(int(f.Fd())); err != nil {
			return 0, 0, fmt.Errorf("measure the disk: %w", err)
		}
		times[i] = time.Since(start)
	}
	slices.Sort(times)
	return times[n/2], times[n*99/100], nil
}
