package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// entry is a file in an archive.
type entry struct {
	name string
	mode int64
	data []byte
}

// pack returns the archive of a target: a zip file for Windows, else a
// compressed tar file. Everything lies in one folder with the archive's name.
func (r release) pack(t target, binary []byte) (name string, archive []byte, err error) {
	folder := fmt.Sprintf("coolant_%s_%s", strings.TrimPrefix(r.version, "v"), t)
	program := "coolant"
	if t.os == "windows" {
		program += ".exe"
	}
	entries := []entry{{program, 0o755, binary}}
	files := map[string]string{"LICENSE": "LICENSE", "README.md": "README.md", "README.zh-CN.md": "README.zh-CN.md"}
	if t.os == "linux" {
		files["coolant.service"] = "deploy/systemd/coolant.service"
	}
	for as, from := range files {
		text, err := os.ReadFile(filepath.Join(r.root, filepath.FromSlash(from)))
		if err != nil {
			return "", nil, err
		}
		entries = append(entries, entry{as, 0o644, text})
	}
	for i := range entries {
		entries[i].name = folder + "/" + entries[i].name
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	if t.os == "windows" {
		archive, err = r.zip(entries)
		return folder + ".zip", archive, err
	}
	archive, err = r.tar(entries)
	return folder + ".tar.gz", archive, err
}

func (r release) tar(entries []entry) ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression) // its header names no file and no time
	if err != nil {
		return nil, err
	}
	w := tar.NewWriter(z)
	for _, e := range entries {
		err := w.WriteHeader(&tar.Header{Name: e.name, Mode: e.mode, Size: int64(len(e.data)), ModTime: r.time, Format: tar.FormatUSTAR})
		if err == nil {
			_, err = w.Write(e.data)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (r release) zip(entries []entry) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Modified: r.time}
		h.SetMode(os.FileMode(e.mode))
		f, err := w.CreateHeader(h)
		if err == nil {
			_, err = f.Write(e.data)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
