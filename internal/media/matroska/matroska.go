// Package matroska reads the sound of Matroska and WebM files (RFC 8794, EBML;
// RFC 9559, Matroska).
//
// It walks from element to element through small windows over an io.ReaderAt.
// What contains elements is entered, whatever its size says: so clusters of
// unknown size, as browsers and live encoders write them, are nothing special,
// and a file that is cut or damaged gives what is left of it.
package matroska

import "errors"

// Errors of NewReader, wrapped with what is known beyond that.
var (
	// ErrNotMatroska means that a file does not begin with the header of EBML,
	// or that its document type is another one.
	ErrNotMatroska = errors.New("not a Matroska or WebM file")
	// ErrNoAudio means that a file has no audio track.
	ErrNoAudio = errors.New("no audio track in the file")
	// ErrEncrypted means that the audio track is encrypted (RFC 9559 §5.1.4.1.31).
	ErrEncrypted = errors.New("the audio track is encrypted")
	// ErrCodec means that the audio track is coded in a way that this package
	// does not know, or that what a decoder needs to know of it is missing.
	ErrCodec = errors.New("unsupported audio coding")
)

// IDs of elements, their length markers included (RFC 8794 §11, RFC 9559 §5).
const (
	idEBML    = 0x1A45DFA3
	idDocType = 0x4282
	idVoid    = 0xEC
	idCRC32   = 0xBF

	idSegment     = 0x18538067
	idSeekHead    = 0x114D9B74
	idInfo        = 0x1549A966
	idTracks      = 0x1654AE6B
	idCluster     = 0x1F43B675
	idCues        = 0x1C53BB6B
	idAttachments = 0x1941A469
	idChapters    = 0x1043A770
	idTags        = 0x1254C367

	idTimestampScale = 0x2AD7B1
	idTitle          = 0x7BA9

	idTrackEntry   = 0xAE
	idTrackNumber  = 0xD7
	idTrackType    = 0x83
	idFlagEnabled  = 0xB9
	idFlagDefault  = 0x88
	idCodecID      = 0x86
	idCodecPrivate = 0x63A2
	idCodecDelay   = 0x56AA
	idAudio        = 0xE1
	idSamplingRate = 0xB5
	idChannels     = 0x9F
	idBitDepth     = 0x6264

	idContentEncodings   = 0x6D80
	idContentEncoding    = 0x6240
	idContentScope       = 0x5032
	idContentType        = 0x5033
	idContentCompression = 0x5034
	idContentAlgorithm   = 0x4254
	idContentSettings    = 0x4255

	idTimestamp      = 0xE7
	idSilentTracks   = 0x5854
	idPosition       = 0xA7
	idPrevSize       = 0xAB
	idSimpleBlock    = 0xA3
	idBlockGroup     = 0xA0
	idBlock          = 0xA1
	idBlockVirtual   = 0xA2
	idBlockDuration  = 0x9B
	idBlockAdditions = 0x75A1
	idReferencePrio  = 0xFA
	idReferenceBlock = 0xFB
	idReferenceVirt  = 0xFD
	idCodecState     = 0xA4
	idDiscardPadding = 0x75A2
	idSlices         = 0x8E
	idReferenceFrame = 0xC8
	idEncryptedBlock = 0xAF

	idTag             = 0x7373
	idTargets         = 0x63C0
	idTagTrackUID     = 0x63C5
	idTagEditionUID   = 0x63C9
	idTagChapterUID   = 0x63C4
	idTagAttachUID    = 0x63C6
	idTargetTypeValue = 0x68CA
	idSimpleTag       = 0x67C8
	idTagName         = 0x45A3
	idTagString       = 0x4487
)

// known reports whether elements of this ID stand in a segment, in a cluster or
// in a group of blocks.
func known(id uint32) bool {
	switch id {
	case idEBML, idSegment, idVoid, idCRC32,
		idSeekHead, idInfo, idTracks, idCluster, idCues, idAttachments, idChapters, idTags,
		idTimestamp, idSilentTracks, idPosition, idPrevSize, idSimpleBlock, idBlockGroup, idEncryptedBlock,
		idBlock, idBlockVirtual, idBlockDuration, idBlockAdditions, idReferencePrio, idReferenceBlock, idReferenceVirt,
		idCodecState, idDiscardPadding, idSlices, idReferenceFrame:
		return true
	}
	return false
}

// entered reports whether the Reader goes into elements of this ID rather than
// past them.
func entered(id uint32) bool {
	return id == idSegment || id == idCluster || id == idBlockGroup
}
