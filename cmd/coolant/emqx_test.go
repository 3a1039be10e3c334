package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestEMQX follows a device through a register with an EMQX beside it, which
// fails in between.
func TestEMQX(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	var passwords []string
	status := http.StatusNoContent
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		var user struct{ Password string }
		if json.Unmarshal(body, &user) == nil && user.Password != "" {
			passwords = append(passwords, user.Password)
		}
		what := r.Method
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, `{"sources":[{"type":"file","enable":true},{"type":"built_in_database","enable":true}]}`)
			return
		}
		for _, part := range []string{"rules", "authentication", "clients"} {
			if strings.Contains(r.URL.Path, part) {
				what += " " + part
				break
			}
		}
		asked = append(asked, what)
		if key, secret, _ := r.BasicAuth(); key != "k" || secret != "s" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	data := t.TempDir()
	env := []string{"COOLANT_EMQX_API_KEY=k", "COOLANT_EMQX_API_SECRET_FILE=" + writeFile(t, "s\n")}
	put, rotate := []string{"POST rules", "POST authentication"}, []string{"POST rules", "POST authentication", "DELETE clients"}
	remove := []string{"DELETE authentication", "DELETE clients", "DELETE rules"}
	tests := []struct {
		name   string
		env    []string
		args   []string
		status int
		exit   int
		stdout string
		stderr string
		asked  []string
	}{
		{"without a key nothing is done", nil, []string{"add", "loop"}, 204, exitUsage, "", "COOLANT_EMQX_API_KEY", nil},
		{"a key twice", append(slices.Clone(env), "COOLANT_EMQX_API_SECRET=s"), []string{"add", "loop"}, 204, exitUsage, "", "set one of them", nil},
		{"a key file that is not there", []string{"COOLANT_EMQX_API_KEY_FILE=/does/not/exist"}, []string{"add", "loop"}, 204, exitUsage, "", "/does/not/exist", nil},
		{"EMQX fails", env, []string{"add", "loop"}, 500, exitFailed, `"id":"loop"`, "loop is registered here, but not at EMQX", []string{"POST rules"}},
		{"adding again points to rotate", env, []string{"add", "loop"}, 204, exitFailed, "", "device rotate loop --emqx-api " + server.URL + " --data " + data, nil},
		{"rotate repeats it", env, []string{"rotate", "loop"}, 204, exitOK, `"id":"loop"`, "Warning: EMQX asks file before", rotate},
		{"another device", env, []string{"add", "pool"}, 204, exitOK, `"id":"pool"`, "", put},
		{"a wrong key", []string{"COOLANT_EMQX_API_KEY=k", "COOLANT_EMQX_API_SECRET=x"}, []string{"rotate", "pool"}, 204, exitFailed, `"id":"pool"`, "pool has the new password here, but not at EMQX", []string{"POST rules"}},
		{"a removal fails there", env, []string{"remove", "loop"}, 500, exitFailed, "", "device remove loop --emqx-api", []string{"DELETE authentication"}},
		{"and is repeated", env, []string{"remove", "loop"}, 204, exitOK, `"removed":true`, "", remove},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			mu.Lock()
			asked, passwords, status = nil, nil, tt.status
			mu.Unlock()
			var out, errs bytes.Buffer
			exit := run(append(append([]string{"device"}, tt.args...), "--data", data, "--json", "--emqx-api", server.URL), tt.env, &out, &errs)
			if exit != tt.exit || !strings.Contains(out.String(), tt.stdout) || tt.stdout == "" && out.Len() > 0 || !strings.Contains(errs.String(), tt.stderr) {
				t.Errorf("exit code %d: %s%s; want %d, %q and %q", exit, out.String(), errs.String(), tt.exit, tt.stdout, tt.stderr)
			}
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(asked, tt.asked) {
				t.Errorf("asked %q, want %q", asked, tt.asked)
			}
			for _, password := range passwords {
				if !strings.Contains(out.String(), `"password":"`+password+`"`) {
					t.Error("EMQX got another password than was shown")
				}
			}
			if exit == exitOK && tt.args[0] != "remove" && len(passwords) != 1 {
				t.Errorf("%d passwords were set", len(passwords))
			}
		})
	}
}
