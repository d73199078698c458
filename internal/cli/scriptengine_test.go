package cli

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptCondition is what [whisper] means in a script: whisper.cpp is here.
func scriptCondition(name string) (bool, error) {
	if name != "whisper" {
		return false, fmt.Errorf("unknown condition %q", name)
	}
	for _, v := range []string{"SPACES_WHISPER_CLI", "SPACES_WHISPER_SERVER", "SPACES_WHISPER_MODEL"} {
		if os.Getenv(v) == "" {
			return false, nil
		}
	}
	return true, nil
}

// patience is how long a script waits for what other processes do.
const patience = time.Minute

// until waits for something to be so.
func until(ts *testscript.TestScript, what string, so func() bool) {
	for end := time.Now().Add(patience); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			ts.Fatalf("waited too long for %s", what)
		}
	}
}

// cmdAwait is "await FILE...": it waits until there are such files.
func cmdAwait(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: await FILE...")
	}
	for _, name := range args {
		until(ts, name, func() bool { return exists(ts.MkAbs(name)) })
	}
}

// cmdKills is "kills CODE SIGNAL FILE PROGRAM [ARG...]": it runs a program, as
// exits does, and sends it the signal once there is a file of that name, which it
// removes. The signal may be none, for a program that something else kills.
func cmdKills(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "KILL": os.Kill}
	if neg || len(args) < 4 || signals[args[1]] == nil {
		ts.Fatalf("usage: kills CODE INT|TERM|KILL FILE PROGRAM [ARG...]")
	}
	name := ts.MkAbs(args[2])
	if exists(name) {
		ts.Fatalf("%s is there already", args[2])
	}
	run := startCommand(ts, args[3:])
	until(ts, args[2], func() bool {
		select {
		case <-run.ended:
			run.ends(ts, args[0])
			ts.Fatalf("it ended before there was %s\nstdout: %s\nstderr: %s", args[2], &run.stdout, &run.stderr)
		default:
		}
		return exists(name)
	})
	ts.Check(run.cmd.Process.Signal(signals[args[1]]))
	run.ends(ts, args[0])
}

// cmdGone is "gone FILE...": it waits until none of the processes whose numbers
// are in the files runs any more.
func cmdGone(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: gone FILE...")
	}
	for _, name := range args {
		for _, word := range strings.Fields(ts.ReadFile(name)) {
			until(ts, "the end of process "+word, func() bool {
				stat, err := os.ReadFile(filepath.Join("/proc", word, "stat"))
				return err != nil || strings.Contains(string(stat), ") Z ")
			})
		}
	}
}

// cmdLevel is "level FILE.wav FROM TO silent|heard": it wants every sample of a
// piece in these seconds to be zero, or some of them not to be.
func cmdLevel(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 || args[3] != "silent" && args[3] != "heard" {
		ts.Fatalf("usage: level FILE.wav FROM TO silent|heard")
	}
	from, err := strconv.ParseFloat(args[1], 64)
	ts.Check(err)
	to, err := strconv.ParseFloat(args[2], 64)
	ts.Check(err)
	b := []byte(ts.ReadFile(args[0]))
	if len(b) < 44 || string(b[:4]) != "RIFF" || string(b[36:40]) != "data" {
		ts.Fatalf("%s is not a WAV file with one chunk of samples", args[0])
	}
	loudest, at := 0, 0.0
	b = b[44:]
	for i := int(from * 16_000); i < int(to*16_000) && 2*i+1 < len(b); i++ {
		if v := int(int16(binary.LittleEndian.Uint16(b[2*i:]))); max(v, -v) > loudest {
			loudest, at = max(v, -v), float64(i)/16_000
		}
	}
	if (loudest == 0) != (args[3] == "silent") {
		ts.Fatalf("%s is not %s from %s to %s: the loudest sample is %d, at %.2f s of %.2f s", args[0], args[3], args[1], args[2], loudest, at, float64(len(b))/32_000)
	}
}

// cmdCalls is "calls PLAN N...": it wants an engine to have been called for
// these pieces since the last time, in any order, and for no others.
func cmdCalls(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: calls PLAN N...")
	}
	name := ts.MkAbs(args[0] + ".calls")
	b, err := os.ReadFile(name)
	if err != nil && !os.IsNotExist(err) {
		ts.Fatalf("%v", err)
	}
	n := make(map[string]int)
	for line := range strings.Lines(string(b)) {
		number, _, _ := strings.Cut(line, " ")
		n[number]++
	}
	for _, want := range args[1:] {
		n[want]--
	}
	for _, count := range n {
		if count != 0 {
			ts.Fatalf("the engine was called for these pieces, in languages:\n%snot %s", b, fmt.Sprint(args[1:]))
		}
	}
	os.Remove(name)
}
