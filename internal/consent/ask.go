package consent

import (
	"fmt"
	"strings"
	"time"
)

// A Request is what the host asks a speaker for.
type Request struct {
	Handle string    // of the speaker
	Host   string    // handle of who asks; "" where nobody knows
	Title  string    // of the Space
	Date   time.Time // when it was; zero when unknown
	For    []Purpose // none: all
	Places string    // where the voice will be heard, in the host's words
	Until  string    // a date in words; "" is until it is withdrawn
}

// Languages are those in which a request can be written.
var Languages = [...]string{"en", "fr"}

// wording is a request in one language.
type wording struct {
	greeting, about, on, want, places, private string
	until, forever, refuse, withdraw, host     string
	purposes                                   map[Purpose]string
	date                                       func(time.Time) string
}

func wordings(language string) (wording, bool) {
	switch language {
	case "en":
		return wording{
			greeting: "Hello @%s,",
			about:    "You spoke in the X Space “%s”%s%s. I have its recording, and I ask for your consent to use your voice from it.",
			on:       " on %s", host: ", hosted by @%s",
			want:     "What for:",
			places:   "Where: %s.",
			private:  "Where: I have not decided on a place yet, and will ask you again before it is published.",
			until:    "How long: until %s. After that I take it down.",
			forever:  "How long: until you withdraw your consent.",
			refuse:   "You are free to say no, to all of it or to a part. Then I leave out what you said.",
			withdraw: "You can withdraw at any time, without giving a reason: answer this message. I then take down what has your voice in it wherever I have put it. I cannot call back copies that others have made.\n\nPlease answer yes or no. Thank you!",
			purposes: map[Purpose]string{
				Clip: "to cut excerpts in which you are heard", Episode: "to make an episode of the whole conversation",
				Upload: "to put it on the internet",
			},
			date: func(t time.Time) string { return t.Format("2 January 2006") },
		}, true
	case "fr":
		return wording{
			greeting: "Bonjour @%s,",
			about:    "Vous avez pris la parole dans le Space X « %s »%s%s. J’en ai l’enregistrement, et je vous demande votre accord pour utiliser votre voix.",
			on:       " du %s", host: ", animé par @%s",
			want:     "Pour quoi faire :",
			places:   "Où : %s.",
			private:  "Où : je n’ai pas encore choisi ; je vous redemanderai avant toute publication.",
			until:    "Combien de temps : jusqu’au %s. Après cette date, je le retire.",
			forever:  "Combien de temps : jusqu’à ce que vous retiriez votre accord.",
			refuse:   "Vous êtes libre de refuser, en tout ou en partie. Dans ce cas, je coupe ce que vous avez dit.",
			withdraw: "Vous pouvez retirer votre accord à tout moment, sans donner de raison : répondez à ce message. Je retirerai alors ce qui contient votre voix partout où je l’ai mis. Je ne peux pas rappeler les copies que d’autres ont faites.\n\nMerci de répondre par oui ou par non.",
			purposes: map[Purpose]string{
				Clip: "découper des extraits où l’on vous entend", Episode: "faire un épisode de toute la conversation",
				Upload: "le mettre en ligne",
			},
			date: frenchDate,
		}, true
	}
	return wording{}, false
}

func frenchDate(t time.Time) string {
	months := [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
	day := fmt.Sprint(t.Day())
	if t.Day() == 1 {
		day = "1er"
	}
	return fmt.Sprintf("%s %s %d", day, months[t.Month()-1], t.Year())
}

// Message writes the request in a language, ready to be sent.
func (r *Request) Message(language string) (string, error) {
	w, ok := wordings(language)
	if !ok {
		return "", fmt.Errorf("there is no message in %q: say %s", language, strings.Join(Languages[:], " or "))
	}
	on, host := "", ""
	if !r.Date.IsZero() {
		on = fmt.Sprintf(w.on, w.date(r.Date))
	}
	if r.Host != "" {
		host = fmt.Sprintf(w.host, r.Host)
	}
	purposes := r.For
	if len(purposes) == 0 {
		purposes = Purposes[:]
	}
	var b strings.Builder
	fmt.Fprintf(&b, w.greeting+"\n\n", r.Handle)
	fmt.Fprintf(&b, w.about+"\n\n", strings.Join(strings.Fields(r.Title), " "), on, host)
	b.WriteString(w.want + "\n")
	for _, p := range purposes {
		fmt.Fprintf(&b, "- %s\n", w.purposes[p])
	}
	if r.Places != "" {
		fmt.Fprintf(&b, w.places+"\n", strings.TrimSuffix(r.Places, "."))
	} else {
		b.WriteString(w.private + "\n")
	}
	if r.Until != "" {
		fmt.Fprintf(&b, w.until+"\n", r.Until)
	} else {
		b.WriteString(w.forever + "\n")
	}
	fmt.Fprintf(&b, "\n%s\n\n%s\n", w.refuse, w.withdraw)
	return b.String(), nil
}

// Day writes a date as messages of the language do.
func Day(language string, t time.Time) string {
	if w, ok := wordings(language); ok {
		return w.date(t)
	}
	return t.Format("2006-01-02")
}
