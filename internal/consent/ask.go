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
	For    []Purpose // none: all of Purposes
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
			about:    "You spoke in the X Space “%s”%s%s. I have a recording of it, and I ask for your consent to use your voice.",
			on:       " on %s", host: ", hosted by @%s",
			want:     "What I would like to do:",
			places:   "Where: %s.",
			private:  "Where: I have not decided yet, and will ask you again before I publish anything.",
			until:    "How long: until %s. After that I will take it down.",
			forever:  "How long: until you withdraw your consent.",
			refuse:   "You are free to refuse all or part of this. I will then leave out what you said.",
			withdraw: "You can withdraw your consent at any time, without giving a reason: reply to this message. I will then take down everything with your voice wherever I have published it. I cannot recall copies that others have made.\n\nPlease answer yes or no. Thank you!",
			purposes: map[Purpose]string{
				Clip: "cut excerpts in which you can be heard", Episode: "make an episode of the whole conversation",
				Upload: "publish it on the internet", Transcribe: "send the recording to a service on the internet that turns speech into text",
			},
			date: func(t time.Time) string { return t.Format("2 January 2006") },
		}, true
	case "fr":
		return wording{
			greeting: "Bonjour @%s,",
			about:    "Vous avez pris la parole dans le Space X « %s »%s%s. J’en ai l’enregistrement, et je vous demande votre accord pour utiliser votre voix.",
			on:       " du %s", host: ", animé par @%s",
			want:     "Ce que je souhaite faire :",
			places:   "Où : %s.",
			private:  "Où : je n’ai pas encore décidé ; je vous redemanderai votre accord avant toute publication.",
			until:    "Combien de temps : jusqu’au %s. Après cette date, je retirerai tout.",
			forever:  "Combien de temps : jusqu’à ce que vous retiriez votre accord.",
			refuse:   "Vous êtes libre de refuser, en tout ou en partie. Dans ce cas, je couperai ce que vous avez dit.",
			withdraw: "Vous pouvez retirer votre accord à tout moment, sans donner de raison : il suffit de répondre à ce message. Je retirerai alors tout ce qui contient votre voix, partout où je l’ai publié. Je ne peux pas faire disparaître les copies que d’autres auraient faites.\n\nMerci de répondre par oui ou par non.",
			purposes: map[Purpose]string{
				Clip: "découper des extraits où l’on vous entend", Episode: "faire un épisode de toute la conversation",
				Upload: "le mettre en ligne", Transcribe: "envoyer l’enregistrement à un service en ligne qui transforme la parole en texte",
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
		return "", fmt.Errorf("unsupported language %q (use %s)", language, strings.Join(Languages[:], " or "))
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
