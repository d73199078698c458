package consent

import (
	"fmt"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/languages"
)

// A Request is what the host asks a speaker for.
type Request struct {
	Handle string    // of the speaker
	Host   string    // handle of who asks; "" where nobody knows
	Title  string    // of the Space
	Date   time.Time // when it was; zero when unknown
	For    []Purpose // none: all of Purposes
	Places string    // where the voice will be heard, in the host's words
	Until  time.Time // the last day; zero is until it is withdrawn
}

// Message writes the request in a language, ready to be sent.
func (r *Request) Message(l *languages.Language) string {
	on, host := "", ""
	if !r.Date.IsZero() {
		on = l.Say("consent.on", "date", l.Date(r.Date))
	}
	if r.Host != "" {
		host = l.Say("consent.host", "host", r.Host)
	}
	purposes := r.For
	if len(purposes) == 0 {
		purposes = Purposes[:]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", l.Say("consent.greeting", "handle", r.Handle))
	fmt.Fprintf(&b, "%s\n\n", l.Say("consent.about", "title", strings.Join(strings.Fields(r.Title), " "), "on", on, "host", host))
	fmt.Fprintf(&b, "%s\n", l.Say("consent.want"))
	for _, p := range purposes {
		fmt.Fprintf(&b, "- %s\n", l.Say("consent.purpose."+string(p)))
	}
	if r.Places != "" {
		fmt.Fprintf(&b, "%s\n", l.Say("consent.places", "places", strings.TrimSuffix(r.Places, ".")))
	} else {
		fmt.Fprintf(&b, "%s\n", l.Say("consent.private"))
	}
	if !r.Until.IsZero() {
		fmt.Fprintf(&b, "%s\n", l.Say("consent.until", "date", l.Date(r.Until)))
	} else {
		fmt.Fprintf(&b, "%s\n", l.Say("consent.forever"))
	}
	for _, key := range [...]string{"consent.refuse", "consent.withdraw", "consent.answer"} {
		fmt.Fprintf(&b, "\n%s\n", l.Say(key))
	}
	return b.String()
}
