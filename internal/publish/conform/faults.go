package conform

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// FaultOptions say what a kind of target is put through.
type FaultOptions struct {
	HTTP     bool  // it speaks HTTP without TLS: answers are made up too
	Size     int64 // of the largest file
	Survives int   // how many temporary faults one run must survive
	Secrets  []string
	Public   bool                   // see Options
	Own      func(path string) bool // see Options
}

// Faults sends files through a proxy with faults, drawn from seeds 1 to 4, or 1
// to 200 if the environment has SPACES_LONG=1. New makes an empty site whose
// targets connect to what through returns for the server's address; they should
// wait little between tries and give up soon on connections that stand still.
func Faults(t *testing.T, new func(t *testing.T, through func(addr string) string) Site, o FaultOptions) {
	seeds := 4
	if os.Getenv("SPACES_LONG") == "1" {
		seeds = 200
	}
	for seed := 1; seed <= seeds; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			o.run(t, uint64(seed), new)
		})
	}
}

func (o FaultOptions) run(t *testing.T, seed uint64, new func(t *testing.T, through func(addr string) string) Site) {
	var proxy *Proxy
	site := new(t, func(addr string) string {
		proxy = NewProxy(t, addr)
		return proxy.Addr
	})
	s := &suite{o: Options{Secrets: o.Secrets, Own: o.Own, Public: o.Public}}
	r := rand.New(rand.NewPCG(seed, 6))

	var old []byte
	const name = "folder/épisode 1.m4a"
	if r.IntN(2) == 0 {
		old = noise(seed+1000, r.Int64N(5000))
		s.put(t, s.dial(t, site), site, s.sending(name, old))
	}
	up := s.sending(name, noise(seed, r.Int64N(o.Size)))
	up.Jobs = 1 + r.IntN(4)

	var faults []Fault
	elsewhere := NewElsewhere(t)
	gentle := r.IntN(3) == 0 && o.Survives > 0
	for range 1 + r.IntN(5) {
		f := randomFault(r, up.Size, o.HTTP, elsewhere.URL)
		if gentle && (!f.temporary() || len(faults) == o.Survives) {
			continue
		}
		faults = append(faults, f)
	}
	proxy.Next(faults...)
	t.Logf("%d bytes, %d at a time, faults %v", up.Size, up.Jobs, faults)

	for run := 1; ; run++ {
		used := proxy.Used()
		target := site.Dial(t)
		_, err := target.Put(t.Context(), &up.Upload)
		target.Close()
		s.cleanStates(t, up)
		if err == nil {
			site.Holds(t, name, up.Bytes)
			break
		}
		t.Logf("run %d: %v", run, err)
		s.clean(t, "error", err.Error())
		site.HoldsEither(t, name, old, up.Bytes)
		if gentle {
			t.Errorf("%d faults that pass made a run fail", len(faults))
		}
		if proxy.Used() == used {
			t.Fatal("a run without a fault failed")
		}
		up = up.Next()
	}
	proxy.Calm()
	proxy.Cut()

	for _, l := range list(t, s.dial(t, site)) {
		if err := l.Remove(t.Context()); err != nil {
			t.Errorf("Remove %s: %v", l.Name, err)
		}
	}
	if got := s.files(t, site); !slices.Equal(got, []string{name}) {
		t.Errorf("at the server there are %q", strings.Join(got, " "))
	}
	site.Holds(t, name, up.Bytes)
}
