package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"coolant/internal/api"
	"coolant/internal/auth"
)

// serveHTTP returns a part that serves the handler until its context ends.
// There is no write timeout: the event stream and exports set their own.
func serveHTTP(l net.Listener, handler http.Handler, log *slog.Logger) func(context.Context) error {
	return func(ctx context.Context) error {
		server := &http.Server{
			Handler:           handler,
			ReadHeaderTimeout: 10 * time.Second,
			ReadTimeout:       30 * time.Second,
			IdleTimeout:       2 * time.Minute,
			MaxHeaderBytes:    32 << 10,
			// Requests end with the part, so that open event streams do not hold
			// the stop up.
			BaseContext: func(net.Listener) context.Context { return ctx },
			ErrorLog:    slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		}
		done := make(chan error, 1)
		go func() { done <- server.Serve(l) }()
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
		}
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		if err := server.Shutdown(grace); errors.Is(err, context.DeadlineExceeded) {
			return server.Close()
		} else if err != nil {
			return err
		}
		return nil
	}
}

// stopTimeout is how long open requests get when the service stops.
const stopTimeout = 2 * time.Second

// audience says what a request may see while there are no accounts: everything from
// this machine, and from others what the setting http.public opens.
func audience(public string) func(*http.Request) api.Audience {
	others := api.Nobody
	switch public {
	case "view":
		others = api.Viewer
	case "all":
		others = api.Reader
	}
	return func(r *http.Request) api.Audience {
		if auth.Local(r) {
			return api.Owner
		}
		return others
	}
}

// guard answers those to whom nothing is open by a page that says so.
func guard(audience func(*http.Request) api.Audience) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if audience(r) != api.Nobody {
				next.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Header().Set("X-Content-Type-Options", "nosniff")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(deniedPage))
		})
	}
}

const deniedPage = "This page has no accounts yet, so it answers only on the machine it runs on.\n" +
	"Open it there, or through an SSH tunnel: ssh -L 8080:127.0.0.1:8080 HOST, then http://127.0.0.1:8080/\n" +
	"To let others read it, set http.public (COOLANT_HTTP_PUBLIC) to view: charts and history; or to all: diagnostics and metrics too.\n" +
	"Then everyone who reaches this address can read that. Nothing can be changed from elsewhere.\n\n" +
	"此页面尚未设置账户，因此只在运行它的机器上可用。\n" +
	"请在本机打开，或使用 SSH 隧道：ssh -L 8080:127.0.0.1:8080 主机，然后访问 http://127.0.0.1:8080/\n" +
	"如需允许他人查看，请将 http.public（COOLANT_HTTP_PUBLIC）设为 view（图表和历史数据）或 all（另含诊断信息和指标）。\n" +
	"之后，凡能访问此地址的人都可以查看这些内容；但从其他机器无法作任何更改。\n"

func profiler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}
