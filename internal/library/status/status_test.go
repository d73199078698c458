package status

import (
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library/space"
)

func TestJudge(t *testing.T) {
	const day, window = 24 * time.Hour, 30 * 24 * time.Hour
	now := time.Date(2021, 7, 1, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) space.Time { return space.Time{Time: now.Add(-d)} }
	for _, tt := range []struct {
		name   string
		s      Space
		days   float64 // -1: unknown
		atRisk bool
		do     string
	}{
		{"not saved, X may have it", Space{State: Linked, EndedAt: ago(3 * day)}, 3, true, Request},
		{"not saved, on the last day", Space{State: Linked, EndedAt: ago(window - time.Second)}, 30, true, Request},
		{"not saved, too late", Space{State: Linked, EndedAt: ago(window)}, 30, false, ""},
		{"not saved, of an unknown date", Space{State: Linked}, -1, false, Request},
		{"the end unknown", Space{State: Linked, StartedAt: ago(36 * time.Hour)}, 1.5, true, Request},
		{"the end counts", Space{State: Linked, StartedAt: ago(window + time.Hour), EndedAt: ago(window - time.Hour)}, 30, true, Request},
		{"saved", Space{State: "complete", Saved: true, EndedAt: ago(3 * day)}, 3, false, Publish},
		{"published", Space{State: "complete", Saved: true, Published: true, EndedAt: ago(3 * day)}, 3, false, ""},
		{"in the feed", Space{State: "complete", Saved: true, InFeed: true, EndedAt: ago(3 * day)}, 3, false, ""},
		{"a file is gone", Space{State: string(space.Missing), EndedAt: ago(99 * day)}, 99, false, Extract},
		{"a file was changed", Space{State: Changed, EndedAt: ago(3 * day)}, 3, true, Extract},
		{"removed", Space{State: Removed, EndedAt: ago(3 * day)}, 3, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.s.Judge(now, window)
			if tt.s.Do != tt.do || tt.s.AtRisk() != tt.atRisk {
				t.Errorf("at risk %v, do %q; want %v, %q", tt.s.AtRisk(), tt.s.Do, tt.atRisk, tt.do)
			}
			if tt.days < 0 != (tt.s.AgeDays == nil) || tt.s.AgeDays != nil && *tt.s.AgeDays != tt.days {
				t.Errorf("age %v, want %v", tt.s.AgeDays, tt.days)
			}
			sum := Sum([]*Space{&tt.s}, window)
			if (sum.AtRisk == 1) != tt.atRisk || (sum.Saved == 1) != tt.s.Saved || (sum.Published == 1) != (tt.s.Published || tt.s.InFeed) || sum.WindowDays != 30 {
				t.Errorf("%+v", sum)
			}
		})
	}
}
