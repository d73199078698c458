package recording

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// Where clocks showed a time twice, it is the one in the recording. The recording
// is 65 minutes long on the clock, with a gap of 5 minutes after 40.
func TestClockSetBack(t *testing.T) {
	const s = 48000
	at := func(text string) time.Time {
		start, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return start
	}
	for _, tt := range []struct {
		name, zone, start string
		p                 Place
		want              Span // Samples 0: an error
		says              string
	}{
		{"in summer time", "Europe/Berlin", "2021-10-31T01:50:00+02:00", Place{Clock: "02:20"}, span(30*60*s, 30*s), ""},
		{"in winter time", "Europe/Berlin", "2021-10-31T02:10:00+01:00", Place{Clock: "02:20"}, span(10*60*s, 30*s), ""},
		{"with its date", "Europe/Berlin", "2021-10-31T02:10:00+01:00", Place{Clock: "2021-10-31 02:20"}, span(10*60*s, 30*s), ""},
		{"in both", "Europe/Berlin", "2021-10-31T02:10:00+02:00", Place{Clock: "02:11"}, Span{}, "write 2021-10-31T02:11+02:00 or 2021-10-31T02:11+01:00"},
		{"in both, with its date", "Europe/Berlin", "2021-10-31T02:10:00+02:00", Place{Clock: "2021-10-31T02:11:30"}, Span{}, "write 2021-10-31T02:11:30+02:00 or 2021-10-31T02:11:30+01:00"},
		{"in both, with its offset", "Europe/Berlin", "2021-10-31T02:10:00+02:00", Place{Clock: "2021-10-31T02:11+02:00"}, span(60*s, 30*s), ""},
		{"in both, offset without date", "Europe/Berlin", "2021-10-31T02:10:00+02:00", Place{Clock: "02:11+02:00"}, span(60*s, 30*s), ""},
		{"end is after the start", "Europe/Berlin", "2021-10-31T02:10:00+02:00", Place{Clock: "2021-10-31T02:12+02:00", End: "02:11"}, span(2*60*s, 54*60*s), ""},
		{"New York", "America/New_York", "2021-11-07T01:50:00-05:00", Place{Clock: "01:51"}, span(60*s, 30*s), ""},
		{"half an hour", "Australia/Lord_Howe", "2021-04-04T01:35:00+11:00", Place{Clock: "01:36"}, Span{}, "write 2021-04-04T01:36+11:00 or 2021-04-04T01:36+10:30"},
		{"half an hour, unique", "Australia/Lord_Howe", "2021-04-04T01:35:00+10:30", Place{Clock: "01:36"}, span(60*s, 30*s), ""},
		{"never twice", "Asia/Kolkata", "2021-10-31T02:10:00+05:30", Place{Clock: "02:11"}, span(60*s, 30*s), ""},
		{"never", "Europe/Berlin", "2021-03-28T01:50:00+01:00", Place{Clock: "02:20"}, Span{}, `clocks never showed "02:20": they were set forward from 02:00 to 03:00 on 28 March 2021`},
		{"never, with its date", "Europe/Berlin", "2021-06-28T01:50:00+01:00", Place{Clock: "2021-03-28T02:20"}, Span{}, "clocks never showed"},
		{"after clocks were set forward", "Europe/Berlin", "2021-03-28T01:50:00+01:00", Place{Clock: "03:05"}, span(15*60*s, 30*s), ""},
		{"past midnight into that night", "Europe/Berlin", "2021-10-30T23:30:00+02:00", Place{Clock: "00:05"}, span(35*60*s, 30*s), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			zone, err := time.LoadLocation(tt.zone)
			if err != nil {
				t.Skip(err)
			}
			tt.p.Zone = zone
			got, _, err := paperFrom(t, at(tt.start)).Find(tt.p)
			var p *Problem
			switch {
			case tt.want.Samples > 0 && (err != nil || got != tt.want):
				t.Errorf("%+v, %v; want %+v", got, err, tt.want)
			case tt.want.Samples == 0 && (!errors.As(err, &p) || p.Kind != BadTime || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("%+v, %v; want an error about %q", got, err, tt.says)
			}
			if strings.Contains(tt.says, "write") && p.Cause != Twice {
				t.Errorf("the cause is %q", p.Cause)
			}
		})
	}
}
