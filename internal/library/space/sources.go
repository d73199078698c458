package space

// Where facts come from, as space.json names it under "sources".
const (
	FromRecord  = "spaces-metadata.js"
	FromTags    = "the audio's timed tags"
	FromClock   = "the audio's own clock"
	FromFrames  = "the audio's frames"
	FromHost    = "the host"
	FromOwner   = "the owner of the archive"
	FromSidecar = "a sidecar file"
	FromName    = "the file's name"
	FromContent = "a hash of the file"
	FromFile    = "the file's own tags"
	FromDate    = "the date"

	FromPlaylist = "the playlist"
)

// Seconds rounds to microseconds: finer than any sample, and short in JSON.
func Seconds(s float64) float64 {
	const micro = 1e6
	return float64(int64(float64(s*micro)+0.5)) / micro
}
