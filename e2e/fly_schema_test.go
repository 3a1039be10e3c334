package e2e

import (
	"fmt"
	"strings"

	"coolant/e2e/schema"
)

// flySchema is what https://fly.io/docs/reference/configuration/ documents, as
// far as this project's files use it or are likely to: each key with the type
// and the range of its value. A key that is not here is a mistake: flyctl drops
// unknown keys without a word.
func flySchema() schema.Rule {
	checks := schema.Fields{
		"grace_period": schema.Need(schema.Span), "interval": schema.Need(schema.Span), "timeout": schema.Need(schema.Span),
		"method": schema.Need(schema.OneOf("GET", "HEAD", "OPTIONS", "get")), "path": schema.Need(schema.Match(`^/`)),
		"protocol": schema.May(schema.OneOf("http", "https")), "tls_skip_verify": schema.May(schema.Bool), "headers": schema.May(schema.Texts),
	}
	tcpChecks := schema.Fields{"grace_period": schema.Need(schema.Span), "interval": schema.Need(schema.Span), "timeout": schema.Need(schema.Span)}
	concurrency := schema.Fields{"type": schema.Need(schema.OneOf("connections", "requests")), "soft_limit": schema.Need(schema.Int(1, 100_000)), "hard_limit": schema.Need(schema.Int(1, 100_000))}
	tlsOptions := schema.Fields{
		"alpn": schema.May(schema.List(schema.Text)), "versions": schema.May(schema.List(schema.OneOf("TLSv1.2", "TLSv1.3"))), "default_self_signed": schema.May(schema.Bool),
	}
	port := schema.Fields{
		"port": schema.Need(schema.Int(1, 65535)), "handlers": schema.May(schema.List(schema.OneOf("http", "tls", "pg_tls", "proxy_proto"))),
		"force_https": schema.May(schema.Bool), "tls_options": schema.May(tlsOptions.Check),
	}
	machines := schema.Fields{
		"internal_port":      schema.Need(schema.Int(1, 65535)),
		"auto_stop_machines": schema.Need(schema.OneOf("off", "stop", "suspend")), "auto_start_machines": schema.Need(schema.Bool),
		"min_machines_running": schema.Need(schema.Int(0, 100)), "processes": schema.May(schema.List(schema.Text)), "concurrency": schema.May(concurrency.Check),
	}
	httpService := machines.With(schema.Fields{"force_https": schema.Need(schema.Bool), "checks": schema.Need(schema.List(checks.Check)), "tls_options": schema.May(tlsOptions.Check)})
	service := machines.With(schema.Fields{
		"protocol": schema.Need(schema.OneOf("tcp", "udp")), "ports": schema.Need(schema.List(port.Check)),
		"tcp_checks": schema.May(schema.List(tcpChecks.Check)), "http_checks": schema.May(schema.List(checks.Check)),
	})
	size := schema.Either(schema.Match(`^[1-9][0-9]*(gb|GB)$`), schema.Int(1, 500))
	mounts := schema.Fields{
		"source": schema.Need(schema.Match(`^[a-z0-9_]{1,30}$`)), "destination": schema.Need(schema.Match(`^/.+`)),
		"initial_size": schema.May(size), "snapshot_retention": schema.May(schema.Int(1, 60)), "scheduled_snapshots": schema.May(schema.Bool),
		"auto_extend_size_threshold": schema.May(schema.Int(1, 100)), "auto_extend_size_increment": schema.May(size), "auto_extend_size_limit": schema.May(size),
		"processes": schema.May(schema.List(schema.Text)),
	}
	vm := schema.Fields{
		"size":   schema.May(schema.OneOf("shared-cpu-1x", "shared-cpu-2x", "shared-cpu-4x", "shared-cpu-8x", "performance-1x", "performance-2x")),
		"memory": schema.May(schema.Either(schema.Match(`^[1-9][0-9]*(mb|MB|gb|GB)$`), schema.Int(256, 1<<20))), "cpus": schema.May(schema.Int(1, 16)),
		"cpu_kind": schema.May(schema.OneOf("shared", "performance")), "processes": schema.May(schema.List(schema.Text)),
	}
	restart := schema.Fields{"policy": schema.Need(schema.OneOf("always", "never", "on-failure")), "retries": schema.May(schema.Int(1, 100)), "processes": schema.May(schema.List(schema.Text))}
	build := schema.Fields{"dockerfile": schema.May(schema.Text), "image": schema.May(schema.Text), "ignorefile": schema.May(schema.Text), "build-target": schema.May(schema.Text), "args": schema.May(schema.Texts)}
	return schema.Fields{
		"app": schema.Need(schema.Text), "primary_region": schema.Need(schema.Match(`^[a-z]{3}$`)),
		"kill_signal":  schema.Need(schema.OneOf("SIGINT", "SIGTERM", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGKILL", "SIGSTOP")),
		"kill_timeout": schema.Need(schema.Either(schema.Int(1, 300), schema.Span)),
		"swap_size_mb": schema.May(schema.Int(1, 1<<20)), "build": schema.May(build.Check), "env": schema.Need(environment),
		"mounts": schema.Need(mounts.Check), "http_service": schema.Need(httpService.Check), "services": schema.May(schema.List(service.Check)),
		"vm": schema.Need(schema.List(vm.Check)), "restart": schema.May(schema.List(restart.Check)),
	}.Check
}

// environment is a table of texts whose names Fly does not keep for itself. The
// values of ours are checked by the service.
func environment(v any) error {
	if err := schema.Texts(v); err != nil {
		return err
	}
	for key := range v.(map[string]any) {
		if strings.HasPrefix(key, "FLY_") {
			return fmt.Errorf("%s: names with FLY_ are Fly's own", key)
		}
	}
	return nil
}
