package durable

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// ReadJSON reads a JSON file below root into v. A file of more than max bytes is
// refused before it takes memory: the program writes none that large.
func ReadJSON(root *os.Root, name string, max int, v any) error {
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, int64(max)+1))
	if err != nil {
		return err
	}
	if len(b) > max {
		return fmt.Errorf("%s is larger than %d MiB, so spaces did not write it", name, max>>20)
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
