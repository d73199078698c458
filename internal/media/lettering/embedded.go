package lettering

import (
	_ "embed"
	"sync"
)

// The files are cut down from Inter: fonts/README.md tells how.
var (
	//go:embed fonts/Inter-Regular.otf
	interRegular []byte
	//go:embed fonts/Inter-Bold.otf
	interBold []byte
)

var embedded = sync.OnceValue(func() *family {
	open := func(data []byte) *face {
		f, err := parse(data)
		if err != nil {
			panic(err) // the fonts are part of the program
		}
		return f
	}
	return &family{open(interRegular), open(interBold)}
})
