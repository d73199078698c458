package hls

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"net/url"
	"sync"
)

// A decrypter decrypts AES-128 in CBC mode with the padding of PKCS #7 (RFC
// 8216, 4.3.2.4) and writes what comes out.
type decrypter struct {
	w    io.Writer
	mode cipher.BlockMode
	wait []byte // what cannot be decrypted yet, or may be the last block
	out  []byte
}

func newDecrypter(w io.Writer, key, iv [16]byte) *decrypter {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // a key has 16 bytes
	}
	return &decrypter{w: w, mode: cipher.NewCBCDecrypter(block, iv[:])}
}

func (d *decrypter) Write(p []byte) (int, error) {
	d.wait = append(d.wait, p...)
	n := (len(d.wait) - 1) / aes.BlockSize * aes.BlockSize
	if n <= 0 {
		return len(p), nil
	}
	d.out = append(d.out[:0], d.wait[:n]...)
	d.mode.CryptBlocks(d.out, d.out)
	d.wait = append(d.wait[:0], d.wait[n:]...)
	if _, err := d.w.Write(d.out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// finish decrypts the last block and takes the padding off (RFC 5652, 6.3).
func (d *decrypter) finish() error {
	if len(d.wait) != aes.BlockSize {
		return errShort
	}
	d.mode.CryptBlocks(d.wait, d.wait)
	n := int(d.wait[aes.BlockSize-1])
	if n < 1 || n > aes.BlockSize {
		return errEncrypted
	}
	for _, b := range d.wait[aes.BlockSize-n:] {
		if int(b) != n {
			return errEncrypted
		}
	}
	_, err := d.w.Write(d.wait[:aes.BlockSize-n])
	return err
}

// keys are those of a playlist. Each is fetched once, and never stored.
type keys struct {
	o  Options
	mu sync.Mutex
	m  map[string]*key // by address
}

// A key has been fetched when done is closed.
type key struct {
	done  chan struct{}
	bytes [16]byte
	err   error
}

func newKeys(o Options) *keys { return &keys{o: o, m: make(map[string]*key)} }

func (k *keys) get(ctx context.Context, u *url.URL) ([16]byte, error) {
	k.mu.Lock()
	it := k.m[u.String()]
	if it == nil {
		if len(k.m) >= k.o.Limits.keys() {
			k.mu.Unlock()
			return [16]byte{}, &TooLargeError{fmt.Sprintf("%d keys", k.o.Limits.keys())}
		}
		it = &key{done: make(chan struct{})}
		k.m[u.String()] = it
		k.mu.Unlock()
		it.bytes, it.err = k.fetch(ctx, u)
		close(it.done)
		return it.bytes, it.err
	}
	k.mu.Unlock()
	select {
	case <-it.done:
		return it.bytes, it.err
	case <-ctx.Done():
		return [16]byte{}, ctx.Err()
	}
}

// retry forgets the keys that could not be had.
func (k *keys) retry() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for address, it := range k.m {
		select {
		case <-it.done:
			if it.err != nil {
				delete(k.m, address)
			}
		default:
		}
	}
}

var errKey = errors.New("the server sent a key that does not have 16 bytes")

func (k *keys) fetch(ctx context.Context, u *url.URL) (key [16]byte, err error) {
	err = k.o.Wire.Try(ctx, func(ctx context.Context) error {
		resp, err := get(ctx, k.o.Client, u, nil, "identity")
		if err != nil {
			return harmless(baseName(u), err)
		}
		defer resp.Body.Close()
		body, err := content(resp)
		if err != nil {
			return harmless(baseName(u), err)
		}
		b, err := io.ReadAll(io.LimitReader(body, int64(len(key))+1))
		switch {
		case err != nil:
			err = broken(err)
		case len(b) != len(key):
			err = errKey
		}
		copy(key[:], b)
		return harmless(baseName(u), err)
	})
	return key, err
}
