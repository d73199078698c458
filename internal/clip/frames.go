package clip

import (
	"io"

	"github.com/spaces-cli/spaces/internal/media/mp3"
)

// frames reads n units from number first on.
func (x *excerpt) frames(first, n int64) ([][]byte, error) {
	offset, sizes, err := x.file.Index.Extent(first, n, nil)
	if err != nil {
		return nil, err
	}
	buf := make([]byte, sizes.Sum())
	if _, err := x.file.ReadAt(buf, x.file.Start+offset); err != nil && err != io.EOF {
		return nil, err
	}
	list := make([][]byte, n)
	for i, size := range sizes {
		list[i], buf = buf[:size:size], buf[size:]
	}
	return list, nil
}

// mainData returns the last n bytes of main data before frame number first,
// or as many as there are.
func (x *excerpt) mainData(first int64, n int) ([]byte, error) {
	var data []byte
	for first > 0 && len(data) < n {
		// Nearly always the last few frames are enough.
		step := min(first, 4)
		frames, err := x.frames(first-step, step)
		if err != nil {
			return nil, err
		}
		var more []byte
		for _, f := range frames {
			main, err := mp3.MainData(f)
			if err != nil {
				return nil, err
			}
			more = append(more, main...)
		}
		data = append(more, data...)
		first -= step
	}
	return data[max(0, len(data)-n):], nil
}
