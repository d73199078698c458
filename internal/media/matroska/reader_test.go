package matroska

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/track/readertest"
)

// el returns an element; children are joined.
func el(id uint32, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return slices.Concat(idBytes(id), binary.BigEndian.AppendUint64(nil, 1<<56|uint64(len(body))), body)
}

// open ended: an element whose size is not known.
func unsized(id uint32, parts ...[]byte) []byte {
	return slices.Concat(idBytes(id), []byte{0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, bytes.Join(parts, nil))
}

func idBytes(id uint32) []byte {
	return bytes.TrimLeft(binary.BigEndian.AppendUint32(nil, id), "\x00")
}

func number(id uint32, v uint64) []byte { return el(id, binary.BigEndian.AppendUint64(nil, v)) }

func text(id uint32, s string) []byte { return el(id, []byte(s)) }

var (
	ebml = el(idEBML, text(idDocType, "webm"))
	// 20 ms of Opus each, told apart by their last byte.
	packet = func(i int) []byte { return []byte{0xF8, byte(i), byte(i >> 8), 7} }
	opus1  = entry(1, "A_OPUS", nil)
)

func entry(n uint64, codec string, private []byte, more ...[]byte) []byte {
	return el(idTrackEntry, slices.Concat([][]byte{number(idTrackNumber, n), number(idTrackType, typeAudio), text(idCodecID, codec), el(idCodecPrivate, private)}, more)...)
}

// block returns the body of a block of track 1.
func block(ms int, flags byte, data ...[]byte) []byte {
	return slices.Concat([]byte{0x81, byte(ms >> 8), byte(ms), flags}, bytes.Join(data, nil))
}

func simple(ms int, i int) []byte { return el(idSimpleBlock, block(ms, 0, packet(i))) }

// units returns the numbers of the packets that were read.
func numbers(units [][]byte) (list []int) {
	for _, u := range units {
		list = append(list, int(u[1])|int(u[2])<<8)
	}
	return list
}

func upTo(n int) (list []int) {
	for i := range n {
		list = append(list, i)
	}
	return list
}

func TestLayouts(t *testing.T) {
	tracks := el(idTracks, opus1)
	at := number(idTimestamp, 0)
	var blocks [][]byte
	for i := range 6 {
		blocks = append(blocks, simple(20*i, i))
	}
	a, b := bytes.Join(blocks[:3], nil), bytes.Join(blocks[3:], nil)
	other := el(idSimpleBlock, []byte{0x82, 0, 0, 0, 1, 2, 3})
	junk := el(idVoid, make([]byte, 100))
	xiph := el(idSimpleBlock, block(0, lacingXiph<<1, []byte{5, 4, 4, 4, 4, 4}, packet(0), packet(1), packet(2), packet(3), packet(4), packet(5)))
	fixed := el(idSimpleBlock, block(0, lacingFixed<<1, []byte{5}, packet(0), packet(1), packet(2), packet(3), packet(4), packet(5)))
	ebmlLace := el(idBlockGroup, el(idBlock, block(0, lacingEBML<<1, []byte{5, 0x84, 0xBF, 0xBF, 0x5F, 0xFF, 0xBF}, packet(0), packet(1), packet(2), packet(3), packet(4), packet(5))))
	for _, c := range []struct {
		name string
		file [][]byte
	}{
		{"sized", [][]byte{ebml, el(idSegment, tracks, el(idCluster, at, a), el(idCluster, at, b))}},
		{"no sizes", [][]byte{ebml, unsized(idSegment, tracks, unsized(idCluster, at, a), unsized(idCluster, at, b))}},
		{"unsized cluster and index", [][]byte{ebml, unsized(idSegment, tracks, unsized(idCluster, at, a, b), el(idCues, []byte("abc")), el(idTags))}},
		{"fillers and checksums", [][]byte{ebml, junk, el(idSegment, junk, el(idCRC32, []byte("abcd")), tracks, junk, el(idCluster, el(idCRC32, binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(slices.Concat(at, a, junk, b)))), at, a, junk, b), junk)}},
		{"other tracks", [][]byte{ebml, el(idSegment, tracks, el(idCluster, at, other, a, other, b, other))}},
		{"unknown elements", [][]byte{ebml, el(idSegment, tracks, el(0x4DDD, []byte("abc")), el(idCluster, at, a, el(0xD3, []byte("abc")), b))}},
		{"xiph lacing", [][]byte{ebml, el(idSegment, tracks, el(idCluster, at, xiph))}},
		{"fixed lacing", [][]byte{ebml, el(idSegment, tracks, el(idCluster, at, fixed))}},
		{"EBML lacing", [][]byte{ebml, el(idSegment, tracks, el(idCluster, at, ebmlLace))}},
		{"two segments", [][]byte{ebml, el(idSegment, tracks, el(idCluster, at, a)), ebml, el(idSegment, tracks, el(idCluster, at, b))}},
		{"blocks before the tracks", [][]byte{ebml, el(idSegment, el(idCluster, at, other), tracks, el(idCluster, at, a, b))}},
		{"stripped headers", [][]byte{ebml, el(idSegment,
			el(idTracks, entry(1, "A_OPUS", nil, el(idContentEncodings, el(idContentEncoding, el(idContentCompression, number(idContentAlgorithm, 3), el(idContentSettings, []byte{0xF8})))))),
			el(idCluster, at, el(idSimpleBlock, block(0, lacingFixed<<1, []byte{5}, packet(0)[1:], packet(1)[1:], packet(2)[1:], packet(3)[1:], packet(4)[1:], packet(5)[1:]))))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr, units := readAll(t, bytes.Join(c.file, nil))
			if got := numbers(units); !slices.Equal(got, upTo(6)) {
				t.Errorf("units %v", got)
			}
			if !tr.Damage.Empty() || len(tr.Runs) != 1 || tr.Runs[0].Samples != 6*960 {
				t.Errorf("%+v", tr)
			}
		})
	}
}

// Lacing of different sizes (RFC 9559 §10.3), and what contradicts the block.
func TestLacing(t *testing.T) {
	frames := [][]byte{bytes.Repeat([]byte{1}, 800), bytes.Repeat([]byte{2}, 500), bytes.Repeat([]byte{3}, 1000)}
	all := bytes.Join(frames, nil)
	for _, c := range []struct {
		name   string
		lacing int
		head   []byte
		ok     bool
	}{
		// The example of RFC 9559 §10.3.2 and §10.3.3.
		{"Xiph", lacingXiph, []byte{2, 255, 255, 255, 35, 255, 245}, true},
		{"EBML", lacingEBML, []byte{2, 0x43, 0x20, 0x5E, 0xD3}, true},
		{"Xiph beyond the block", lacingXiph, []byte{2, 255, 255, 255, 35, 255, 255, 255, 255, 255, 255, 255, 45}, false},
		{"Xiph without end", lacingXiph, []byte{2}, false},
		{"EBML below zero", lacingEBML, []byte{2, 0x43, 0x20, 0x40, 0x00}, false},
		{"EBML beyond the block", lacingEBML, []byte{2, 0x43, 0x20, 0x7F, 0xFE}, false},
		{"EBML unknown", lacingEBML, []byte{2, 0xFF}, false},
		{"fixed with a rest", lacingFixed, []byte{2}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := slices.Concat(c.head, all)
			if c.name == "Xiph without end" {
				b = append(c.head, 255, 255)
			}
			got, ok := laced(nil, b, 0, c.lacing)
			if ok != c.ok || ok && len(got) != len(frames) {
				t.Fatalf("%v, %t", got, ok)
			}
			for i := range got {
				if !bytes.Equal(b[got[i].from:got[i].to], frames[i]) {
					t.Errorf("frame %d is %d to %d", i, got[i].from, got[i].to)
				}
			}
		})
	}
}

func TestDelayAndPadding(t *testing.T) {
	head := []byte("OpusHead\x01\x01\x38\x01\x80\xBB\x00\x00\x00\x00\x00")
	last := el(idBlockGroup, el(idBlock, block(20, 0, packet(1))), number(idDiscardPadding, 10_000_000))
	tr, _ := readAll(t, slices.Concat(ebml, el(idSegment, el(idTracks, entry(1, "A_OPUS", head, number(idCodecDelay, 6_500_000))),
		el(idCluster, number(idTimestamp, 0), simple(0, 0), last))))
	if run := tr.Runs[0]; run.Skip != 312 || run.Trim != 480 || run.Specific != "OpusHead\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00" {
		t.Errorf("%+v", run)
	}
	// Without a pre-skip of its own, CodecDelay counts; padding in the middle does not.
	tr, _ = readAll(t, slices.Concat(ebml, el(idSegment, el(idTracks, entry(1, "A_OPUS", nil, number(idCodecDelay, 80_000_000))),
		el(idCluster, number(idTimestamp, 0), last, simple(40, 0)))))
	if run := tr.Runs[0]; run.Skip != 3840 || run.Trim != 0 {
		t.Errorf("%+v", run)
	}
}

func TestTags(t *testing.T) {
	simpleTag := func(name, value string) []byte {
		return el(idSimpleTag, text(idTagName, name), text(idTagString, value))
	}
	tr, _ := readAll(t, slices.Concat(ebml, el(idSegment,
		el(idInfo, text(idTitle, "Débat\x00\x00")), el(idTracks, opus1),
		el(idCluster, number(idTimestamp, 0), simple(0, 0)),
		el(idTags,
			el(idTag, el(idTargets, number(idTagTrackUID, 7)), simpleTag("ARTIST", "of the track")),
			el(idTag, el(idTargets), simpleTag("artist", "host"), simpleTag("TITLE", "another"), simpleTag("DATE_RELEASED", "2026"), simpleTag("X", "y"))))))
	if got := tr.Tags; len(got) != 3 || got["title"] != "Débat" || got["artist"] != "host" || got["date"] != "2026" {
		t.Errorf("%v", got)
	}
	tr, _ = readAll(t, load(t, "testdata/aac.mkv"))
	if got := tr.Tags; got["title"] != "Débat" || got["artist"] != "host" {
		t.Errorf("%v", got)
	}
}

func TestDamage(t *testing.T) {
	tracks := el(idTracks, opus1)
	var first, second []byte
	for i := range 10 {
		first = append(first, simple(20*i, i)...)
		second = append(second, simple(20*i, 10+i)...)
	}
	clusterOf := func(ms uint64, blocks []byte) []byte { return el(idCluster, number(idTimestamp, ms), blocks) }
	one := len(simple(0, 0))
	live := slices.Concat(ebml, unsized(idSegment, tracks, unsized(idCluster, number(idTimestamp, 0), first), unsized(idCluster, number(idTimestamp, 200), second)))
	sized := slices.Concat(ebml, el(idSegment, tracks, clusterOf(0, first), clusterOf(200, second)))
	where := func(b []byte, i int) int { return bytes.Index(b, simple(20*(i%10), i)) }
	without := func(n ...int) (list []int) {
		for i := range 20 {
			if !slices.Contains(n, i) {
				list = append(list, i)
			}
		}
		return list
	}
	for _, c := range []struct {
		name   string
		file   []byte
		change func(b []byte) []byte
		units  []int
		kind   track.DamageKind
		lost   int64
	}{
		{"cut in a block", live, func(b []byte) []byte { return b[:len(b)-2] }, upTo(19), track.CutEnd, 0},
		{"cut in a sized block", sized, func(b []byte) []byte { return b[:len(b)-2] }, upTo(19), track.CutEnd, 0},
		{"cut between sized blocks", sized, func(b []byte) []byte { return b[:len(b)-one] }, upTo(19), track.CutEnd, 0},
		{"a block of another size", live, func(b []byte) []byte { b[where(b, 4)+8] += 40; return b }, without(4), track.BadUnit, 1},
		{"bytes are missing", live, func(b []byte) []byte { at := where(b, 4); return slices.Delete(b, at+5, at+8+2*one) }, without(4, 5, 6), track.BadUnit, 3},
		{"a block of nothing Opus knows", live, func(b []byte) []byte { copy(b[where(b, 4)+13:], "\xFB\x00"); return b }, without(4), track.BadUnit, 1},
		{"zeros", live, func(b []byte) []byte { at := where(b, 4); clear(b[at : at+3*one]); return b }, without(4, 5, 6), track.Junk, 3},
		{"zeros across clusters", sized, func(b []byte) []byte { clear(b[where(b, 8):where(b, 10)]); return b }, without(8, 9), track.Junk, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr, units := readAll(t, c.change(bytes.Clone(c.file)))
			if got := numbers(units); !slices.Equal(got, c.units) {
				t.Errorf("units %v, not %v", got, c.units)
			}
			if d := tr.Damage; d.Count != 1 || d.Places[0].Kind != c.kind || d.Lost < c.lost {
				t.Errorf("damage %+v", d)
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	in := func(tracks ...[]byte) []byte {
		return slices.Concat(ebml, el(idSegment, el(idTracks, tracks...), el(idCluster, number(idTimestamp, 0), simple(0, 0))))
	}
	video := el(idTrackEntry, number(idTrackNumber, 1), number(idTrackType, typeVideo), text(idCodecID, "V_VP8"))
	encrypted := el(idContentEncodings, el(idContentEncoding, number(idContentType, 1)))
	zlib := el(idContentEncodings, el(idContentEncoding, el(idContentCompression)))
	for _, c := range []struct {
		name string
		file []byte
		want error
		says string
	}{
		{"empty", nil, ErrNotMatroska, ""},
		{"other", []byte("RIFF....WAVE"), ErrNotMatroska, ""},
		{"other document", slices.Concat(el(idEBML, text(idDocType, "other")), in(opus1)[len(ebml):]), ErrNotMatroska, ""},
		{"header only", ebml, ErrNoAudio, ""},
		{"no tracks", in(), ErrNoAudio, ""},
		{"pictures", in(video), ErrNoAudio, ""},
		{"Vorbis", in(entry(1, "A_VORBIS", nil)), ErrCodec, "Vorbis"},
		{"AC-3", in(video, entry(1, "A_AC3", nil)), ErrCodec, "Dolby Digital (AC-3)"},
		{"Layer II", in(entry(1, "A_MPEG/L2", nil)), ErrCodec, "MPEG audio Layer II"},
		{"unknown", in(entry(1, "A_NEW", nil)), ErrCodec, `"A_NEW"`},
		{"AAC without its configuration", in(entry(1, "A_AAC", nil)), ErrCodec, ""},
		{"FLAC without STREAMINFO", in(entry(1, "A_FLAC", []byte("fLaC"))), ErrCodec, ""},
		{"PCM without bits", in(entry(1, "A_PCM/INT/LIT", nil)), ErrCodec, "PCM of 0 bits"},
		{"Opus with a damaged header", in(entry(1, "A_OPUS", []byte("OpusHead"))), ErrCodec, ""},
		{"encrypted", in(entry(1, "A_OPUS", nil, encrypted)), ErrEncrypted, ""},
		{"compressed", in(entry(1, "A_OPUS", nil, zlib)), ErrCodec, "compressed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := NewReader(bytes.NewReader(c.file), int64(len(c.file)), track.Options{})
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v", err)
			}
		})
	}
}

// check reads any bytes. Units must be in the file, and no more of them than it
// has bytes for.
func check(t testing.TB, b []byte) {
	r, err := NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		return
	}
	total := 0
	_, err = readertest.Read(t, r, func(p *track.Packet) {
		total += len(p.Data) - len(r.sound.prefix)
		if p.Offset < 0 || p.Offset >= int64(len(b)) && len(p.Data) > len(r.sound.prefix) {
			t.Fatalf("a unit at %d of %d", p.Offset, len(b))
		}
	})
	if err != nil && !errors.Is(err, track.ErrTooManyRuns) {
		t.Fatal(err)
	}
	if total > len(b) {
		t.Fatalf("%d bytes of units in %d", total, len(b))
	}
}

func seeds(t testing.TB) (list [][]byte) {
	for _, name := range []string{"live.webm", "opus.webm", "aac.mkv"} {
		list = append(list, load(t, "testdata/"+name))
	}
	pcm := entry(1, "A_PCM/INT/BIG", nil, el(idAudio, number(idChannels, 1), number(idBitDepth, 16)))
	list = append(list, slices.Concat(ebml, el(idSegment, el(idTracks, pcm),
		el(idCluster, number(idTimestamp, 0), el(idSimpleBlock, block(0, 0, make([]byte, 3001))), el(idSimpleBlock, block(30, 0, make([]byte, 4000)))))))
	return list
}

func TestHostile(t *testing.T) {
	for _, whole := range seeds(t) {
		readertest.Cut(t, whole[:min(len(whole), 1500)], func(b []byte) { check(t, b) })
		readertest.Flip(t, whole, func(b []byte) { check(t, b) })
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	long := slices.Concat(ebml, idBytes(idSegment), []byte{0xFF}, el(idTracks, opus1))
	for i := range 400 {
		if i%50 == 0 {
			long = slices.Concat(long, idBytes(idCluster), []byte{0xFF}, number(idTimestamp, uint64(20*i)))
		}
		data := make([]byte, 20+rnd.IntN(60))
		for i := range data {
			data[i] = byte(rnd.Uint32())
		}
		data[0] = 0xF8
		long = append(long, el(idSimpleBlock, block(20*(i%50), 0, data))...)
	}
	_, all := readAll(t, long)
	for range 200 {
		b := readertest.Spoil(rnd, long, func(b []byte) {
			for i := range b {
				b[i] = byte(rnd.Uint32())
			}
		})
		check(t, b)
		r, err := NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
		if err != nil {
			continue
		}
		// A damaged place takes at most the clusters' header and what it covers.
		units, err := readertest.Read(t, r, nil)
		if err != nil || len(units) < len(all)-readertest.Spots*25 {
			t.Fatalf("%d of %d units, %v", len(units), len(all), err)
		}
	}
	whole := load(t, "testdata/live.webm")
	_, all = readAll(t, whole)
	// Of a file that is damaged in one place, the rest is read.
	for at := bytes.Index(whole, idBytes(idCluster)); at < len(whole)-100; at += 7 {
		b := bytes.Clone(whole)
		clear(b[at : at+60])
		r, err := NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
		if err != nil {
			t.Fatalf("zeros at %d: %v", at, err)
		}
		units, err := readertest.Read(t, r, nil)
		if err != nil || len(units) < len(all)-6 {
			t.Fatalf("zeros at %d: %d of %d units, %v", at, len(units), len(all), err)
		}
	}
}

// The source's errors come through.
func TestSourceFails(t *testing.T) {
	b := load(t, "testdata/aac.mkv")
	r, err := NewReader(bytes.NewReader(b[:len(b)-100]), int64(len(b)), track.Options{})
	if err == nil {
		var p track.Packet
		for err == nil {
			err = r.Next(&p)
		}
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v", err)
	}
}

func FuzzReader(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { check(t, b) })
}
