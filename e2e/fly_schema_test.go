package e2e

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
)

// rule checks one value of a decoded TOML file.
type rule func(v any) error

// flySchema is what https://fly.io/docs/reference/configuration/ documents, as
// far as this project's files use it or are likely to: each key with the type
// and the range of its value. A key that is not here is a mistake: flyctl drops
// unknown keys without a word.
func flySchema() rule {
	checks := fields{
		"grace_period": {true, span}, "interval": {true, span}, "timeout": {true, span},
		"method": {true, oneOf("GET", "HEAD", "OPTIONS", "get")}, "path": {true, matches(`^/`)},
		"protocol": {false, oneOf("http", "https")}, "tls_skip_verify": {false, truth}, "headers": {false, texts},
	}
	tcpChecks := fields{"grace_period": {true, span}, "interval": {true, span}, "timeout": {true, span}}
	concurrency := fields{"type": {true, oneOf("connections", "requests")}, "soft_limit": {true, whole(1, 100_000)}, "hard_limit": {true, whole(1, 100_000)}}
	tlsOptions := fields{
		"alpn": {false, listOf(text)}, "versions": {false, listOf(oneOf("TLSv1.2", "TLSv1.3"))}, "default_self_signed": {false, truth},
	}
	port := fields{
		"port": {true, whole(1, 65535)}, "handlers": {false, listOf(oneOf("http", "tls", "pg_tls", "proxy_proto"))},
		"force_https": {false, truth}, "tls_options": {false, tlsOptions.check},
	}
	machines := fields{
		"internal_port":      {true, whole(1, 65535)},
		"auto_stop_machines": {true, oneOf("off", "stop", "suspend")}, "auto_start_machines": {true, truth},
		"min_machines_running": {true, whole(0, 100)}, "processes": {false, listOf(text)}, "concurrency": {false, concurrency.check},
	}
	httpService := machines.with(fields{"force_https": {true, truth}, "checks": {true, listOf(checks.check)}, "tls_options": {false, tlsOptions.check}})
	service := machines.with(fields{
		"protocol": {true, oneOf("tcp", "udp")}, "ports": {true, listOf(port.check)},
		"tcp_checks": {false, listOf(tcpChecks.check)}, "http_checks": {false, listOf(checks.check)},
	})
	size := either(matches(`^[1-9][0-9]*(gb|GB)$`), whole(1, 500))
	mounts := fields{
		"source": {true, matches(`^[a-z0-9_]{1,30}$`)}, "destination": {true, matches(`^/.+`)},
		"initial_size": {false, size}, "snapshot_retention": {false, whole(1, 60)}, "scheduled_snapshots": {false, truth},
		"auto_extend_size_threshold": {false, whole(1, 100)}, "auto_extend_size_increment": {false, size}, "auto_extend_size_limit": {false, size},
		"processes": {false, listOf(text)},
	}
	vm := fields{
		"size": {false, oneOf("shared-cpu-1x", "shared-cpu-2x", "shared-cpu-4x", "shared-cpu-8x", "performance-1x", "performance-2x")},
		"memory": {false, either(matches(`^[1-9][0-9]*(mb|MB|gb|GB)$`), whole(256, 1<<20))}, "cpus": {false, whole(1, 16)},
		"cpu_kind": {false, oneOf("shared", "performance")}, "processes": {false, listOf(text)},
	}
	restart := fields{"policy": {true, oneOf("always", "never", "on-failure")}, "retries": {false, whole(1, 100)}, "processes": {false, listOf(text)}}
	build := fields{"dockerfile": {false, text}, "image": {false, text}, "ignorefile": {false, text}, "build-target": {false, text}, "args": {false, texts}}
	return fields{
		"app": {true, text}, "primary_region": {true, matches(`^[a-z]{3}$`)},
		"kill_signal":  {true, oneOf("SIGINT", "SIGTERM", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGKILL", "SIGSTOP")},
		"kill_timeout": {true, either(whole(1, 300), span)},
		"swap_size_mb": {false, whole(1, 1<<20)}, "build": {false, build.check}, "env": {true, environment},
		"mounts": {true, mounts.check}, "http_service": {true, httpService.check}, "services": {false, listOf(service.check)},
		"vm": {true, listOf(vm.check)}, "restart": {false, listOf(restart.check)},
	}.check
}

// fields are the keys of a table: whether each must be there, and its rule.
type fields map[string]struct {
	needed bool
	rule   rule
}

func (f fields) with(more fields) fields {
	out := fields{}
	for _, from := range []fields{f, more} {
		for key, field := range from {
			out[key] = field
		}
	}
	return out
}

func (f fields) check(v any) error {
	table, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("is a %T, not a table", v)
	}
	var errs []error
	for key, value := range table {
		field, known := f[key]
		if !known {
			errs = append(errs, fmt.Errorf("%s: is not documented", key))
		} else if err := field.rule(value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", key, err))
		}
	}
	for key, field := range f {
		if _, there := table[key]; field.needed && !there {
			errs = append(errs, fmt.Errorf("%s: is missing", key))
		}
	}
	return errors.Join(errs...)
}

func listOf(item rule) rule {
	return func(v any) error {
		list, ok := v.([]any)
		if tables, isTables := v.([]map[string]any); isTables {
			for _, t := range tables {
				list = append(list, t)
			}
			ok = true
		}
		if !ok || len(list) == 0 {
			return fmt.Errorf("is %v, not a list with something in it", v)
		}
		for i, x := range list {
			if err := item(x); err != nil {
				return fmt.Errorf("[%d]: %w", i, err)
			}
		}
		return nil
	}
}

func text(v any) error {
	if s, ok := v.(string); !ok || s == "" {
		return fmt.Errorf("is %v, not a text", v)
	}
	return nil
}

func truth(v any) error {
	if _, ok := v.(bool); !ok {
		return fmt.Errorf("is %v, not true or false", v)
	}
	return nil
}

func oneOf(words ...string) rule {
	return func(v any) error {
		if s, ok := v.(string); !ok || !slices.Contains(words, s) {
			return fmt.Errorf("is %v, not one of %q", v, words)
		}
		return nil
	}
}

func matches(pattern string) rule {
	re := regexp.MustCompile(pattern)
	return func(v any) error {
		if s, ok := v.(string); !ok || !re.MatchString(s) {
			return fmt.Errorf("is %v, which does not match %s", v, pattern)
		}
		return nil
	}
}

func whole(low, high int64) rule {
	return func(v any) error {
		if n, ok := v.(int64); !ok || n < low || n > high {
			return fmt.Errorf("is %v, not a whole number from %d to %d", v, low, high)
		}
		return nil
	}
}

// span is a duration with its unit. A bare number would be milliseconds, which
// nobody means.
func span(v any) error {
	s, ok := v.(string)
	if !ok {
		return fmt.Errorf("is %v, not a duration with its unit", v)
	}
	d, err := time.ParseDuration(s)
	if err == nil && (d <= 0 || float64(d) > float64(time.Hour)) {
		err = fmt.Errorf("is %s, which is not between 0 and %v", s, time.Duration(math.Round(float64(time.Hour))))
	}
	return err
}

func either(a, b rule) rule {
	return func(v any) error {
		if a(v) == nil || b(v) == nil {
			return nil
		}
		return errors.Join(a(v), b(v))
	}
}

func texts(v any) error {
	table, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("is a %T, not a table", v)
	}
	for key, value := range table {
		if _, ok := value.(string); !ok {
			return fmt.Errorf("%s: is %v; Fly takes texts only", key, value)
		}
	}
	return nil
}

// environment is a table of texts whose names Fly does not keep for itself. The
// values of ours are checked by the service.
func environment(v any) error {
	if err := texts(v); err != nil {
		return err
	}
	for key := range v.(map[string]any) {
		if strings.HasPrefix(key, "FLY_") {
			return fmt.Errorf("%s: names with FLY_ are Fly's own", key)
		}
	}
	return nil
}
