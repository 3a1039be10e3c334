package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

const repository = "../.."

func moment() time.Time { return time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC) }

// TestReproducible builds a release for this machine in two folders. Both must
// be the same to the last byte, and the binary must run and say its version.
func TestReproducible(t *testing.T) {
	here := target{os: runtime.GOOS, arch: runtime.GOARCH}
	if !slices.Contains(targets(), here) {
		t.Fatalf("a release has nothing for %s", here)
	}
	tags := "ui"
	if _, err := os.Stat(filepath.Join(repository, "web", "dist", "index.html")); err != nil {
		t.Log("the page is not built, so the binaries are built without it")
		tags = ""
	}
	elsewhere := t.TempDir()
	copyTree(t, elsewhere)
	var made [2]map[string][]byte
	for i, root := range []string{repository, elsewhere} {
		out := filepath.Join(t.TempDir(), "dist")
		r := release{root: root, version: "v1.2.3", tags: tags, time: moment(), targets: []target{here}}
		if err := r.write(t.Context(), out); err != nil {
			t.Fatal(err)
		}
		made[i] = readFolder(t, out)
	}
	archive := "coolant_1.2.3_" + here.String() + ".tar.gz"
	if names := slices.Sorted(maps.Keys(made[0])); !slices.Equal(names, []string{"SHA256SUMS", archive}) {
		t.Fatalf("the release is %q", names)
	}
	for name := range made[0] {
		if !bytes.Equal(made[0][name], made[1][name]) {
			t.Errorf("%s differs from one folder to the other", name)
		}
	}
	if want := fmt.Sprintf("%x  %s\n", sha256.Sum256(made[0][archive]), archive); string(made[0]["SHA256SUMS"]) != want {
		t.Errorf("SHA256SUMS is %q, want %q", made[0]["SHA256SUMS"], want)
	}
	files := untar(t, made[0][archive])
	bin := filepath.Join(t.TempDir(), "coolant")
	if err := os.WriteFile(bin, files["coolant_1.2.3_"+here.String()+"/coolant"], 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), bin, "version").CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "coolant v1.2.3 ") {
		t.Errorf("coolant version: %q, %v", out, err)
	}
}

// TestArchives checks what is in the archive of each target.
func TestArchives(t *testing.T) {
	r := release{root: repository, version: "v1.2.3", time: moment()}
	for _, tt := range targets() {
		t.Run(tt.String(), func(t *testing.T) {
			name, archive, err := r.pack(tt, []byte("binary"))
			if err != nil {
				t.Fatal(err)
			}
			folder := "coolant_1.2.3_" + tt.String()
			var files map[string][]byte
			want := []string{"LICENSE", "README.md", "README.zh-CN.md"}
			switch tt.os {
			case "windows":
				want = append(want, "coolant.exe")
				files = unzip(t, archive)
			case "linux":
				want = append(want, "coolant", "coolant.service")
				files = untar(t, archive)
			default:
				want = append(want, "coolant")
				files = untar(t, archive)
			}
			if ext := strings.TrimPrefix(name, folder); ext != ".tar.gz" && (tt.os != "windows" || ext != ".zip") {
				t.Errorf("it is called %s", name)
			}
			for i := range want {
				want[i] = folder + "/" + want[i]
			}
			slices.Sort(want)
			if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, want) {
				t.Errorf("it holds %q, want %q", got, want)
			}
			licence, err := os.ReadFile(filepath.Join(repository, "LICENSE"))
			if err != nil || !bytes.Equal(files[folder+"/LICENSE"], licence) {
				t.Errorf("its licence is another: %v", err)
			}
		})
	}
}

func TestTargets(t *testing.T) {
	for _, name := range []string{"linux_amd64", "linux_arm64", "linux_armv7", "darwin_amd64", "darwin_arm64", "windows_amd64", "windows_arm64"} {
		if got, err := parseTarget(name); err != nil || got.String() != name {
			t.Errorf("%s is %v, %v", name, got, err)
		}
	}
	if _, err := parseTarget("linux_arm"); err == nil {
		t.Error("a target without its version is taken")
	}
}

// copyTree copies what git knows, and the page.
func copyTree(t *testing.T, to string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "-C", repository, "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join(repository, name))
		if errors.Is(err, os.ErrNotExist) {
			continue // removed, and not yet committed
		}
		target := filepath.Join(to, name)
		if err := errors.Join(err, os.MkdirAll(filepath.Dir(target), 0o755), os.WriteFile(target, text, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	dist := filepath.Join(repository, "web", "dist")
	if _, err := os.Stat(dist); err == nil {
		if err := os.CopyFS(filepath.Join(to, "web", "dist"), os.DirFS(dist)); err != nil {
			t.Fatal(err)
		}
	}
}

func readFolder(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range list {
		if out[f.Name()], err = os.ReadFile(filepath.Join(dir, f.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func untar(t *testing.T, archive []byte) map[string][]byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	if !z.ModTime.IsZero() || z.Name != "" {
		t.Errorf("the compressed stream names %q and %v", z.Name, z.ModTime)
	}
	files, last := map[string][]byte{}, ""
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Name <= last || !h.ModTime.Equal(moment()) || h.Uid != 0 || h.Gid != 0 || h.Uname != "" {
			t.Errorf("%s: after %s, of %v, owner %d:%d %s", h.Name, last, h.ModTime, h.Uid, h.Gid, h.Uname)
		}
		if program := strings.HasSuffix(h.Name, "/coolant"); program != (h.Mode == 0o755) {
			t.Errorf("%s has the mode %o", h.Name, h.Mode)
		}
		last = h.Name
		if files[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

func unzip(t *testing.T, archive []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		if !f.Modified.Equal(moment()) {
			t.Errorf("%s is of %v", f.Name, f.Modified)
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// TestCommitTime takes the packager's word before git's.
func TestCommitTime(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1764000000")
	if got, err := commitTime(context.Background()); err != nil || got.Unix() != 1764000000 {
		t.Errorf("%v, %v", got, err)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "yesterday")
	if _, err := commitTime(context.Background()); err == nil {
		t.Error("a word is taken for a time")
	}
}
