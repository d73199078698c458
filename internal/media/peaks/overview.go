package peaks

// Overview returns the shape of a whole recording in so few columns that each
// stands for seconds: not the extremes, which are alike wherever somebody
// speaks, but the mean of those of shorter stretches.
func (f *File) Overview(columns int) ([]Peak, error) {
	const stretches = 64 // in a column
	fine, err := f.Window(0, f.Frames, columns*stretches)
	if err != nil {
		return nil, err
	}
	fine = Mix(fine, f.Tracks)
	out := make([]Peak, columns)
	for i := range out {
		var low, high int
		for _, p := range fine[i*stretches : (i+1)*stretches] {
			low += int(p.Min)
			high += int(p.Max)
		}
		out[i] = Peak{Min: int16(low / stretches), Max: int16(high / stretches)}
	}
	return out, nil
}
