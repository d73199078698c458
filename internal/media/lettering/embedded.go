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
	regular := open(interRegular)
	return &family{regular.has, regular, sync.OnceValue(func() *face { return open(interBold) })}
})
