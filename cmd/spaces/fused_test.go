package main

import (
	"debug/elf"
	"debug/gosym"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// These encode AAC and decode Vorbis.
const (
	encoder = "github.com/tphakala/go-aac"
	decoder = "github.com/jfreymuth/vorbis"
)

// On arm64 the compiler makes one instruction of x*y + z, which rounds once
// where two round twice ("Floating-point operators", The Go Programming Language
// Specification). A file would then have other bytes on a Mac than on a PC. An
// explicit conversion of the product keeps the two apart: float64(x*y) + z.
func TestNothingIsFused(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program for another processor")
	}
	bin := filepath.Join(t.TempDir(), "spaces")
	// As in .goreleaser.yaml and .ci/run, which has compiled the packages already.
	// The compiler's flag turns fusing off where the lines are not
	// ours to change.
	build := exec.Command("go", "build", "-trimpath", "-tags", "goaac_simd", "-gcflags="+encoder+"/...=-d=fmahash=qn", "-gcflags="+decoder+"/...=-d=fmahash=qn", "-o", bin, ".")
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	program, err := elf.Open(bin)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	text := program.Section(".text")
	code, err := text.Data()
	if err != nil {
		t.Fatal(err)
	}
	lines, err := program.Section(".gopclntab").Data()
	if err != nil {
		t.Fatal(err)
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(lines, text.Addr))
	if err != nil {
		t.Fatal(err)
	}

	var fused []string
	others := 0
	for at := 0; at+4 <= len(code); at += 4 {
		// FMADD, FMSUB, FNMADD and FNMSUB: "Floating-point data-processing
		// (3 source)", Arm Architecture Reference Manual, C4.1.
		if binary.LittleEndian.Uint32(code[at:])>>24 != 0x1f {
			continue
		}
		file, line, _ := table.PCToLine(text.Addr + uint64(at))
		if strings.HasPrefix(file, encoder+"@") || strings.HasPrefix(file, decoder+"@") {
			t.Errorf("%s:%d is fused: the flag of the compiler does not work", file, line)
		}
		name, found := strings.CutPrefix(file, ours+"/")
		if !found {
			others++
			continue
		}
		fused = append(fused, fmt.Sprintf("%s:%d", name, line))
	}
	// Package math has some of its own, so that this finds them.
	if others == 0 {
		t.Error("no fused instruction in the whole program: the test looks for the wrong ones")
	}
	slices.Sort(fused)
	for _, place := range slices.Compact(fused) {
		t.Errorf("%s: the product and the sum are one instruction on arm64: convert the product, as in float64(x*y) + z", place)
	}
}
