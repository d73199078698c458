package engine_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/spaces-cli/spaces/internal/transcript/engine"
)

// What an engine wrote is read as it is, and mended where it cannot be right.
func ExampleRead() {
	piece := engine.Piece{Audio: "piece.wav", Length: 10 * time.Second}
	r, err := engine.Read([]byte(`{"result": {"language": "en"}, "transcription": [
		{"offsets": {"from": -40, "to": 2500}, "text": " Good evening."},
		{"offsets": {"from": 2000, "to": 31000}, "text": " Tonight we talk about sound."}]}`), piece)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range r.Cues {
		fmt.Printf("%.1f–%.1f %s\n", c.Start, c.End, c.Text)
	}
	fmt.Println(r.Language, r.Mended, "mended,", r.PastEnd, "past the end")

	_, err = engine.Read([]byte("<!DOCTYPE html><title>Sign in</title>"), piece)
	var problem *engine.Error
	fmt.Println(errors.As(err, &problem), problem.Cause)
	// Output:
	// 0.0–2.0 Good evening.
	// 2.0–10.0 Tonight we talk about sound.
	// en 2 mended, 1 past the end
	// true bad-output
}
