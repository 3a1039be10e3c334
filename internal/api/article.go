package api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"

	"coolant"
)

const (
	articleTime = "2006-01-02 15:04:05"
	// maxArticleRows bounds an answer; a device that reports faster than once a
	// second for a day gets averages.
	maxArticleRows = 86_400
)

var errTooMany = errors.New("more rows than an answer of the article's form may have")

// articleData answers in the form of the article's backend: the water
// temperatures of the primary device, each reading as it is.
func (s *server) articleData(ctx context.Context, in *dataInput) (*output[articleData], error) {
	hours, err := strconv.Atoi(string(in.Hours))
	if err != nil || hours < 1 || hours > maxHours {
		hours = 1 // as the article's backend does
	}
	data := articleData{Times: []string{}, Temperatures: []float64{}}
	primary, ok := s.opts.Hub.Primary()
	if !ok {
		return &output[articleData]{data}, nil
	}
	to := s.now() + 1
	w := coolant.Window{
		Device: primary.ID, Metrics: []coolant.Metric{coolant.Water},
		From: to - coolant.UnixMilli(hours)*coolant.Hour, To: to, Width: coolant.MaxWidth,
	}
	add := func(t coolant.UnixMilli, v float64) {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			data.Times = append(data.Times, t.Time().Format(articleTime))
			data.Temperatures = append(data.Temperatures, v)
		}
	}
	err = s.opts.Store.EachRow(ctx, w.Device, w.Metrics, w.From, w.To,
		func(t coolant.UnixMilli, values []float64, faults []coolant.Quality) error {
			if len(data.Times) == maxArticleRows {
				return errTooMany
			}
			if faults[0] == coolant.Good {
				add(t, values[0])
			}
			return nil
		})
	if errors.Is(err, errTooMany) {
		data = articleData{}
		err = s.averages(ctx, w, add)
	}
	if err != nil {
		return nil, fmt.Errorf("read the water temperatures of %s: %w", w.Device, err)
	}
	return &output[articleData]{data}, nil
}

func (s *server) averages(ctx context.Context, w coolant.Window, add func(coolant.UnixMilli, float64)) error {
	cols, err := s.opts.Store.Columns(ctx, w)
	if err != nil || len(cols.Series) == 0 {
		return err
	}
	for i, t := range cols.Times {
		add(t, cols.Series[0].Mean[i])
	}
	return nil
}
