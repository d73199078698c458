package folder_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/folder"
)

// A Sender sends the same way to every kind of target. What has arrived is not
// sent again; a receipt in the library says how that was checked.
func ExampleNew() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	root, err := os.OpenRoot(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer root.Close()

	s := publish.Sender{Target: folder.New(filepath.Join(dir, "web")), Library: root, Jobs: 1, Now: time.Now}
	notes := &publish.Item{
		Name: "show/notes.md", File: "notes.md", Kind: publish.File, Type: "text/markdown",
		Open: publish.Bytes("notes.md", []byte("# Office hours\n")),
	}
	for range 2 {
		sum, err := s.Send(ctx, []*publish.Item{notes})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(sum.Sent, "sent,", sum.Present, "there already")
	}
	err = publish.Receipts(root, func(r *publish.Receipt) error {
		fmt.Println(r.Object, r.Bytes, "bytes:", r.Verified)
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 1 sent, 0 there already
	// 0 sent, 1 there already
	// show/notes.md 15 bytes: [size sha256]
}
