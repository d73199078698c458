package transcripts

// Between returns the transcript of a stretch of the recording, with the times of
// the recording: of utterances that reach beyond it, the words that begin in it,
// or all if their words have no times.
func (t *Transcript) Between(start, end int64) *Transcript {
	part := *t
	part.Utterances = []Utterance{}
	for _, u := range t.Utterances {
		if u.End < start || u.Start >= end {
			continue
		}
		if _, timed := u.timed(); timed && (u.Start < start || u.End > end) {
			whole := u
			u.Text, u.Words, u.End = "", nil, 0
			for _, w := range whole.Words {
				if w.Start < start || w.Start >= end {
					continue
				}
				if u.Text == "" {
					u.Start = w.Start
				}
				u.add(&spoken{Word: w, timed: true})
			}
			if len(u.Words) == len(whole.Words) {
				u = whole
			}
		}
		if u.Text != "" {
			part.Utterances = append(part.Utterances, u)
		}
	}
	return &part
}

// Approximate reports whether who says an utterance is a guess from levels.
func (t *Transcript) Approximate(u *Utterance) bool {
	return t.SpeakersFrom == FromLevels && len(u.Speakers) > 0 && !u.SpeakerCorrected
}
