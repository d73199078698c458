package s3

import (
	"hash"
	"hash/crc64"
	"sync"
)

// crcPolynomial is that of CRC-64/NVME, its lowest term in the highest bit (NVM
// Command Set Specification 1.0c, 5.2.1.3.4).
const crcPolynomial = 0x9a6c9329ac4bc9b5

var crcTable = sync.OnceValue(func() *crc64.Table { return crc64.MakeTable(crcPolynomial) })

func newCRC() hash.Hash64 { return crc64.New(crcTable()) }

// joinCRC is the CRC of two stretches, one behind the other, from their CRCs and
// the length of the second: the first one's is multiplied by x to the power of
// the second one's bits.
func joinCRC(a, b uint64, n int64) uint64 {
	const one = 1 << 63 // the highest bit is the term of lowest degree
	power, square := uint64(one), uint64(one>>8)
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			power = multiplyCRC(power, square)
		}
		square = multiplyCRC(square, square)
	}
	return multiplyCRC(a, power) ^ b
}

// multiplyCRC multiplies two polynomials modulo that of the CRC.
func multiplyCRC(a, b uint64) uint64 {
	var product uint64
	for i := range 64 {
		if a&(1<<(63-i)) != 0 {
			product ^= b
		}
		carry := b & 1
		b >>= 1
		if carry != 0 {
			b ^= crcPolynomial
		}
	}
	return product
}
