package image

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const sample = `# comment
FROM --platform=$BUILDPLATFORM golang:1 AS build
RUN echo 'a "b"' && \
    make
COPY . .

FROM scratch
LABEL a="b c" \
      d=e
COPY --from=build --chown=7:8 /out/d /data
COPY x y /etc/
ENV A=1 B=
USER 7:8
VOLUME ["/data"]
EXPOSE 80 81
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --retries=3 CMD ["/b", "ok"]
ENTRYPOINT ["/b"]
CMD ["serve", "a b"]
`

func TestParse(t *testing.T) {
	stages, err := Parse(strings.NewReader(sample))
	if err != nil {
		t.Fatal(err)
	}
	if len(stages) != 2 || stages[0].Name != "build" || stages[0].Base != "golang:1" || stages[1].Base != "scratch" {
		t.Fatalf("stages: %+v", stages)
	}
	if run := stages[0].Instructions[0]; run.Text != `echo 'a "b"' && make` || run.Line != 3 {
		t.Errorf("RUN: %+v", run)
	}
	got, err := stages[1].Config()
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Env: []string{"A=1", "B="}, User: "7:8", Entrypoint: []string{"/b"}, Cmd: []string{"serve", "a b"},
		Volumes: []string{"/data"}, Exposed: []string{"80", "81"}, StopSignal: "SIGTERM",
		Health: Healthcheck{Command: []string{"/b", "ok"}, Interval: 30 * time.Second, Timeout: 5 * time.Second, Retries: "3"},
		Labels: map[string]string{"a": "b c", "d": "e"},
		Copies: []Copy{
			{From: "build", Sources: []string{"/out/d"}, Dest: "/data", Owner: "7:8"},
			{Sources: []string{"x", "y"}, Dest: "/etc/"},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestMistakes(t *testing.T) {
	tests := []struct{ name, text, err string }{
		{"nothing", "# only this", "no FROM"},
		{"too early", "ENV A=1\nFROM scratch", "line 1: ENV before"},
		{"unfinished", "FROM scratch\nENV A=1 \\", "goes on"},
		{"odd FROM", "FROM a b", "neither"},
		{"a shell's entry point", "FROM scratch\nENTRYPOINT /b serve", "line 2: ENTRYPOINT: \"/b serve\" needs a shell"},
		{"a shell's health check", "FROM scratch\nHEALTHCHECK CMD /b ok", "needs a shell"},
		{"no health check", "FROM scratch\nHEALTHCHECK NONE", "not a CMD"},
		{"RUN without a shell", "FROM scratch\nRUN true", "cannot have it"},
		{"two users", "FROM scratch\nUSER a b", "one word"},
		{"open quote", "FROM scratch\nENV A=\"1", "not closed"},
		{"no value", "FROM scratch\nENV A", "not NAME=value"},
		{"relative", "FROM scratch\nCOPY a b", "absolute"},
		{"several into one", "FROM scratch\nCOPY a b /c", "slash"},
		{"unknown flag", "FROM scratch\nCOPY --link=true a /b", "--link"},
		{"not a list", "FROM scratch\nCMD [serve]", "exec form"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			stages, err := Parse(strings.NewReader(tt.text))
			if err == nil {
				_, err = stages[len(stages)-1].Config()
			}
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%v, want %q", err, tt.err)
			}
		})
	}
}

func TestLay(t *testing.T) {
	from, root := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{"x": "12", "y": "345", "d/e/f": "6"} {
		name = filepath.Join(from, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	c := Config{Copies: []Copy{
		{Sources: []string{"x", "y"}, Dest: "/etc/"},
		{From: "build", Sources: []string{"d"}, Dest: "/data"},
		{Sources: []string{"x"}, Dest: "/bin/z"},
	}}
	stages := map[string]bool{}
	err := c.Lay(root, func(stage, name string) (string, error) {
		stages[stage] = true
		return filepath.Join(from, name), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"etc/x": "12", "etc/y": "345", "data/e/f": "6", "bin/z": "12"} {
		if got, err := os.ReadFile(filepath.Join(root, name)); err != nil || string(got) != want {
			t.Errorf("%s is %q, %v; want %q", name, got, err, want)
		}
	}
	if n, err := Size(root); n != 8 || err != nil {
		t.Errorf("size %d, %v; want 8", n, err)
	}
	if !stages[""] || !stages["build"] {
		t.Errorf("asked for the stages %v", stages)
	}
	if err := c.Lay(root, func(string, string) (string, error) { return filepath.Join(from, "x"), nil }); err == nil {
		t.Error("what is there was overwritten")
	}
}

func TestIDs(t *testing.T) {
	for _, bad := range []string{"", "coolant", "coolant:coolant", "1:x"} {
		if _, _, err := IDs(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if uid, gid, err := IDs("65532:65531"); uid != 65532 || gid != 65531 || err != nil {
		t.Errorf("%d:%d, %v", uid, gid, err)
	}
}
