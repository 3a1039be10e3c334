package image

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Lay copies what the stage copies into the empty directory root. find says
// where a source lies on this machine, by the stage it comes from ("" for the
// build context) and its path there. Owners are set only by root.
func (c Config) Lay(root string, find func(stage, name string) (string, error)) error {
	for _, cp := range c.Copies {
		for _, source := range cp.Sources {
			from, err := find(cp.From, source)
			if err != nil {
				return err
			}
			dest := filepath.Join(root, cp.Dest)
			info, err := os.Stat(from)
			if err != nil {
				return err
			}
			if strings.HasSuffix(cp.Dest, "/") && !info.IsDir() {
				dest = filepath.Join(dest, filepath.Base(source))
			}
			if err := lay(from, dest, cp.Owner); err != nil {
				return fmt.Errorf("lay %s: %w", cp.Dest, err)
			}
		}
	}
	return nil
}

func lay(from, dest, owner string) error {
	return filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		target := filepath.Join(dest, rel)
		if d.IsDir() {
			err = os.MkdirAll(target, 0o755)
		} else {
			err = copyFile(name, target)
		}
		if err == nil && owner != "" {
			err = own(target, owner)
		}
		return err
	})
}

func copyFile(from, to string) (err error) {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, info.Mode().Perm())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}

// IDs reads a USER or an owner that consists of two numbers.
func IDs(owner string) (uid, gid int, err error) {
	user, group, ok := strings.Cut(owner, ":")
	if !ok {
		return 0, 0, fmt.Errorf("%q is not uid:gid", owner)
	}
	if uid, err = strconv.Atoi(user); err != nil {
		return 0, 0, fmt.Errorf("user of %q: %w", owner, err)
	}
	if gid, err = strconv.Atoi(group); err != nil {
		return 0, 0, fmt.Errorf("group of %q: %w", owner, err)
	}
	return uid, gid, nil
}

func own(name, owner string) error {
	uid, gid, err := IDs(owner)
	if err != nil || os.Geteuid() != 0 {
		return err
	}
	return os.Chown(name, uid, gid)
}

// Size is the sum of all files below root in bytes, which is what an image's
// layers hold before they are compressed.
func Size(root string) (bytes int64, err error) {
	err = filepath.WalkDir(root, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	return bytes, err
}
