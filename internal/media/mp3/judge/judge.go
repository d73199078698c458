// Package judge compares what a lossy encoder made of a recording with the
// recording: it is the oracle of the tests of the MP3 encoder, and knows
// nothing of MP3 but the names of programs that write and read it.
//
// It is used by tests only. It makes a set of recordings ([Corpus]), has them
// encoded by two encoders, decodes with ffmpeg ([Decode]), measures
// ([Compare]) and prints both side by side ([Table]).
//
// # What is measured, and after whom
//
// Noise-to-mask ratio. The threshold of masking is that of the FFT-based ear
// model of ITU-R BS.1387-1 (PEAQ, basic version, Annex 2, 2.1): Hann windows of
// 2048 samples at 48 kHz, each half over the next; the transfer function of the
// outer and middle ear and the internal noise after Terhardt (1979; Zwicker &
// Fastl, Psychoacoustics); bands of a quarter of a Bark from 80 Hz to 18 kHz on
// Schroeder's scale; spreading with 27 dB/Bark downwards and a slope upwards
// that depends on the level (Terhardt), where contributions add as their 0.4th
// power; masking that decays after the sound; and a threshold 3 to 7 dB below
// the excitation. Against it the energy of the error in each band is held, as in
// Brandenburg's NMR (82nd AES Convention, 1987; Brandenburg & Sporer, "NMR and
// Masking Flag", 11th AES Conference, 1992). The error is the difference of the
// waveforms. PEAQ takes that of the magnitudes, which forgives wrong phases;
// an MP3 encoder follows the waveform, so nothing needs to be forgiven.
//
// Segmental SNR (Noll 1974): the mean over frames of 20 ms of the SNR in dB. It
// knows nothing of hearing, which is its use here: it catches what a model of
// masking lets pass.
//
// Pre-echo: the error from 20 to 5 ms before each attack, against the power of
// the attack and against what masks it there. Masking before a sound begins is
// strong in the last few milliseconds only (Zwicker & Fastl, chapter 4), so none
// is assumed before the last 5.
//
// # Limits
//
// This is no listening test, and not PEAQ: it ranks encodings by one method at
// like bit rates.
//
// The threshold does not depend on tonality. Noise beside a pure tone is heard
// well below what the model lets pass: 14.5 dB + 1 dB/Bark below it, says Johnston
// (1988), where the model has 3 to 7 dB. Channels are heard one by one, so noise that is
// unmasked because it comes from elsewhere than the sound (Johnston & Ferreira
// 1992) is not found. Full scale of a sine is taken to be 92 dB SPL. A window is
// heard as one: what happens within its 43 ms is left to the measure of pre-echo.
//
// What an encoder's low-pass takes away counts as noise as loud as it was, 3 to
// 7 dB over threshold, though its loss disturbs little. With white noise and
// clicks it decides the SNR: 10.4 dB is the best that an encoder gets which
// stops at 20 kHz of 22.
//
// Means hide much, and so does a threshold without tonality. LAME's quickest
// setting, -q 9, has 0.1 dB more NMR than -q 3 in the mean of the set, and 2.7 dB
// more SNR; for noise and clicks its NMR is even lower. What tells it is a
// little more of the bands over threshold in speech and music at 128 kbit/s, and
// 1 to 3 dB more pre-echo of clicks. Differences in NMR of less than a decibel
// say little about which of two encoders sounds better.
package judge

import (
	"errors"
	"fmt"
	"math"
)

// A Report says how far a coded recording is from the original. Ratios are in
// decibels.
type Report struct {
	// NMR is the segmental noise-to-mask ratio: the mean in dB over the frames
	// that are not silent, of the ratio of error to threshold averaged over the
	// bands (BS.1387-1, Annex 2, 4.5.1). Below 0 the error is masked. Frames
	// below -60 dB count as -60.
	NMR float64
	// Total is the total noise-to-mask ratio, BS.1387's first and oldest figure:
	// the mean over frames and bands of the ratio itself, then taken in dB
	// (Annex 2, 4.5). It stresses the frames that are worst.
	Total float64
	// Bands is the same for each critical band: the mean ratio over the frames,
	// in dB, of the band that begins at 80 Hz and is 1 Bark wide, and so on up.
	Bands []float64
	// Over is the share of quarter-Bark bands, in frames that are not silent,
	// in which the error is above threshold; 0 to 1.
	Over float64
	// Disturbed is the share of frames that are not silent in which any band
	// is more than 1.5 dB over threshold (BS.1387-1, Annex 2, 4.6).
	Disturbed float64
	// Worst is the largest ratio of error to threshold in one critical band of
	// one frame, silent or not; WorstAt is the time of the middle of that
	// frame, in seconds.
	Worst, WorstAt float64

	// SegSNR is the segmental signal-to-noise ratio of all channels together.
	SegSNR float64

	// PreEcho tells of the error before attacks.
	PreEcho PreEcho

	// Gain is what the coded recording was multiplied with before it was
	// compared, in dB: LAME turns some bit rates down by up to half a decibel,
	// which nobody hears, and which would drown all other differences.
	Gain float64
	// Lag is by how many samples the coded recording came late (or, if
	// negative, early); it was moved back before it was compared.
	Lag int
	// Longer is by how many samples the coded recording is longer than the
	// original.
	Longer int
}

// A PreEcho is the error in the time from 20 to 5 ms before attacks.
type PreEcho struct {
	Attacks int // as found in the original; without any, the rest is 0
	// Level is the power of the error relative to that of the first 10 ms of
	// the attack, and NMR relative to the threshold of masking; means over the
	// attacks of values in dB, not below -100 and -60. Worst is the largest NMR.
	Level, NMR, Worst float64
}

// Frames below silence, in mean square, have no sound that could be coded well
// or badly: -60 dB of full scale, or 35 dB SPL, which is what a quiet room has.
const silence = 1e-6

// maxGain is how far Compare corrects the level, in dB: about what can be told
// apart when heard one after the other. What is beyond counts as error.
const maxGain = 1

var (
	errChannels = errors.New("not the same number of channels")
	errShort    = errors.New("shorter than a tenth of a second, or slower than 8000 Hz")
	errNumber   = errors.New("samples that are not finite")
)

// Compare measures how far coded is from orig. Both hold one slice a channel, of
// samples at rate a second, full scale ±1. A delay up to 4096 samples and
// a difference of level up to 1 dB are found, taken away and reported.
func Compare(orig, coded [][]float32, rate int) (Report, error) {
	var r Report
	if len(orig) == 0 || len(orig) != len(coded) {
		return r, fmt.Errorf("compare %d with %d channels: %w", len(orig), len(coded), errChannels)
	}
	n := len(orig[0])
	if rate < 8000 || n < rate/10 {
		return r, fmt.Errorf("compare %d samples at %d Hz: %w", n, rate, errShort)
	}
	for c := range orig {
		if len(orig[c]) != n || len(coded[c]) != len(coded[0]) {
			return r, fmt.Errorf("channels differ in length: %w", errChannels)
		}
		if !finite(orig[c]) || !finite(coded[c]) {
			return r, fmt.Errorf("channel %d: %w", c, errNumber)
		}
	}
	r.Longer = len(coded[0]) - n
	r.Lag = lag(orig, coded)
	x := make([][]float64, len(orig)) // the original
	y := make([][]float64, len(orig)) // what came back, then the error
	for c := range orig {
		x[c], y[c] = make([]float64, n), make([]float64, n)
		for i, v := range orig[c] {
			x[c][i] = float64(v)
			if j := i + r.Lag; j >= 0 && j < len(coded[c]) {
				y[c][i] = float64(coded[c][j])
			}
		}
	}
	gain := level(x, y, rate)
	r.Gain = 20 * math.Log10(gain)
	for c := range y {
		for i := range y[c] {
			y[c][i] = x[c][i] - gain*y[c][i]
		}
	}
	ear := newEar(rate)
	ear.judge(&r, x, y)
	r.SegSNR = segmental(x, y, rate)
	r.PreEcho = ear.preEcho(x, y)
	return r, nil
}

func finite(x []float32) bool {
	for _, v := range x {
		if v-v != 0 { // NaN for NaN and for both infinities
			return false
		}
	}
	return true
}

// level returns the factor for y that leaves the smallest square error to x,
// but none beyond maxGain. It looks at frames of 20 ms in which x and y are
// alike but for their level: where there is much noise, the smallest error is
// that of a y turned down (Wiener). Without any such frame it is 1, and a wrong
// level is lost in the noise.
func level(x, y [][]float64, rate int) float64 {
	const alike = 0.98 // squared correlation: 17 dB SNR
	frame := rate / 50
	var above, below float64
	for c := range x {
		for at := 0; at+frame <= len(x[c]); at += frame {
			var xx, xy, yy float64
			for i := at; i < at+frame; i++ {
				xx += x[c][i] * x[c][i]
				xy += x[c][i] * y[c][i]
				yy += y[c][i] * y[c][i]
			}
			if xx >= silence*float64(frame) && xy > 0 && xy*xy > alike*xx*yy {
				above += xy
				below += yy
			}
		}
	}
	if below == 0 {
		return 1
	}
	most := math.Pow(10, maxGain/20.)
	return min(max(above/below, 1/most), most)
}

// segmental returns the mean over frames of 20 ms of the ratio of signal to
// noise in dB. Silent frames are left out: there the ratio says nothing. Frames
// count as -10 dB at least, as is customary (Hansen & Pellom 1998): what is lost
// cannot be lost twice. The customary upper bound, 35 dB, would hide differences at
// high bit rates; 80 dB keeps frames that are all but exact, as of a simple
// tone, from outweighing the others.
func segmental(x, e [][]float64, rate int) float64 {
	const least, most = -10, 80
	frame := rate / 50
	var sum float64
	count := 0
	for at := 0; at+frame <= len(x[0]); at += frame {
		var signal, noise float64
		for c := range x {
			signal += energy(x[c][at : at+frame])
			noise += energy(e[c][at : at+frame])
		}
		if signal < silence*float64(frame*len(x)) {
			continue
		}
		sum += min(max(decibels(signal/noise), least), most)
		count++
	}
	if count == 0 {
		return most
	}
	return sum / float64(count)
}

func energy(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v * v
	}
	return sum
}

// decibels returns a ratio of powers in dB.
func decibels(ratio float64) float64 { return 10 * math.Log10(ratio) }
