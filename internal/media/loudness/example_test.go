package loudness_test

import (
	"fmt"
	"math"

	"github.com/spaces-cli/spaces/internal/media/loudness"
)

// A sine of 1 kHz at −23 dBFS in both channels is what EBU Tech 3341 begins
// with (test case 1): it measures −23 LUFS.
func ExampleMeter() {
	const rate = 48000
	m, err := loudness.NewMeter(rate, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	amplitude := math.Pow(10, -23.0/20)
	block := make([]float32, 2*rate/10)
	for n := range 50 { // 5 s, in blocks of 100 ms
		for i := range rate / 10 {
			at := float64(n*rate/10+i) / rate
			v := float32(amplitude * math.Sin(2*math.Pi*1000*at))
			block[2*i], block[2*i+1] = v, v
		}
		m.Write(block)
	}
	r := m.Result()
	fmt.Printf("%.1f LUFS, range %.1f LU, true peak %.1f dBTP, %d clipped\n", r.Integrated, r.Range, r.TruePeak, r.Clipped)
	// Output:
	// -23.0 LUFS, range 0.0 LU, true peak -23.0 dBTP, 0 clipped
}
