package app

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

func TestRunParts(t *testing.T) {
	boom := errors.New("boom")
	tests := []struct {
		name string
		fail map[string]error
		want error
	}{
		{"stopped from outside", nil, nil},
		{"one fails", map[string]error{"b": boom}, boom},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				var mu sync.Mutex
				var stopped []string
				make1 := func(name string) part {
					return part{name, func(ctx context.Context) error {
						if err := tt.fail[name]; err != nil {
							return err
						}
						<-ctx.Done()
						mu.Lock()
						defer mu.Unlock()
						stopped = append(stopped, name)
						return ctx.Err()
					}}
				}
				result := make(chan error, 1)
				go func() {
					result <- runParts(ctx, slog.New(slog.DiscardHandler), make1("a"), make1("b"), make1("c"))
				}()
				synctest.Wait()
				if tt.fail == nil && len(stopped) > 0 {
					t.Errorf("stopped early: %v", stopped)
				}
				cancel()
				if err := <-result; !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
				want := []string{"c", "b", "a"}
				want = slices.DeleteFunc(want, func(n string) bool { return tt.fail[n] != nil })
				if !slices.Equal(stopped, want) {
					t.Errorf("stopped in the order %v, want %v", stopped, want)
				}
			})
		})
	}
}
