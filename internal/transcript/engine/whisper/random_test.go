package whisper

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/transcript/engine/conform"
)

// The models of whisper.cpp's tests have a vocabulary and no weights, and hear
// nothing. One with random weights hears much: all that is wrong with it, and
// the words of any language.
func TestRealProgramWithRandomWeights(t *testing.T) {
	o := real(t)
	base, err := os.ReadFile(o.Model)
	if err != nil {
		t.Fatal(err)
	}
	heard := 0
	for _, seed := range []uint64{0, 2} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			o := o
			o.Model = filepath.Join(t.TempDir(), "ggml-random.bin")
			if err := os.WriteFile(o.Model, randomModel(t, base, seed), 0o600); err != nil {
				t.Fatal(err)
			}
			e, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			p := conform.Piece(t, "piece.wav", 10, 2, 8)
			p.Timeout = 5 * time.Minute
			p.Language = "en"
			r, err := e.Recognize(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			words := 0
			for _, c := range r.Cues {
				words += len(c.Words)
				if joined := without(c.Words); joined != strings.Join(strings.Fields(c.Text), "") {
					t.Errorf("the words of %q are %q", c.Text, joined)
				}
			}
			conform.Check(t, r, p)
			heard += words
		})
	}
	if heard == 0 {
		t.Error("no words were heard")
	}
}

// randomModel makes a model with random weights of one without any: a small one,
// with the filters and the vocabulary of the other (whisper.cpp, src/whisper.cpp,
// whisper_model_load).
func randomModel(t *testing.T, base []byte, seed uint64) []byte {
	t.Helper()
	const state, heads, audioCtx, textCtx, layers, textLayers = 64, 2, 1500, 80, 4, 1
	le := binary.LittleEndian
	parameters := make([]int32, 11)
	r := bytes.NewReader(base[4:])
	read := func(v any) {
		if err := binary.Read(r, le, v); err != nil {
			t.Fatal(err)
		}
	}
	read(parameters)
	vocab, mels := parameters[0], parameters[9]
	copy(parameters[1:], []int32{audioCtx, state, heads, layers, textCtx, state, heads, textLayers, mels, 0}) // 0: 32-bit floats
	from := len(base) - r.Len()
	var n, m int32
	read(&n)
	read(&m)
	r.Seek(int64(4*n*m), 1)
	read(&n)
	for range n {
		read(&m)
		r.Seek(int64(m), 1)
	}
	out := bytes.NewBuffer(bytes.Clone(base[:4]))
	binary.Write(out, le, parameters)
	out.Write(base[from : len(base)-r.Len()])

	random := rand.New(rand.NewPCG(seed, 0))
	// tensor writes one whose values have the mean and the spread.
	tensor := func(name string, mean, spread float64, size ...int32) {
		binary.Write(out, le, []int32{int32(len(size)), int32(len(name)), 0})
		binary.Write(out, le, size)
		out.WriteString(name)
		n := int32(1)
		for _, s := range size {
			n *= s
		}
		values := make([]float32, n)
		for i := range values {
			values[i] = float32(mean + spread*random.NormFloat64())
		}
		binary.Write(out, le, values)
	}
	norm := func(name string) {
		tensor(name+".weight", 1, 0.1, state)
		tensor(name+".bias", 0, 0.1, state)
	}
	attention := func(name string) {
		norm(name + "_ln")
		for _, part := range []string{"query", "key", "value", "out"} {
			tensor(name+"."+part+".weight", 0, 0.2, state, state)
			if part != "key" {
				tensor(name+"."+part+".bias", 0, 0.1, state)
			}
		}
	}
	blocks := func(name string, n int, cross bool) {
		for i := range n {
			block := fmt.Sprintf("%s.blocks.%d.", name, i)
			attention(block + "attn")
			if cross {
				attention(block + "cross_attn")
			}
			norm(block + "mlp_ln")
			tensor(block+"mlp.0.weight", 0, 0.2, state, 4*state)
			tensor(block+"mlp.0.bias", 0, 0.1, 4*state)
			tensor(block+"mlp.2.weight", 0, 0.2, 4*state, state)
			tensor(block+"mlp.2.bias", 0, 0.1, state)
		}
	}
	tensor("encoder.positional_embedding", 0, 0.1, state, audioCtx)
	tensor("encoder.conv1.weight", 0, 0.1, 3, mels, state)
	tensor("encoder.conv1.bias", 0, 0.1, 1, state)
	tensor("encoder.conv2.weight", 0, 0.1, 3, state, state)
	tensor("encoder.conv2.bias", 0, 0.1, 1, state)
	norm("encoder.ln_post")
	blocks("encoder", layers, false)
	tensor("decoder.positional_embedding", 0, 2, state, textCtx)
	tensor("decoder.token_embedding.weight", 0, 0.35, state, vocab)
	norm("decoder.ln")
	blocks("decoder", textLayers, true)
	return out.Bytes()
}
