package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/spaces-cli/spaces/internal/fixture"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"spaces":  main,
		"fixture": func() { os.Exit(fixture.Main(os.Args[1:])) },
	})
}
