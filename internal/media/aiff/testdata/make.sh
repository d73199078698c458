#!/usr/bin/env bash
# Makes the files of this folder. Needs ffmpeg; made with 5.1.9.
set -euo pipefail
cd "$(dirname "$0")"
make() { ffmpeg -nostdin -v error -y -f lavfi -i 'sine=440:duration=0.2:sample_rate=8000' -fflags +bitexact -metadata title=Debat "$@"; }
make -c:a pcm_s16be big.aiff
make -c:a pcm_s16le -f aiff sowt.aifc
