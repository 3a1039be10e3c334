package emqx

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"coolant"
	"coolant/internal/wire"
)

const (
	usersPath   = "/authentication/password_based%3Abuilt_in_database/users"
	rulesPath   = "/authorization/sources/built_in_database/rules/users"
	clientsPath = "/clients"
	sourcesPath = "/authorization/sources"
)

// Rule is one of a user's rules in the built-in database. The first one that
// matches decides.
type Rule struct {
	Topic      string `json:"topic"`
	Action     string `json:"action"`     // publish, subscribe or all
	Permission string `json:"permission"` // allow or deny
}

type user struct {
	UserID    string `json:"user_id,omitempty"`
	Password  string `json:"password"`
	Superuser bool   `json:"is_superuser"`
}

type userRules struct {
	Username string `json:"username"`
	Rules    []Rule `json:"rules"`
}

// Rules returns what a device may do: publish what the contract has it say and
// subscribe to what it has to hear, on its own topics. also are further topics to
// which it may publish, such as the article's.
func Rules(id coolant.DeviceID, also ...string) []Rule {
	var rules []Rule
	for kind := wire.Telemetry; kind <= wire.Input; kind++ {
		switch {
		case kind.Up():
			rules = append(rules, Rule{wire.Topic(id, kind), "publish", "allow"})
		case kind.Down():
			rules = append(rules, Rule{wire.Topic(id, kind), "subscribe", "allow"})
		}
	}
	for _, topic := range also {
		rules = append(rules, Rule{topic, "publish", "allow"})
	}
	// "#" does not stand for the topics of the broker itself (MQTT 5.0, 4.7.2).
	return append(rules, Rule{"#", "all", "deny"}, Rule{"$SYS/#", "all", "deny"})
}

// Put makes a device a user with this password and the rules of [Rules], whether or
// not it is one already. The rules come first, so that there is never a user
// without them. A connection of the device goes on with the old password until it
// ends, see [Client.Kick].
func (c *Client) Put(ctx context.Context, id coolant.DeviceID, password string, also ...string) error {
	rules := userRules{string(id), Rules(id, also...)}
	err := c.step(ctx, "set the rules of "+string(id), func() (asked, *failure, error) {
		f, err := c.call(ctx, http.MethodPost, rulesPath, []userRules{rules})
		if !f.exists() {
			return asked{http.MethodPost, rulesPath}, f, err
		}
		path := rulesPath + "/" + url.PathEscape(string(id))
		f, err = c.call(ctx, http.MethodPut, path, rules)
		return asked{http.MethodPut, path}, f, err
	})
	if err != nil {
		return partly("nothing was changed", err)
	}
	err = c.step(ctx, "set the password of "+string(id), func() (asked, *failure, error) {
		f, err := c.call(ctx, http.MethodPost, usersPath, user{UserID: string(id), Password: password})
		f.hide(password)
		if !f.exists() {
			return asked{http.MethodPost, usersPath}, f, err
		}
		path := usersPath + "/" + url.PathEscape(string(id))
		f, err = c.call(ctx, http.MethodPut, path, user{Password: password})
		f.hide(password)
		return asked{http.MethodPut, path}, f, err
	})
	if err != nil {
		return partly("the rules are set, the password is not", err)
	}
	return nil
}

// Kick ends the connection of a device, if it has one: who got in with an old
// password is out.
func (c *Client) Kick(ctx context.Context, id coolant.DeviceID) error {
	err := c.drop(ctx, "end the connection of "+string(id), clientsPath, id)
	if err != nil {
		return partly("the password is set, and the device is still connected with the old one", err)
	}
	return nil
}

// Remove takes the user, its connection and its rules away. What is not there is no
// error.
func (c *Client) Remove(ctx context.Context, id coolant.DeviceID) error {
	for _, s := range []struct{ what, path, done string }{
		{"delete the user", usersPath, "nothing was changed"},
		{"end the connection of", clientsPath, "the user is deleted, its connection and its rules are not"},
		{"delete the rules of", rulesPath, "the user is deleted, its rules are not"},
	} {
		if err := c.drop(ctx, s.what+" "+string(id), s.path, id); err != nil {
			return partly(s.done, err)
		}
	}
	return nil
}

// Loophole says why the rules of [Client.Put] may not be what decides at this EMQX,
// and what to do about it; "" if they are. EMQX asks one source of authorization
// after the other until one decides, and the file that comes with it ends with
// {allow, all}.
func (c *Client) Loophole(ctx context.Context) string {
	const check = "coolant broker check tries whether devices are kept apart"
	var answer struct {
		Sources []struct {
			Type   string `json:"type"`
			Enable bool   `json:"enable"`
		} `json:"sources"`
	}
	err := c.step(ctx, "read the sources of authorization", func() (asked, *failure, error) {
		f, err := c.ask(ctx, http.MethodGet, sourcesPath, nil, &answer)
		return asked{http.MethodGet, sourcesPath}, f, err
	})
	if err != nil {
		return fmt.Sprintf("It could not be seen whether EMQX asks the devices' rules first (%v); %s", err, check)
	}
	var before []string
	for _, s := range answer.Sources {
		switch {
		case s.Type == "built_in_database" && s.Enable && before == nil:
			return ""
		case s.Type == "built_in_database" && s.Enable:
			return fmt.Sprintf("EMQX asks %s before the devices' rules, and what is allowed there is never looked up in them. In its dashboard under Access Control, Authorization, move Built-in Database to the top; %s",
				strings.Join(before, ", "), check)
		case s.Enable:
			before = append(before, s.Type)
		}
	}
	return "The built-in database is not an enabled source of authorization, so the devices' rules do nothing. In EMQX's dashboard under Access Control, Authorization, enable Built-in Database and move it to the top; " + check
}

// drop deletes what may be there.
func (c *Client) drop(ctx context.Context, what, path string, id coolant.DeviceID) error {
	path += "/" + url.PathEscape(string(id))
	return c.step(ctx, what, func() (asked, *failure, error) {
		f, err := c.call(ctx, http.MethodDelete, path, nil)
		if f.missing() {
			f = nil
		}
		return asked{http.MethodDelete, path}, f, err
	})
}

// partly says what of a job is done at EMQX.
func partly(done string, err error) error {
	return coolant.Errorf(coolant.CodeOf(err), "%w (at EMQX %s)", err, done)
}

// asked is a request, for an error to name.
type asked struct{ method, path string }

// step does one thing and makes an error of its failure, that says what, where,
// what EMQX said, and what to do.
func (c *Client) step(ctx context.Context, what string, do func() (asked, *failure, error)) error {
	q, f, err := do()
	where := fmt.Sprintf("EMQX API: %s: %s %s%s", what, q.method, c.base, q.path)
	if err != nil {
		if ctx.Err() != nil {
			return coolant.Errorf(coolant.CodeUnavailable, "%s: %w", where, context.Cause(ctx))
		}
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // it repeats the address
		}
		return coolant.Errorf(coolant.CodeUnavailable, "%s: %w. Check that the address is that of the management API (EMQX: port 18083; EMQX Cloud: the API address of the deployment) and that this machine reaches it", where, err)
	}
	if f == nil {
		return nil
	}
	code, hint := f.advice(q.path)
	said := f.text
	if said == "" {
		said = "no explanation"
	}
	return coolant.Errorf(code, "%s: %d %s: %s. %s", where, f.status, http.StatusText(f.status), said, hint)
}

// advice is what to do about a failure.
func (f *failure) advice(path string) (coolant.Code, string) {
	const serverless = "EMQX Cloud Serverless has no API for users and rules: there add the device by hand, in the console under Access Control"
	switch {
	case f.status == http.StatusUnauthorized:
		return coolant.CodeForbidden, "Check COOLANT_EMQX_API_KEY and COOLANT_EMQX_API_SECRET, and that the key is enabled and has not expired"
	case f.status == http.StatusForbidden:
		return coolant.CodeForbidden, "The key may not do this; give it the role of an administrator, or access to authentication, authorization and clients. " + serverless
	case f.status >= 300 && f.status < 400:
		return coolant.CodeInvalid, "It points to " + quote(f.to) + "; if that is your EMQX, give that address with --emqx-api"
	case f.status == http.StatusNotFound && f.documented() && strings.HasPrefix(path, usersPath):
		return coolant.CodeNotFound, "Is there password authentication with the built-in database? EMQX: Access Control, Authentication, Create"
	case f.status == http.StatusNotFound && f.documented():
		return coolant.CodeNotFound, "Is the built-in database among the sources of authorization? EMQX: Access Control, Authorization, Create"
	case f.status == http.StatusNotFound:
		return coolant.CodeNotFound, "This is not the address of an EMQX 5 API. " + serverless
	case f.status == http.StatusTooManyRequests || f.status >= 500:
		return coolant.CodeUnavailable, "Try again; if it stays, look into EMQX's log"
	}
	return coolant.CodeConflict, "EMQX did not take it; its version may differ from 5"
}
