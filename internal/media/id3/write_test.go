package id3

import "testing"

func TestAppendedTagReadsBack(t *testing.T) {
	in := []Frame{
		{ID: "TIT2", Value: []byte("Débat : l’été 🎙️")},
		{ID: "TPE1", Value: []byte("hostess")},
		{ID: "COMM", Name: "", Value: []byte("Espace é")},
		{ID: "TXXX", Name: "Space", Value: []byte("1ypKdEXvkMLGW")},
	}
	b := Append([]byte("before"), in)[len("before"):]
	h, ok := ParseHeader(b)
	if !ok || h.Version != 3 || h.Len() != len(b) {
		t.Fatalf("header %+v, %v; tag of %d bytes", h, ok, len(b))
	}
	var out []Frame
	if err := Frames(b, func(f Frame) error {
		f.Value = append([]byte(nil), f.Value...)
		out = append(out, f)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(out) != len(in) {
		t.Fatalf("%d frames of %d read back: %q", len(out), len(in), out)
	}
	for i := range in {
		if out[i].ID != in[i].ID || out[i].Name != in[i].Name || string(out[i].Value) != string(in[i].Value) {
			t.Errorf("frame %d: %s %q %q, want %s %q %q", i, out[i].ID, out[i].Name, out[i].Value, in[i].ID, in[i].Name, in[i].Value)
		}
	}
}
