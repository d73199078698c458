package archive_test

import (
	"context"
	"fmt"

	"github.com/spaces-cli/spaces/internal/archive"
)

// An archive is opened, and asked only for what is needed. What is odd about it
// goes to the function that is given, and the rest is read.
func ExampleOpen() {
	ctx := context.Background()
	a, err := archive.Open(ctx, "../../testdata/sample-archive.zip")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer a.Close()
	warn := func(p archive.Problem) { fmt.Println("warning:", p.Message) }

	fmt.Println(a.Kind(), "of", "@"+a.Account().Handle)
	records, section, err := a.Records(ctx, warn)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(records), "records:", section)
	posts, err := a.PostFacts(ctx, warn)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range a.Media() {
		fmt.Println(m.SpaceID, m.Piece, m.Size, posts.Titles[m.SpaceID].Title)
	}
	// Output:
	// archive-zip of @lea_durand
	// 3 records: present
	// 1RDxlaZNRDLJL 0 217573 Office hours 🎙️ bring your questions
	// 1RDxlaZNRDLJL 1 132659 Office hours 🎙️ bring your questions
	// 1ypKdEXvkMLGW 0 1352370 Débat : l’été des médias sociaux ☀️ #Spaces avec @tomokafor et @mika_prod
}
