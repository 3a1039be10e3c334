package config

import (
	"strings"
	"testing"
)

// TestSecretsStayOut checks that no mistake shows a secret, in its message or in its
// excerpt, and still shows what helps.
func TestSecretsStayOut(t *testing.T) {
	tests := []struct {
		name string
		yaml string
		env  []string
		want string // in the text of the error
	}{
		{name: "beside a mistake", yaml: "remote:\n  password: hunter2-and-more\n  url: nonsense\n  username: me\n", want: ">  3 |   url: nonsense"},
		{name: "in an address", yaml: "remote:\n  url: mqtts://me:hunter2@b.example\n", want: ">  2 |   url: ***@b.example\n              ^"},
		{name: "in an address in quotes", yaml: "remote:\n  url: \"mqtts://me:hunter2@b.example\"\n", want: `url: "***@b.example"`},
		{name: "in an address without a scheme", yaml: "remote:\n  url: me:hunter2@b.example:8883\n", want: `"***@b.example:8883" is not an address`},
		{name: "with an @ in it", yaml: "remote:\n  url: http://me:hunter2@hunter2@b.example\n", want: `"***@b.example": the scheme`},
		{name: "with a :// in it", yaml: "remote:\n  url: me:hunter2://x@b.example\n", want: `"***@b.example"`},
		{name: "in the query of an address", yaml: "remote:\n  url: wss://b.example/mqtt?token=hunter2\n", want: `"wss://b.example/mqtt?***": an address has no ?`},
		{name: "in an address in lines", yaml: "remote:\n  url: >-\n    mqtts://me:hunter2@b.example\n", want: "  url: ***\n              ^\n   3 |     ***"},
		{name: "in an address over two lines", yaml: "remote:\n  url: mqtts://me:hunter2\n    x@b.example\n", want: "url: ***\n"},
		{name: "in an address over two lines in quotes", yaml: "remote:\n  url: \"mqtts://me:hunter2\n  x@b.example\"\n", want: "url: ***\n"},
		{name: "in the name of a server", yaml: "remote:\n  server_name: me:hunter2@b.example\n", want: `"***@b.example" is not a host name`},
		{name: "in a client id", yaml: "remote:\n  client_id: me hunter2@b\n", want: `"***@b" is not a client id`},
		{name: "under a misspelled key", yaml: "remote:\n  pasword: hunter2\n", want: "there is no setting remote.pasword; did you mean remote.password?\n   1 | remote:\n>  2 |   pasword: ***"},
		{name: "in a wrong section", yaml: "http:\n  password: hunter2\n", want: "there is no setting http.password"},
		{name: "in no section", yaml: "password: hunter2\n", want: "there is no setting password"},
		{name: "with a dot in the key", yaml: "remote.password: hunter2\nsilence: long\n", want: "remote.password: ***"},
		{name: "run together with its key", yaml: "remote: {password=hunter2: 1}\n", want: "there is no setting remote.password...; did you mean remote.password?"},
		{name: "run together with its key by a colon", yaml: "remote: {password:hunter2, url: x}\n", want: ">  1 | remote: ***"},
		{name: "under a quoted key", yaml: "remote:\n  \"password\": hunter2\n  url: nonsense\n", want: "  \"password\": ***"},
		{name: "under a misspelled quoted key", yaml: "remote:\n  'pasword': hunter2\n", want: "'pasword': ***"},
		{name: "in a block", yaml: "remote:\n  password: |\n    hunter2\n  url: nonsense\n", want: "  password: ***\n   3 |     ***\n>  4 |   url: nonsense"},
		{name: "in a block that looks like settings", yaml: "remote:\n  password: |\n    url: hunter2\n  url: nonsense\n", want: "   3 |     ***"},
		{name: "in a block of two lines", yaml: "remote:\n  username: me\n  password: |\n    hunter2\n    hunter2\n", want: "remote.password: must be a single line"},
		{name: "in braces", yaml: "remote: {password: hunter2, url: nonsense}\n", want: ">  1 | remote: ***"},
		{name: "in braces over lines", yaml: "remote: {\n  \"url\":\"nonsense\", \"password\":\"hunter2\"}\n", want: "***"},
		{name: "a list for a password", yaml: "remote:\n  password:\n    - {a: hunter2}\n", want: "remote.password: a single value"},
		{name: "in a comment", yaml: "# hunter2\nremote:\n  # password: hunter2\n  url: nonsense # hunter2\n", want: ">  4 |   url: nonsense\n"},
		{name: "beside what is not YAML", yaml: "http: {addr: ':1'\nremote:\n  password: hunter2\n", want: "***"},
		{name: "a key without a colon", yaml: "remote:\n  password hunter2\n  url: x\n", want: "***"},
		{name: "with the ends of lines of elsewhere", yaml: "silence: long\r\nremote:\r\n  password: hunter2\r\n", want: ">  1 | silence: long\n"},
		{name: "with the ends of lines of long ago", yaml: "silence: long\rremote:\r  password: hunter2\r", want: ">  1 | silence: long\n"},
		{name: "from a mistake outside of the section", yaml: "remote:\n  username: hunter2\n  password: hunter2\nsilence: long\nlog:\n  level: debug\n", want: "   2 |   username: ***\n   3 |   password: ***\n>  4 | silence: long\n                ^\n   5 | log:\n   6 |   level: debug"},
		{name: "a list that may be seen", yaml: "mqtts:\n  names:\n    - a.example\n    - me:hunter2@b.example\nsilence: long\n", want: "    - a.example\n   4 |     - ***@b.example\n"},
		{name: "in the environment", env: []string{"COOLANT_REMOTE_URL=me:hunter2@b.example:8883"}, want: `environment COOLANT_REMOTE_URL: remote.url: "***@b.example:8883"`},
		{name: "in the environment with a scheme", env: []string{"COOLANT_REMOTE_URL=mqtts://me:hunter2@b.example"}, want: "environment COOLANT_REMOTE_URL: remote.url: the address must not hold"},
		{name: "in the environment with a port that is none", env: []string{"COOLANT_REMOTE_URL=mqtts://me:hun/hunter2@b.example"}, want: `"***@b.example" is not an address`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(Sources{Data: t.TempDir(), File: write(t, tt.yaml), Env: tt.env})
			if err == nil {
				t.Fatal("it is no mistake")
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the secret is shown:\n%v", err)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%q is missing in:\n%v", tt.want, err)
			}
		})
	}
}
