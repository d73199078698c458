package transcripts

import (
	"testing"

	"github.com/spaces-cli/spaces/internal/transcript"
)

func TestBetween(t *testing.T) {
	tr := debate(t)
	tr.Utterances = append(tr.Utterances, New(aSpace(), rate, 60*rate, nil, []transcript.Cue{{Start: 30, End: 40, Text: "No times here"}}).Utterances...)
	for _, tt := range []struct {
		name       string
		start, end int64
		want       string
	}{
		{"all", 0, 60, text(t, tr)},
		{"inside utterances", 2, 7, "0:02  @lea_durand\na tous merci\n\n0:05  @tomokafor\nde rien\n"},
		{"of whole utterances", 5, 9, "0:05  @tomokafor\nde rien shop ify\n"},
		{"nobody speaks", 12, 15, ""},
		{"words without times stay together", 35, 60, "0:30\nNo times here\n"},
	} {
		part := tr.Between(tt.start*rate, tt.end*rate)
		if got := text(t, part); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if err := part.check(); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
