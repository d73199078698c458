// Package episode makes publishable episodes of recordings: trimmed, joined,
// brought to a loudness that podcasts ask for, encoded, tagged, and verified by
// measuring the encoded file.
package episode
